"""What `train` does where nothing is asked of it: a training of some minutes that shows what one looks like.

It takes the dataset in ./dataset. Without one it makes a small one of what comes with japananime: squares of the
bundled photos, and for anime drawings of other squares of them.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.terminal import Bar
from japananime.datasets import index
from japananime.image import files as image_files
from japananime.image.bundled import bundled_photos
from japananime.image.drawing import draw
from japananime.perception.features import VGG19, Source

DATASET, RUNS = Path("dataset"), Path("runs")
# Squares of each bundled photo: so many photos, and as many others as drawings.
SQUARES, SIDE, ENLARGED = 12, 96, 192
SMALL = {
    "japananimegan": "--size 64 --width 16 --residual-blocks 3 --discriminator-width 16 --batch 4 --epochs 8 "
    "--pretrain-epochs 3 --steps-per-epoch 50 --samples 6 --output change --content-weight 2",
    "cyclegan": "--size 64 --width 16 --residual-blocks 3 --discriminator-width 16 --batch 4 --epochs 8 "
    "--steps-per-epoch 50 --samples 6 --upsampling resize --smallest-crop 0.9",
}


def arguments() -> list[str]:
    """The flags of that training, and a line that says what it learns from. Makes its pictures if need be."""
    out = _free_run()
    family = "japananimegan" if _is_here(VGG19) else "cyclegan"
    if (DATASET / index.INDEX).is_file():
        words, sources = f"the dataset in ./{DATASET}", ["--dataset", str(DATASET)]
    else:
        folder = RUNS / "first-look-pictures"
        photos, drawings = make_pictures(folder)
        words = f"squares of the bundled photos and drawings of them, made in {folder}"
        sources = ["--photos", str(photos), "--anime", str(drawings)]
    print(f"it learns from {words}; the run is {out}")
    if family != "japananimegan":
        print(
            f"VGG19's weights are not on this computer, so the family is {family}, which needs none; for the others "
            f"give --vgg-weights FILE (Keras' {VGG19.file}), or any flag: then Keras downloads them once (80 MB)"
        )
    return [*sources, "--out", str(out), "--family", family, *SMALL[family].split()]


def make_pictures(folder: Path) -> tuple[Path, Path]:
    """Cut and draw what there is to learn from, the same each time: (folder of photos, folder of drawings)."""
    originals = bundled_photos()
    if not originals:
        raise UserError("no photos came with this japananime; give --photos DIR and --anime DIR")
    photos, drawings = folder / "photos", folder / "drawings"
    make_folders([photos, drawings])
    for number, path in enumerate(Bar(originals, desc="making pictures", unit="photo", delay=2, leave=False)):
        chance = np.random.default_rng(number)
        picture = Image.fromarray(image_files.read_rgb(path))
        for count in range(2 * SQUARES):
            side = int(chance.uniform(0.4, 0.9) * min(picture.size))
            left, top = (int(chance.integers(0, length - side + 1)) for length in picture.size)
            square = picture.crop((left, top, left + side, top + side)).resize((ENLARGED, ENLARGED))
            drawn = count % 2 == 1
            rgb = draw(np.asarray(square)) if drawn else np.asarray(square)
            small = np.asarray(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
            target = (drawings if drawn else photos) / f"{path.stem}-{count // 2:02d}.png"
            image_files.write(target, image_files.Picture(small))
    return photos, drawings


def _free_run() -> Path:
    taken = {path.name for path in RUNS.iterdir()} if RUNS.is_dir() else set()
    return RUNS / next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)


def _is_here(source: Source) -> bool:
    """Whether a network's weights need not be downloaded: a path is set, or Keras has them from before."""
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"
    return bool(os.environ.get(source.variable)) or (cache / source.file).is_file()
