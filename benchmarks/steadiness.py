"""How much flicker styles add to films: the warping error of what they make over the film's own.

    python benchmarks/steadiness.py [--style NAME ...] [--photos DIR] [--films FILE ...] [--steady] [--curve FILE.png]

prints a table, in Markdown: a row for each style, a column for pans over photos and one for zooms into them, both with
the noise of a sensor and with their motion known exactly, and a column for each film, whose motion is measured. 1 is
as steady as the film itself, more flickers. With --steady each style has a second row, for what `stylize --steady`
makes of the same frames, and below the table stands what that costs: how much longer it took, both timed in turns, and
how sharp what it made is (the variance of the Laplacian, pans, zooms and films alike) over what the network made.
"""

import argparse
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import synthetic_pans
from synthetic_pans import Camera

from japananime.base import markdown
from japananime.evaluation import steadiness
from japananime.image import files as image_files
from japananime.image.resize import resize
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import filtering
from japananime.video.reading import source as film_source
from japananime.video.steadying import Steadier
from japananime.video.writing import sink as film_sink

CAMERAS = {"pans": Camera(right=1.6, down=0.7), "zooms": Camera(nearer=1.005)}
PHOTOS = Path(__file__).resolve().parents[1] / "Pretrain" / "origin"


class Drawing:
    """A style at work on one clip, and the same steadied: `plain` and `steady` are given every frame, in this order."""

    def __init__(self, engine):
        self.draw, self.steadier = filtering.applied(engine), Steadier(film_sink.SEGMENT)
        self.number, self.drawn, self.seconds, self.more = 0, None, 0.0, 0.0

    def plain(self, photo):
        """What the network makes of the next frame."""
        started = time.perf_counter()
        self.drawn = self.draw(photo)
        self.seconds += time.perf_counter() - started
        return self.drawn

    def steady(self, photo):
        """The same, steadied."""
        started = time.perf_counter()
        made = self.steadier(self.number, photo, self.drawn)
        self.more += time.perf_counter() - started
        self.number += 1
        return made


class Clip:
    """Some frames to be made, of one column of the table. motion_to: as `steadiness.follow` takes it."""

    def __init__(self, column, name, frames, motion_to=None):
        self.column, self.name, self.frames, self.motion_to = column, name, frames, motion_to


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", action="append", metavar="NAME", help="may be repeated (default: all bundled ones)")
    parser.add_argument("--photos", type=Path, default=PHOTOS, metavar="DIR", help="default: those in Pretrain/origin")
    parser.add_argument("--films", type=Path, nargs="+", default=[], metavar="FILE", help="real films besides")
    parser.add_argument("--begin", type=int, default=0, metavar="N", help="first frame of films (default 0)")
    parser.add_argument("--frames", type=int, default=16, metavar="N", help="of each pan and zoom (default 16)")
    parser.add_argument("--film-frames", type=int, default=48, metavar="N", help="of each film (default 48)")
    parser.add_argument("--height", type=int, default=360, metavar="N", help="short side in pixels (default 360)")
    parser.add_argument("--noise", type=float, default=4.0, metavar="X", help="of the sensor, in levels (default 4)")
    parser.add_argument("--steady", action="store_true", help="also measure what --steady makes of it")
    parser.add_argument("--curve", type=Path, metavar="FILE.png", help="draw the errors of the last film over time")
    parsed = parser.parse_args()
    styles = parsed.style or [style.title for style in style_folder.opened(print)]
    scores, costs = {}, {}
    for style in styles:
        costs[style] = measure(style, parsed, scores)
    columns = list(dict.fromkeys(clip.column for clip in clips(parsed)))
    rows = ([name, *(f"{mean(found[column]):.2f}" for column in columns)] for name, found in scores.items())
    print("\n".join(markdown.table(["", *columns], rows)) + "\n")
    if parsed.steady:
        for style, (longer, sharp) in costs.items():
            print(f"{style} --steady: {longer:.0%} more time than the network alone, sharpness {sharp:.3f}")


def clips(parsed):
    """Every Clip, with its frames yet to be made."""
    size = parsed.height, round(parsed.height * 16 / 9)
    for column, camera in CAMERAS.items():
        for path in image_files.find(parsed.photos)[0]:
            photo = image_files.read(path).rgb
            frames = synthetic_pans.frames(photo, camera, size, parsed.frames, parsed.noise)
            yield Clip(column, path.stem, frames, lambda number, camera=camera: camera.motion(number, size))
    for path in parsed.films:
        yield Clip(path.stem, path.stem, film(path, parsed))


def film(path, parsed):
    """The frames of a film's part, made smaller."""
    source = film_source.open_film(path)
    scale = parsed.height / min(source.width, source.height)
    shape = round(source.height * scale), round(source.width * scale)
    for frame in islice(source.frames(), parsed.begin, parsed.begin + parsed.film_frames):
        yield resize(frame.load().rgb, shape)


def measure(style, parsed, scores):
    """Add a style's scores, {row: {column: [score]}}; returns what --steady costs it: (time, sharpness), as shares."""
    engine = loading.load(style_folder.find(style))
    seconds, more, sharp = 0.0, 0.0, []
    for clip in clips(parsed):
        drawing = Drawing(engine)
        makers = {style: drawing.plain} | ({f"{style} --steady": drawing.steady} if parsed.steady else {})
        found = steadiness.follow(clip.frames, makers, clip.motion_to)
        for name, each in found.items():
            scores.setdefault(name, {}).setdefault(clip.column, []).append(each.score)
        seconds, more = seconds + drawing.seconds, more + drawing.more
        plain, *rest = found.values()
        sharp += [mean(each.sharp) / mean(plain.sharp) for each in rest]
        print(style, clip.column, clip.name, *(f"{each.score:.3f}" for each in found.values()), file=sys.stderr)
    if parsed.curve:
        curves = {"the film": plain.film} | {name: each.made for name, each in found.items()}
        draw(parsed.curve.with_stem(f"{parsed.curve.stem}-{style}"), clip.name, curves)
    return more / seconds, mean(sharp) if sharp else 1.0


def draw(path, title, curves):
    """Curves of warping errors over time, {name: one a frame}, as a PNG."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, errors in curves.items():
        axes.plot(range(1, len(errors) + 1), errors, label=name, linewidth=1.2)
    axes.set(title=title, xlabel="frame", ylabel="warping error, levels of 255", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=100)


def mean(numbers):
    """Of a list."""
    return float(np.mean(numbers))


if __name__ == "__main__":
    main()
