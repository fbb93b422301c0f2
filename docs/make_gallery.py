"""Makes the pictures of the README and of docs/gallery.md: eight pairs, photos in all styles, five seconds of film.

    python docs/make_gallery.py

The film is a camera that moves over photos of Pretrain/origin, since those are free to use.
"""

import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime import stylize
from japananime.image import files as image_files
from japananime.styles import folder as style_folder
from japananime.stylizing import contact_sheets

ORIGIN = ROOT / "Pretrain" / "origin"
OUT = ROOT / "docs" / "images" / "gallery"
HEIGHT = 380  # of a pair; small enough for a page, large enough for lines to show
# The photo that the README shows in all styles, and the width of each; the others are in the gallery, smaller.
SHOWN, WIDTH, GALLERY_WIDTH = "raccoon", 320, 260
RATE, SECONDS, SIZE = 12, 5, (448, 256)
# Photo, and the windows that the camera begins and ends with: left, top and width as shares of the photo's width.
MOVES = (
    ("palace.jpg", (0.0, 0.0, 0.75), (0.1, 0.05, 0.6)),
    ("raccoon.jpg", (0.3, 0.0, 0.7), (0.15, 0.1, 0.8)),
    ("seeding.jpg", (0.0, 0.0, 0.8), (0.2, 0.0, 0.8)),
)


def pair(photo, made):
    """Photo and picture side by side, as high as the gallery's pairs."""
    both = [Image.open(path).convert("RGB") for path in (photo, made)]
    both = [image.resize((round(image.width * HEIGHT / image.height), HEIGHT), Image.LANCZOS) for image in both]
    sheet = Image.new("RGB", (2 * both[0].width, HEIGHT))
    for number, image in enumerate(both):
        sheet.paste(image, (number * image.width, 0))
    return sheet


def all_styles(folder, photo, width):
    """A sheet of a photo in all bundled styles, each with its name below it; the photo comes first."""
    pictures = {contact_sheets.PHOTO: photo}
    for name in style_folder.bundled_for_photos():
        pictures[name] = folder / f"{photo.stem}-{name}.png"
        stylize.main(["--in", str(photo), "--out", str(pictures[name]), "--style", name])
    shown = {name: image_files.read_rgb(path) for name, path in pictures.items()}
    return Image.fromarray(contact_sheets.sheet(shown, width))


def write_sheets(folder):
    """The README's sheet of styles, and one of every other photo for the gallery."""
    all_styles(folder, ORIGIN / f"{SHOWN}.jpg", WIDTH).save(OUT / "styles.jpg", quality=88)
    for photo in sorted(ORIGIN.glob("*.jpg")):
        if photo.stem != SHOWN:
            all_styles(folder, photo, GALLERY_WIDTH).save(OUT / f"{photo.stem}-styles.webp", quality=80, method=6)


def frames():
    """The film's frames: every photo for its share of the time, the camera moving at an even pace."""
    count = RATE * SECONDS // len(MOVES)
    for name, begin, end in MOVES:
        photo = Image.open(ORIGIN / name).convert("RGB")
        for number in range(count):
            left, top, width = (
                photo.width * (a + (b - a) * number / (count - 1)) for a, b in zip(begin, end, strict=True)
            )
            box = (left, top, left + width, min(top + width * SIZE[1] / SIZE[0], photo.height))
            yield np.asarray(photo.resize(SIZE, Image.LANCZOS, box=box))


def write_film(path):
    """The frames as a film without loss that could be seen."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"crf": "12"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for frame in frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def main():
    """Pairs as JPEG, sheets of styles as JPEG and WebP, film as animated WebP."""
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        stylize.main(["--in", str(ORIGIN), "--out", str(folder / "made"), "--format", "png"])
        for made in sorted((folder / "made").glob("*.png")):
            pair(ORIGIN / f"{made.stem}.jpg", made).save(OUT / f"{made.stem}.jpg", quality=90)
        write_sheets(folder)
        write_film(folder / "film.mp4")
        flags = ["--compare", "--quality", "50"]
        stylize.main(["--in", str(folder / "film.mp4"), "--out", str(folder / "film.webp"), *flags])
        (OUT / "film.webp").write_bytes((folder / "film-compare.webp").read_bytes())


if __name__ == "__main__":
    main()
