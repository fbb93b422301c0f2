"""A photo as a draughtsman would begin: a film's light, flat areas, contours where things meet.

Not a style by itself; something for a generator to set out from and to be held by.
"""

import numpy as np

from japananime.image.color import LUMA
from japananime.image.contours import contours
from japananime.image.flattening import flatten, merge_areas

# What is left of an area's colour under ink: lines are darker kin of what they bound, not black.
INK = np.asarray((0.405, 0.371, 0.439), np.float32)


def draw(rgb: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) -> a drawing of it, the same shape."""
    # The light first: what is lost in the dark would be taken for noise.
    smooth = flatten(_levels(relight(rgb)), reach=12, tolerance=0.2)
    areas = merge_areas(smooth)
    ink = contours(flatten(smooth, reach=12, tolerance=0.2).astype(np.float32) / 255.0)[..., None]
    return _levels(areas * (1.0 - ink * (1.0 - INK)))


def relight(rgb: np.ndarray, gamma: float = 0.78, contrast: float = 1.04, saturation: float = 1.2) -> np.ndarray:
    """A film's light, float32 (height, width, 3), 0 to 1: lighter, clearer, dark places more colourful and cooler."""
    levels = rgb.astype(np.float32) / 255.0
    luma = (levels @ LUMA.astype(np.float32))[..., None]
    lit = np.clip(0.5 + (luma**gamma - 0.5) * contrast, 0.0, 1.0)
    colors = (levels - luma) * saturation * (1.25 - 0.25 * luma)
    shade = np.clip(1.0 - 2.0 * lit, 0.0, 1.0)
    return np.clip(lit + colors + shade * lit * np.asarray((-0.06, 0.0, 0.1), np.float32), 0.0, 1.0)


def _levels(picture):
    return np.rint(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
