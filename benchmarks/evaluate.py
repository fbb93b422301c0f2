"""Time of scoring one style: 100 photos against 300 anime pictures, from the command to the finished page.

    pip install -r requirements.txt
    python benchmarks/evaluate.py [--features inception] [--photos 100] [--anime 300] [--squares 1]

The pictures are generated (photos of 640×480, anime of 1280×720) and the feature network has random weights: neither
changes the time. Processor seconds are printed too, since a machine that is busy otherwise takes longer by the clock.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


def paint(folder, count, width, height):
    """Write JPEGs of coloured noise at two scales, about as hard to decode as photos."""
    folder.mkdir()
    random = np.random.default_rng(count)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (height // 40, width // 40, 3), dtype=np.uint8))
        picture = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).astype(int)
        picture += random.integers(-12, 13, picture.shape)
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f"{number:03d}.jpg", quality=90)


def main():
    """Make pictures, run the command, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--features", choices=("vgg19", "inception"), default="vgg19", help="default: vgg19, the slower"
    )
    parser.add_argument("--photos", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--anime", type=int, default=300, help="how many (default 300)")
    parser.add_argument("--squares", type=int, default=1, help="squares of each for VGG19 (default 1)")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paint(folder / "photos", parsed.photos, 640, 480)
        paint(folder / "anime", parsed.anime, 1280, 720)
        command = [sys.executable, "-m", "japananime.evaluate", "--features", parsed.features]
        command += ["--features-weights", "random", "--squares", str(parsed.squares), "--out", str(folder / "scores")]
        command += ["--photos", str(folder / "photos"), "--anime", str(folder / "anime")]
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        taken = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{parsed.photos} photos, one style, {parsed.anime} anime pictures, {parsed.features}:")
    print(f"  {taken:.0f} s by the clock on {os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})")
    print(f"  {used.ru_utime + used.ru_stime:.0f} s of processor time, largest memory {used.ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
