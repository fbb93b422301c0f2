"""Light and colours of the broad parts of a picture, taken from others, without a trace of their edges."""

from collections.abc import Sequence

import numpy as np

from japananime.image.resize import resize

# Broad parts are what is left of a picture of this short side after a blur of so many of its pixels.
SIDE, BLUR = 64, 4.0
# In a part where levels differ by less than the root of this, all of them are changed alike.
ALIKE = 100.0
# Rows corrected at once, so that what is not whole numbers takes little memory.
ROWS = 16


def keep(picture: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """A picture, uint8 (height, width, 3), as light and as coloured in its broad parts as others are on average.

    others: uint8, of the same scene and of any size. In each broad part levels are changed by a straight line, as the
    guided filter has it (He et al. 2010): a bright sky otherwise than the dark tree before it, so that no halo is left.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, SIDE / min(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    wanted = np.mean([resize(other, size).astype(np.float64) for other in others], axis=0)
    factor, offset = (
        _widened(field, width) for field in _lines(resize(picture, size).astype(np.float64), wanted, size)
    )
    toned = np.empty_like(picture)
    rows = _places(size[0], height)
    for top in range(0, height, ROWS):
        part = slice(top, top + ROWS)
        toned[part] = np.clip(np.rint(_at(factor, rows[part]) * picture[part] + _at(offset, rows[part])), 0, 255)
    return toned


def _lines(found: np.ndarray, wanted: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Around each place: the factor and the offset that turn what is found into what is wanted, (height, width, 3)."""
    down, across = (_bell(length, BLUR * min(size) / SIDE) for length in size)

    def blurred(field: np.ndarray) -> np.ndarray:
        return np.einsum("ij,jkc,lk->ilc", down, field, across, optimize=True)

    change, mean = wanted - found, blurred(found)
    mean_change = blurred(change)
    slope = (blurred(found * change) - mean * mean_change) / (blurred(found**2) - mean**2 + ALIKE)
    return 1 + blurred(slope), blurred(mean_change - slope * mean)


def _widened(field: np.ndarray, width: int) -> np.ndarray:
    """A field of a few columns at the places of all, float32."""
    columns = _at(np.moveaxis(field, 1, 0), _places(field.shape[1], width))
    return np.ascontiguousarray(np.moveaxis(columns, 0, 1), np.float32)


def _bell(length: int, deviation: float) -> np.ndarray:
    """(length, length): in each row how much every place counts for one."""
    apart = np.subtract.outer(np.arange(length), np.arange(length)) / max(deviation, 1e-3)
    weights = np.exp(-(apart**2) / 2)
    return weights / weights.sum(axis=1, keepdims=True)


def _places(few: int, many: int) -> np.ndarray:
    """(many,): where the middles of many pixels lie among those of few, over the same length."""
    return np.clip((np.arange(many) + 0.5) * few / many - 0.5, 0, few - 1)


def _at(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows of a field at places between its rows, float32 (places, ...)."""
    first = np.minimum(places.astype(int), max(len(field) - 2, 0))
    share = (places - first).astype(np.float32).reshape(-1, *[1] * (field.ndim - 1))
    return field[first] * (1 - share) + field[np.minimum(first + 1, len(field) - 1)] * share
