"""Pictures in other sizes, by Pillow."""

import numpy as np
from PIL import Image

from japananime.image import decoding

# Sharper than the usual one, for what is looked at or learnt from rather than drawn on.
LANCZOS = Image.Resampling.LANCZOS


def resize(rgb: np.ndarray, shape: tuple[int, ...], how: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """uint8 (height, width, 3) -> the same of another height and width, the first two numbers of `shape`."""
    height, width = shape[:2]
    resized = Image.fromarray(rgb).resize((width, height), how)
    pixels = np.empty((height, width, 3), np.uint8)
    for rows, strip in decoding.strips(resized):
        pixels[rows] = np.asarray(strip)
    return pixels


def middle_square(rgb: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) -> the largest square in its middle, (side, side, 3)."""
    side = min(rgb.shape[:2])
    top, left = ((length - side) // 2 for length in rgb.shape[:2])
    return rgb[top : top + side, left : left + side]
