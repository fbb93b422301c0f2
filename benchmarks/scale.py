"""What a season of a series and a million photos take: rates measured here, then hours and bytes by multiplication.

    python benchmarks/scale.py [--frames 24] [--photos 3] [--style NAME]

measures, from file to file with the bundled style, frames of a 1080p film (a slow pan over a photo) and photos of 12
megapixels; and how fast the film is merely decoded, which a share of a film does with all frames before it. What
follows from these by multiplication is marked as such.
"""

import argparse
import os
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime.image.color import Finish
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import film_chunks
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.pictures import make_picture
from japananime.stylizing.planning import Task
from japananime.video.reading import source as film_source
from japananime.video.writing import sink as film_sink

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


def taken(work, count):
    """(seconds, processor seconds) that each of `count` takes in one call."""
    began, busy = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - began) / count, (time.process_time() - busy) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--photos", type=int, default=3)
    parser.add_argument("--style", default=style_folder.DEFAULT)
    parsed = parser.parse_args()
    engine = loading.load(style_folder.find(parsed.style))
    with tempfile.TemporaryDirectory() as folder:
        film, made = Path(folder, "film.mp4"), Path(folder, "made.mp4")
        write_film(film, parsed.frames)
        decoded = taken(lambda: [None for _ in film_source.open_film(film).frames()], parsed.frames)
        engine(np.asarray(photo(1920, 1080)))  # makes the network ready
        frame = taken(lambda: film_stylizing.make(Task(film, made), engine, FilmSettings()), parsed.frames)
        frame_bytes = made.stat().st_size / parsed.frames

        source = Path(folder, "photo.jpg")
        photo(4000, 3000).save(source, quality=92)
        task = Task(source, Path(folder, "picture.jpg"))
        make_picture(task, engine, Finish(), 95)
        each = taken(lambda: [make_picture(task, engine, Finish(), 95) for _ in range(parsed.photos)], parsed.photos)
        photo_bytes = task.target.stat().st_size

    print(f"measured on {os.cpu_count()} processors (seconds; processor seconds, which hardly depend on other load):")
    print(f"  a 1080p frame, from file to file, its shot's statistics included: {frame[0]:.2f}; {frame[1]:.2f}")
    print(f"  the same frame merely decoded: {decoded[0]:.4f}; {decoded[1]:.4f}")
    print(f"  a photo of 12 megapixels, from file to file: {each[0]:.2f}; {each[1]:.2f}")
    print(f"  in the file: {frame_bytes / 1e3:.0f} kB a frame, {photo_bytes / 1e6:.1f} MB a photo")
    print("by multiplication, in processor hours:")
    frames = round(EPISODES * MINUTES * 60 * RATE)
    # Frames decoded for nothing for one that is made, on average: those before a chunk.
    wasted = float(MINUTES * 60 * RATE / 2) / (film_chunks.PIECES * film_sink.SEGMENT) * decoded[1]
    print(f"  {EPISODES} × {MINUTES} min = {frames:,} frames: {frames * frame[1] / 3600:,.0f}")
    print(f"    and {wasted / frame[1]:.1%} more for decoding what lies before a chunk of a film, on a cluster")
    print(f"    {frames * frame_bytes / 1e9:,.0f} GB of films, twice as much while they are joined")
    print(f"  {PHOTOS:,} photos: {PHOTOS * each[1] / 3600:,.0f}")
    print(f"    {PHOTOS * photo_bytes / 1e12:.1f} TB of pictures")


if __name__ == "__main__":
    main()
