"""Faces in films: how much their boxes tremble, found in every frame by itself, and followed.

    python benchmarks/face_tracking.py [--photo Pretrain/origin/astronaut.jpg] [--frames 48] [--side 360]

pans over a photo with a face, with the noise of a sensor on every frame (a deviation of 4 levels). The face's true
motion is that of the pan; what is printed is by how many pixels a box moves against it from frame to frame, on average,
both ways of finding it in this run on the same frames.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime.faces import detectors, engine, film_overlay, tracking
from japananime.faces.tracking import Look

# Pixels a frame, to the right and down.
MOTION = np.array([1.7, 0.9])
NOISE, RATE = 4.0, 24


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=ROOT / "Pretrain" / "origin" / "astronaut.jpg")
    parser.add_argument("--frames", type=int, default=48, help="of the pan (default 48)")
    parser.add_argument("--side", type=int, default=360, help="of its frames, in pixels (default 360)")
    parsed = parser.parse_args()
    detect = detectors.PhotoFaces(engine.SMALLEST, engine.SURE)
    found = [detect(frame)[:, :4] for frame in pan(Image.open(parsed.photo).convert("RGB"), parsed.frames, parsed.side)]
    alone = np.array([[*middle(boxes[0], number), boxes[0][2]] for number, boxes in enumerate(found) if len(boxes)])
    every = max(1, round(RATE / film_overlay.LOOKS_A_SECOND))
    looked = [*range(0, parsed.frames - 1, every), parsed.frames - 1]
    looks = [Look(number, np.column_stack([found[number], np.zeros(len(found[number]))])) for number in looked]
    track = tracking.follow(looks, [0], every)[-1]
    rows = enumerate(track.boxes, track.first)
    followed = np.array([[*(row[:2] + number * MOTION), row[2]] for number, row in rows])
    print(f"found in {len(alone)} of {parsed.frames} frames; followed through {len(followed)} by {len(looks)} looks")
    for name, boxes in (("found in every frame", alone), ("followed", followed)):
        across, down, size = np.abs(np.diff(boxes, axis=0)).mean(0)
        print(f"{name}: {across:.2f} pixels across, {down:.2f} down, {size:.2f} in size")


def pan(photo, count, side):
    """The frames of it, uint8 (side, side, 3)."""
    noise = np.random.default_rng(0)
    for number in range(count):
        left, top = np.array([30, 20]) + number * MOTION
        how = (side, side), Image.Transform.AFFINE, (1, 0, left, 0, 1, top), Image.Resampling.BICUBIC
        levels = np.asarray(photo.transform(*how)) + noise.normal(0, NOISE, (side, side, 3))
        yield np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def middle(box, number):
    """The middle of a box, where it would be in the first frame."""
    return box[:2] + box[2] / 2 + number * MOTION


if __name__ == "__main__":
    main()
