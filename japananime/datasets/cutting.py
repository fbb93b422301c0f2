"""Cutting training pictures out of frames: the frame in areas, and from each a window at a random place.

NumPy and Pillow only.
"""

import itertools
import re
import zlib
from dataclasses import dataclass

import numpy as np

from japananime.base import settings as base_settings
from japananime.base.errors import UserError
from japananime.base.settings import setting
from japananime.image.resize import LANCZOS, resize

# The published geometry keeps off 150 of 1080 rows at top and bottom, where films in the cinema's format are black.
# Where the bars are gone already, those rows are as good as any.
MARGIN = 150 / 1080


@dataclass(frozen=True)
class Settings(base_settings.Settings):
    """How windows are cut. areas: rows and columns, or None for whole frames."""

    size: int = setting(256, "side of the pictures", least=16)
    scale: float = setting(1.0, "resize frames first; 1 does not", least=0.05, most=4.0)
    areas: tuple[int, int] | None = (2, 3)
    seed: int = setting(0, "the same seed gives the same places", least=0)


def add_flags(parser, whole=False):
    """A flag for every setting. whole: whether `--areas none` is accepted."""
    group = base_settings.add_flags(parser, Settings, "cutting")
    none = ", or none for whole frames" if whole else ""
    group.add_argument("--areas", default="2x3", metavar="RxC", help=f"rows and columns of areas{none} (default 2x3)")


def settings(parsed, whole=False):
    """The Settings on a parsed command line, checked."""
    return base_settings.from_flags(Settings, parsed, areas=_areas(parsed.areas, whole))


def _areas(text, whole):
    """The rows and columns of "2x3"; None for "none", where whole frames are accepted."""
    if whole and text == "none":
        return None
    match = re.fullmatch(r"([1-9]\d?)x([1-9]\d?)", text)
    if not match:
        accepted = "rows x columns, such as 2x3" + (", or none" if whole else "")
        raise UserError(f"--areas is '{text}'; it must be {accepted}")
    return int(match[1]), int(match[2])


def margin(height, box):
    """Rows to keep off at top and bottom of a picture with bars there, else 0.

    box: the part inside of bars, (top, bottom, left, right), or None where there are none.
    """
    if not box or not box[0] or box[1] == height:
        return 0
    return max(round(MARGIN * height), box[0], height - box[1])


def bounds(height, width, rows=2, columns=3, size=256, margin=0):
    """Where windows may begin, area by area: [((lowest y, highest y), (lowest x, highest x))], highest included.

    Areas divide the picture without its margins, of so many rows at top and bottom, evenly. In an area smaller than
    the window the window is centred, as far as the picture allows. height and width must be at least `size`.
    """
    across = _spans(0, width, columns, size, width)
    return [(y, x) for y in _spans(margin, height - margin, rows, size, height) for x in across]


def windows(height, width, name, settings, margin=0):
    """One window an area, as [(y, x)] of its upper left corner; windows that fall together are given once.

    name: with the seed it decides the places, so that they do not depend on which other pictures are cut. margin: rows
    to keep off at top and bottom.
    """
    generator = np.random.default_rng((settings.seed, zlib.crc32(name.encode("utf-8", "surrogateescape"))))
    rows, columns = settings.areas
    places = (
        (int(generator.integers(top, bottom + 1)), int(generator.integers(left, right + 1)))
        for (top, bottom), (left, right) in bounds(height, width, rows, columns, settings.size, margin)
    )
    return list(dict.fromkeys(places))


def scale(rgb, factor):
    """A picture, uint8 (height, width, 3), resized to `factor` times its size, at least a pixel."""
    if factor == 1:
        return rgb
    return resize(rgb, tuple(max(1, round(side * factor)) for side in rgb.shape[:2]), LANCZOS)


def _spans(start, stop, count, size, whole):
    """[(lowest, highest)] of a window's beginning in each of `count` equal parts of start..stop, of 0..whole."""
    edges = [round(start + part * (stop - start) / count) for part in range(count + 1)]
    return [_span(low, high, size, whole) for low, high in itertools.pairwise(edges)]


def _span(low, high, size, whole):
    if high - low >= size:
        return low, high - size
    center = min(max((low + high - size) // 2, 0), whole - size)
    return center, center
