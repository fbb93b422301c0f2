"""What a season of a series and a million photos take: rates measured here, then hours, machines and bytes of them.

    python benchmarks/scale.py [--frames 24] [--photos 3] [--style NAME]

measures, from file to file with the bundled style, frames of a 1080p film (a slow pan over a photo) and photos of 12
megapixels; and how fast the film is merely decoded, which a share of a film does with all frames before it. What
follows from these by multiplication is marked as such.
"""

import argparse
import os
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from japananime import engines, film_shares, film_tasks, footage, segments, styles
from japananime.film_tasks import FilmTask, Settings
from japananime.making import Finish, make_picture
from japananime.tasks import Task

ROOT = Path(__file__).resolve().parents[1]
EPISODES, MINUTES, RATE = 12, 24, Fraction(24000, 1001)
PHOTOS = 1_000_000


def photo(width, height):
    """A photo of Pretrain/origin enlarged to a size."""
    with Image.open(ROOT / "Pretrain" / "origin" / "raccoon.jpg") as found:
        return found.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def write_film(path, count):
    """A 1080p film that pans over a photo."""
    wide = np.asarray(photo(1920 + 4 * count, 1280))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, width=1920, height=1080, options={"crf": "18"})
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            part = np.ascontiguousarray(wide[100:1180, 4 * number : 4 * number + 1920])
            out.mux(stream.encode(av.VideoFrame.from_ndarray(part, format="rgb24")))
        out.mux(stream.encode())


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--style", default=styles.DEFAULT)
    parsed = parser.parse_args()
    engine = engines.load(styles.find(parsed.style))
    with tempfile.TemporaryDirectory() as folder:
        film, made = Path(folder, "film.mp4"), Path(folder, "made.mp4")
        write_film(film, parsed.frames)
        decoding = seconds(lambda: [None for _ in footage.open_footage(film).moments()]) / parsed.frames
        engine(np.asarray(photo(1920, 1080)))  # makes the network ready
        looked = seconds(lambda: film_tasks.make(FilmTask(film, made), engine, Settings(), Finish())) / parsed.frames
        frame_bytes = made.stat().st_size / parsed.frames

        source = Path(folder, "photo.jpg")
        photo(4000, 3000).save(source, quality=92)
        task = Task(source, Path(folder, "picture.jpg"))
        make_picture(task, engine, Finish(), 95)
        each = seconds(lambda: [make_picture(task, engine, Finish(), 95) for _ in range(parsed.photos)]) / parsed.photos
        photo_bytes = task.target.stat().st_size

    frames = round(EPISODES * MINUTES * 60 * RATE)
    share = film_shares.PIECES * segments.SEGMENT
    before = (MINUTES * 60 * RATE / 2) / share  # frames decoded for nothing for one made, on average
    wasted = float(before) * decoding
    print(f"measured on {os.cpu_count()} processors:")
    print(f"  a 1080p frame, from file to file, its shot's statistics included: {looked:.2f} s")
    print(f"  the same frame merely decoded: {decoding * 1000:.1f} ms")
    print(f"  a photo of 12 megapixels, from file to file: {each:.2f} s")
    print(f"  in the file: {frame_bytes / 1e3:.0f} kB a frame, {photo_bytes / 1e6:.1f} MB a photo")
    print("by multiplication:")
    machine = frames * (looked + wasted) / 3600
    print(f"  {EPISODES} × {MINUTES} min = {frames:,} frames: {machine:,.0f} hours of one such machine, of which")
    print(f"    {wasted / (looked + wasted):.1%} go into decoding what lies before a share")
    print(f"    {machine / 24:,.0f} machines for a day")
    print(f"    {frames * frame_bytes / 1e9:,.0f} GB of films, twice as much while they are joined")
    machine = PHOTOS * each / 3600
    print(f"  {PHOTOS:,} photos: {machine:,.0f} hours of one such machine; {machine / 24:,.0f} machines for a day")
    print(f"    {PHOTOS * photo_bytes / 1e12:.1f} TB of pictures")


if __name__ == "__main__":
    main()
