"""A face of a photo in the proportions of anime: eyes lower, chin higher, by bending the rows of its square.

People's faces are nearly twice as high from the eyes to the chin as the eyes are apart, those of anime hardly higher.
A network that makes the one of the other has to move every chin; of a bent photo it has only to draw what is there.
"""

import numpy as np

from japananime.faces import squares
from japananime.faces.squares import Square
from japananime.image.resize import resize

# In the square around a face, as shares of its side: how far the eyes are apart, how far from the top they and the chin
# are in a photo, and how far in anime.
EYES_APART = 0.28
EYES, CHIN = 1 / 3, 5 / 6
ANIME_EYES, ANIME_CHIN = 0.40, 0.77
# Between eyes and mouth, as a share of what is between the eyes: of a face seen from the side this is left to go by.
MOUTH_BELOW = 1.02
# Eyes nearer to each other, as a share of how far from the mouth they are, are those of a face turned away: of people's
# photos of themselves one in seventy is turned further.
LEAST_APART = 0.75
# Rows are bent in full up to the first share of the way from the middle to either side, not at all at the second.
FULL, ZERO = 0.6, 1.0
# The places of `_unbent` are known at so many heights; over so many of them what happens at eyes and chin is rounded.
HEIGHTS, ROUNDED = 256, 24


def is_towards_us(box: np.ndarray) -> bool:
    """Whether a face, a box with eyes and mouth (see `detectors.py`), is seen from the front or half from the side."""
    _, _, apart, above = _marks(box)
    return bool(apart >= LEAST_APART * above)


def around(box: np.ndarray) -> Square:
    """The square whose eyes are a third from its top and level, of a box with eyes and mouth."""
    eyes, angle, apart, above = _marks(box)
    apart = max(apart, above / MOUTH_BELOW)
    side = max(2, round(apart / EYES_APART))
    down = (0.5 - EYES) * side
    return squares.placed(eyes[0] - down * np.sin(angle), eyes[1] + down * np.cos(angle), side, angle)


def _marks(box: np.ndarray) -> tuple[np.ndarray, float, float, float]:
    """Middle of the eyes, by how much their line falls, and how far they are from each other and from the mouth."""
    left, right, mouth = (np.asarray(box[first : first + 2], float) for first in (4, 6, 8))
    eyes = (left + right) / 2
    return eyes, squares.tilt(left, right, box[2]), np.hypot(*(right - left)), np.hypot(*(mouth - eyes))


def bend(picture: np.ndarray, square: Square) -> np.ndarray:
    """A picture, uint8 (height, width, 3), in which the eyes and the chin of a face are where anime has them.

    What is not in the square stays as it is, and so do the borders of the square: nothing is torn.
    """
    height, width = picture.shape[:2]
    left, top, right, bottom = squares.window(square)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    bent = picture.copy()
    if left >= right or top >= bottom:
        return bent
    x = np.arange(left, right, dtype=np.float64) + 0.5 - square.x
    y = np.arange(top, bottom, dtype=np.float64)[:, None] + 0.5 - square.y
    cos, sin, half = np.cos(square.angle), np.sin(square.angle), square.side / 2
    across, down = (cos * x + sin * y) / half, (cos * y - sin * x) / half
    from_top = (down + 1) / 2
    share = np.clip((ZERO - np.abs(across)) / (ZERO - FULL), 0, 1)
    share = share**2 * (3 - 2 * share) * (np.abs(down) < 1)
    moved = (_unbent(from_top) - from_top) * share * square.side
    bent[top:bottom, left:right] = _at(picture, y + square.y + cos * moved, x + square.x - sin * moved)
    return bent


def cut(picture: np.ndarray, box: np.ndarray, size: int | None = None) -> np.ndarray:
    """A face in these proportions, upright, as `--faces` shows it to a network: uint8 (size, size, 3), or as found."""
    square = around(box)
    face = squares.cut(bend(picture, square), square)
    return resize(face, (size, size)) if size else face


def _at(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3): what a picture shows at places, between its pixels by the nearest four."""
    parts = []
    for places, length in ((rows, picture.shape[0]), (columns, picture.shape[1])):
        places = np.clip(np.broadcast_to(places - 0.5, rows.shape), 0, length - 1)
        first = np.minimum(places.astype(int), max(length - 2, 0))
        parts.append((first, np.minimum(first + 1, length - 1), (places - first)[..., None]))
    (upper, lower, down), (left, right, across) = parts
    above = (1 - across) * picture[upper, left] + across * picture[upper, right]
    below = (1 - across) * picture[lower, left] + across * picture[lower, right]
    return np.rint((1 - down) * above + down * below).astype(np.uint8)


def _unbent(from_top: np.ndarray) -> np.ndarray:
    """From how far in a photo's square that comes which is so far from the top in anime's, both as shares of its side.

    Straight from the top to the eyes, on to the chin and to the bottom, with the corners rounded.
    """
    heights = np.linspace(0, 1, HEIGHTS + 1)
    line = np.interp(heights, [0, ANIME_EYES, ANIME_CHIN, 1], [0, EYES, CHIN, 1])
    # Gone on at either end as if turned round there, so that rounding leaves the ends in place.
    longer = np.pad(line, ROUNDED // 2, mode="reflect", reflect_type="odd")
    return np.interp(from_top, heights, np.convolve(longer, np.full(ROUNDED + 1, 1 / (ROUNDED + 1)), mode="valid"))
