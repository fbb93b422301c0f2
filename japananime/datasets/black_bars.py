"""Black bars around films' pictures."""

import functools
from collections.abc import Iterable

import numpy as np

BLACK = 24  # the gray level under which a row or column counts as black


def inside_bars(pictures: Iterable[np.ndarray]) -> tuple[int, int, int, int] | None:
    """The part of the picture inside black bars: (top, bottom, left, right), or None where there are none.

    pictures: uint8 (height, width, 3) of one size and one film. A row or column is part of a bar if it is black in all
    of them: a night scene makes no bars as long as there is some light in the others.
    """
    pictures = iter(pictures)
    first = next(pictures, None)
    if first is None:
        return None
    brightest = functools.reduce(np.maximum, pictures, first).max(axis=2)
    height, width = brightest.shape
    # Single bright pixels are noise of the compression.
    top, bottom = _extent(np.quantile(brightest, 0.98, axis=1) > BLACK)
    left, right = _extent(np.quantile(brightest, 0.98, axis=0) > BLACK)
    if bottom - top < height // 3 or right - left < width // 3 or (bottom - top, right - left) == (height, width):
        return None
    # Compression smears the picture's edge over the bar's last pixels.
    return (
        top and top + 2,
        bottom - 2 * (bottom < height),
        left and left + 2,
        right - 2 * (right < width),
    )


def _extent(bright: np.ndarray) -> tuple[int, int]:
    places = np.flatnonzero(bright)
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)
