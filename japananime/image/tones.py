"""Light and colours of the broad parts of a picture, taken from others, without a trace of their edges."""

from collections.abc import Sequence

import numpy as np

from japananime.image.resize import resize

# Broad parts are what is left of a picture of this short side after a blur of so many of its pixels.
SIDE, BLUR = 64, 4.0
# Rows corrected at once, so that what is not whole numbers takes little memory.
ROWS = 64


def keep(picture: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """A picture, uint8 (height, width, 3), as light and as coloured in its broad parts as others are on average.

    others: uint8, of the same scene and of any size. What is finer than a sixteenth of the short side stays.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / min(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    wanted = np.mean([resize(other, size).astype(np.float32) for other in others], axis=0)
    change = _blurred(wanted - resize(picture, size), BLUR * min(size) / SIDE)
    change = np.moveaxis(_between(np.moveaxis(change, 1, 0), width), 0, 1)
    toned = np.empty_like(picture)
    rows = _places(size[0], height)
    for top in range(0, height, ROWS):
        part = slice(top, top + ROWS)
        toned[part] = np.clip(np.rint(picture[part] + _at(change, rows[part])), 0, 255)
    return toned


def _blurred(field: np.ndarray, deviation: float) -> np.ndarray:
    """A field, float (height, width, channels), blurred by a bell curve that is cut off at its borders."""
    down, across = (_bell(length, deviation) for length in field.shape[:2])
    return np.einsum("ij,jkc,lk->ilc", down, field, across, optimize=True).astype(np.float32)


def _bell(length: int, deviation: float) -> np.ndarray:
    """(length, length): in each row how much every place counts for one."""
    apart = np.subtract.outer(np.arange(length), np.arange(length)) / max(deviation, 1e-3)
    weights = np.exp(-(apart**2) / 2)
    return weights / weights.sum(axis=1, keepdims=True)


def _between(field: np.ndarray, length: int) -> np.ndarray:
    return _at(field, _places(len(field), length))


def _places(few: int, many: int) -> np.ndarray:
    """(many,): where the middles of many pixels lie among those of few, over the same length."""
    return np.clip((np.arange(many) + 0.5) * few / many - 0.5, 0, few - 1)


def _at(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of a field at places between its rows, float32 (places, ...)."""
    first = np.minimum(places.astype(int), max(len(field) - 2, 0))
    share = (places - first).astype(np.float32).reshape(-1, *[1] * (field.ndim - 1))
    return field[first] * (1 - share) + field[np.minimum(first + 1, len(field) - 1)] * share
