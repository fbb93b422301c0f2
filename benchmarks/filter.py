"""The filter between two programs against the network alone, in one run.

    python benchmarks/filter.py [--style NAME] [--frames 60] [--size 640x360] [--rounds 3]

prints frames per second of both, on the same frames, and their ratio: of the median of as many rounds, in turns. The
programs before and behind it are threads that hand frames out of memory and throw what comes away.
"""

import argparse
import io
import os
import statistics
import sys
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from av.video.reformatter import VideoReformatter

from japananime.image.color import Finish
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import filtering
from japananime.video import y4m


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default=style_folder.DEFAULT, help="default: the bundled one")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rounds", type=int, default=3)
    parsed = parser.parse_args()
    width, height = map(int, parsed.size.split("x"))
    stream = moving(width, height, parsed.frames)
    photos = [frame.load().rgb for frame in y4m.Reader(io.BytesIO(stream)).frames()]
    engine = loading.load(style_folder.find(parsed.style))
    draw = filtering.applied(engine)
    draw(photos[0])  # whatever is prepared once is prepared now
    alone, between = [], []
    for _ in range(parsed.rounds):
        alone.append(len(photos) / seconds(lambda: [draw(photo) for photo in photos]))
        between.append(len(photos) / seconds(lambda: filter_all(stream, engine)))
        print(f"frames per second: network alone {alone[-1]:.2f}, between two pipes {between[-1]:.2f}", flush=True)
    print(f"filter / network = {statistics.median(b / a for a, b in zip(alone, between, strict=True)):.3f}")


def moving(width, height, count):
    """A stream of a photo that slides sideways."""
    header = y4m.parse(f"YUV4MPEG2 W{width} H{height} F25:1 C420jpeg\n".encode())
    with Image.open(ROOT / "Pretrain" / "origin" / "raccoon.jpg") as photo:
        rgb = np.asarray(photo.convert("RGB").resize((width, height)))
    converter = VideoReformatter()
    slid = (np.roll(rgb, 2 * number, axis=1) for number in range(count))
    return header.line + b"".join(b"FRAME\n" + y4m.from_rgb(picture, header, converter) for picture in slid)


def filter_all(stream, engine):
    """A whole stream through the filter, with a program before and one behind it."""
    (near, into), (out_of, out) = os.pipe(), os.pipe()

    def feed():
        with os.fdopen(into, "wb") as end:
            end.write(stream)

    def take():
        with os.fdopen(out_of, "rb") as end:
            while end.read(1 << 16):
                pass

    threads = [threading.Thread(target=work) for work in (feed, take)]
    for thread in threads:
        thread.start()
    with os.fdopen(near, "rb") as incoming, os.fdopen(out, "wb", buffering=0) as outgoing:
        filtering.run(incoming, outgoing, engine, Finish())
    for thread in threads:
        thread.join()


def seconds(work):
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
