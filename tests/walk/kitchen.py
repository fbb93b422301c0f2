"""The files that the documents' commands name, made as they are named, all of them small."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = sorted((ROOT / "Pretrain" / "origin").glob("*.jpg"))
# Of a folder of pictures, and the side of each.
COUNT, SIDE = 24, 96
FOLDERS = "photos|holiday|streets|people|portraits|PORTRAITS|faces|film|frames|stills|anime-faces|held-out|learnt-from"
OUTPUTS = r"made-elsewhere|made/\w+"


def provide(words, folder):
    """Make what a command names and is not there; what it will write is removed, as in a folder of one's own."""
    named = [part for word in words for part in (shlex.split(word) if " " in word else [word])]
    for before, word in zip(["", *named], named, strict=False):
        name = word.split("=", 1)[-1].rstrip("/")
        path = folder / name
        if before == "--out" and words[0] in ("train", "experiment", "export"):
            shutil.rmtree(path, ignore_errors=True)
        elif before != "--out" and not (any(folder.glob(name)) if "*" in name else path.exists()):
            _make(name, path)
    words[:] = [found for word in words for found in _globbed(word, folder)]


def _globbed(word, folder):
    if "*" not in word:
        return [word]
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob(word))


def _make(name, path):
    if re.fullmatch(FOLDERS, name) or name in ("party", "Pretrain/origin"):
        _pictures(path)
        if name == "faces":  # is a data set of others too
            for part in ("trainA", "trainB"):
                _pictures(path / part)
    elif re.fullmatch(OUTPUTS, name):
        _pictures(path)
    elif re.fullmatch(r"\w+\.(jpg|png)", name):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.open(PHOTOS[0]).convert("RGB").resize((192, 192)).save(path)
    elif re.fullmatch(r"(\w+)\.(mp4|mkv)|season1/\*\.mkv|season", name):
        _films(name, path)
    elif re.fullmatch(r"\w+\.(gif|webp)", name):
        frames = [Image.fromarray(view).resize((96, 72)) for view in _views()[:2]]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)
    elif name == "selfie2anime":
        for part in ("trainA", "trainB", "testA", "testB"):
            _pictures(path / part)
    elif name == "AnimeGAN/Hayao":
        for part in ("style", "smooth"):
            _pictures(path / part)
        _pictures(path.parent / "train_photo")
    elif re.fullmatch(r"runs/\w+", name):
        shutil.copytree(ROOT / "checkpoints" / "watercolor", path)


def _pictures(folder):
    """Parts of photos, each another."""
    folder.mkdir(parents=True)
    for number in range(COUNT):
        with Image.open(PHOTOS[number % len(PHOTOS)]) as picture:
            left = 12 * (number // len(PHOTOS))
            part = picture.convert("RGB").resize((160, 120)).crop((left, left // 2, left + SIDE, left // 2 + SIDE))
            if folder.name == "portraits":  # of whom faces are cut out
                part = Image.open(PHOTOS[0]).convert("RGB").resize((200 + 4 * number, 200 + 4 * number))
            part.save(folder / f"{number:04d}.jpg")


def _views():
    return [np.asarray(Image.open(photo).convert("RGB").resize((400, 300))) for photo in PHOTOS[:4]]


def _films(name, path):
    """A film of four shots, each a look along a photo; for a season, two."""
    import film_samples

    views = _views()
    paths = [path.parent / f"{number}.mkv" for number in (1, 2)] if name.endswith("*.mkv") else [path]
    paths = [path / f"{number}.mkv" for number in (1, 2)] if name == "season" else paths
    for one in paths:
        one.parent.mkdir(parents=True, exist_ok=True)
        film_samples.film(
            one,
            48,
            size=(144, 192),
            audio=True,
            picture=lambda number, height, width: views[number // 12][50 : 50 + height, 8 * (number % 12) :][:, :width],
        )
