"""A photo as a draughtsman would begin: flat areas, clear colours, contours where the areas meet.

NumPy and OpenCV only. Not a style by itself; something for a generator to set out from and to be held by.
"""

import cv2
import numpy as np

from japananime.flattening import flatten

# BT.601, as everywhere here.
LUMA = np.asarray((0.299, 0.587, 0.114), np.float32)


def draw(rgb):
    """uint8 (height, width, 3) -> a drawing of it, the same shape."""
    painted = clear(flatten(rgb, reach=25, tolerance=0.45))
    ink = contours(flatten(rgb, reach=20, tolerance=0.5))
    return np.clip(np.rint(painted * (1.0 - 0.4 * ink[..., None])), 0, 255).astype(np.uint8)


def clear(rgb, saturation=1.2, gamma=0.9, contrast=1.08):
    """Lighter, stronger in contrast and in colour: float32 (height, width, 3), 0 to 255."""
    levels = rgb.astype(np.float32) / 255.0
    luma = (levels @ LUMA)[..., None]
    lit = np.clip(0.5 + (luma**gamma - 0.5) * contrast, 0.0, 1.0)
    return np.clip(lit + (levels - luma) * saturation, 0.0, 1.0) * 255.0


def contours(rgb, sigma=0.7, threshold=0.015, gain=25.0):
    """How much ink each pixel takes, 0 to 1: the dark sides of edges, by a difference of Gaussians of the lightness."""
    lightness = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32) / 255.0
    difference = cv2.GaussianBlur(lightness, (0, 0), 1.6 * sigma) - cv2.GaussianBlur(lightness, (0, 0), sigma)
    return np.clip((difference - threshold) * gain, 0.0, 1.0)
