"""Cutting training pictures out of frames: the frame in areas, and from each a window at a random place.

NumPy and Pillow only.
"""

import zlib

import numpy as np
from PIL import Image

# The published geometry keeps off the top and the bottom 150 of 1080 rows, where films in the cinema's format are black.
MARGIN = 150 / 1080


def bounds(height, width, rows=2, columns=3, size=256):
    """Where windows may begin, area by area: a list of ((lowest y, highest y), (lowest x, highest x)), highest included.

    Areas divide the picture without its margins evenly. In an area smaller than the window the window is centred, as far
    as the picture allows. height and width must be at least `size`.
    """
    margin = round(MARGIN * height)
    across = _spans(0, width, columns, size, width)
    return [(y, x) for y in _spans(margin, height - margin, rows, size, height) for x in across]


def windows(height, width, name, seed=0, rows=2, columns=3, size=256):
    """One window an area, as [(y, x)] of its upper left corner; windows that fall together are given once.

    name: with the seed it decides the places, so that a picture gives the same windows among whichever others it is cut.
    """
    generator = np.random.default_rng((seed, zlib.crc32(name.encode())))
    places = (
        (int(generator.integers(*y, endpoint=True)), int(generator.integers(*x, endpoint=True)))
        for y, x in bounds(height, width, rows, columns, size)
    )
    return list(dict.fromkeys(places))


def scale(rgb, factor):
    """A picture, uint8 (height, width, 3), resized to `factor` times its size, at least a pixel."""
    if factor == 1:
        return rgb
    height, width = (max(1, round(side * factor)) for side in rgb.shape[:2])
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))


def _spans(start, stop, count, size, whole):
    """[(lowest, highest)] of a window's beginning in each of `count` equal parts of start..stop, of 0..whole."""
    edges = [round(start + part * (stop - start) / count) for part in range(count + 1)]
    return [_span(low, high, size, whole) for low, high in zip(edges, edges[1:])]


def _span(low, high, size, whole):
    if high - low >= size:
        return low, high - size
    center = min(max((low + high - size) // 2, 0), whole - size)
    return center, center
