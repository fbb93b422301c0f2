"""The first hour, walked: `python tests/walk/first_hour.py` types every step into a new folder and says what was wrong.

With --keep the folder stays, to look at the pictures.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import film_samples
from walk import steps


def prepare(folder):
    """What somebody has: a photo, a folder with more than photos in it, an album, and a short film."""
    photos = sorted((ROOT / "Pretrain" / "origin").glob("*.jpg"))
    for photo, name in zip(photos, ("photo.jpg", "holiday/a.jpg", "holiday/b.jpg"), strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(photo) as picture:
            picture.resize((192, 144)).save(folder / name)
    (folder / "holiday" / "broken.jpg").write_bytes(b"no photo")
    (folder / "holiday" / "notes.txt").write_text("notes")
    (folder / "album").mkdir()
    for number in range(24):
        with Image.open(photos[number % len(photos)]) as picture:
            left = 20 * (number // len(photos))
            picture.resize((240, 180)).crop((left, left, left + 120, left + 120)).save(folder / f"album/{number}.jpg")
    views = [np.asarray(Image.open(photo).convert("RGB").resize((400, 300))) for photo in photos[:4]]
    film_samples.film(
        folder / "film.mp4",
        96,
        size=(144, 192),
        audio=True,
        # Four shots of 24 frames, each a look along a photo.
        picture=lambda number, height, width: views[number // 24][50 : 50 + height, 8 * (number % 24) :][:, :width],
    )


def take(step, folder):
    """Type a step; what was wrong, or ""."""
    typed = step.typed.format(small=steps.SMALL).split()
    words = [str(ROOT / typed[0]), *typed[1:]] if typed and typed[0].endswith(".py") else ["-m", "japananime", *typed]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    wrong = step.wrong(done.returncode, done.stdout, folder)
    return f"{wrong}. It said:\n{done.stdout}" if wrong else ""


def main():
    """Walk; the exit status is 1 where a step went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the folder where it is")
    keep, bad = parser.parse_args().keep, 0
    folder = Path(tempfile.mkdtemp(prefix="japananime-walk-"))
    prepare(folder)
    for step in steps.STEPS:
        start = time.monotonic()
        wrong = take(step, folder)
        bad += bool(wrong)
        print(f"{time.monotonic() - start:6.1f} s  {step.title}{': ' + wrong if wrong else ''}", flush=True)
    print(f"{len(steps.STEPS) - bad} of {len(steps.STEPS)} steps went as they should")
    if keep:
        print(f"everything is in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
