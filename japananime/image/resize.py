"""Pictures in other sizes, by Pillow."""

import numpy as np
from PIL import Image

from japananime.image import unpacking

# Sharper than the usual one, for what is looked at or learnt from rather than drawn on.
LANCZOS = Image.Resampling.LANCZOS


def resize(rgb: np.ndarray, shape: tuple[int, ...], how: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """uint8 (height, width, 3) -> the same of another height and width, the first two numbers of `shape`."""
    height, width = shape[:2]
    resized = Image.fromarray(rgb).resize((width, height), how)
    pixels = np.empty((height, width, 3), np.uint8)
    for rows, strip in unpacking.strips(resized):
        pixels[rows] = np.asarray(strip)
    return pixels
