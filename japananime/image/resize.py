"""Pictures in other sizes, by Pillow."""

import numpy as np
from PIL import Image


def resize(rgb: np.ndarray, shape: tuple[int, ...], how: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """uint8 (height, width, 3) -> the same of another height and width, the first two numbers of `shape`."""
    height, width = shape[:2]
    return np.asarray(Image.fromarray(rgb).resize((width, height), how))
