"""The scale at which all pictures are compared, and the squares cut out of them."""

import numpy as np

from japananime.image.resize import LANCZOS, resize

SHORT_SIDE = 288  # of the pictures that are compared: all are brought to one scale first
SQUARE = 256  # side of the squares cut out of them


def bring(rgb):
    """A picture with a short side of `SHORT_SIDE` pixels: uint8 (height, width, 3)."""
    height, width = rgb.shape[:2]
    scale = SHORT_SIDE / min(height, width)
    return resize(rgb, tuple(max(SHORT_SIDE, round(side * scale)) for side in (height, width)), LANCZOS)


def cut(picture, count):
    """Squares of a picture at its working size: (count, SQUARE, SQUARE, 3).

    Where they lie follows from the size alone, so a photo and what was made of it are cut alike.
    """
    height, width = picture.shape[:2]
    chance = np.random.RandomState(height * width % 1000)
    tops = chance.randint(0, height - SQUARE + 1, count)
    lefts = chance.randint(0, width - SQUARE + 1, count)
    return np.stack([picture[top : top + SQUARE, left : left + SQUARE] for top, left in zip(tops, lefts, strict=True)])
