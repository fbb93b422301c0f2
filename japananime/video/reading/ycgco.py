"""Green, orange and green-magenta in place of the usual colour differences: H.273's matrix 8."""

import numpy as np


def to_rgb(planes: np.ndarray, full: bool) -> np.ndarray:
    """uint8 (3, height, width), Y, Cg and Co -> uint8 (height, width, 3). full: whether 0 is black and 255 white."""
    y, cg, co = planes.astype(np.float32)
    y, cg, co = y, cg - 128, co - 128
    if not full:
        y, cg, co = (y - 16) * (255 / 219), cg * (255 / 224), co * (255 / 224)
    rgb = np.stack([y - cg + co, y + cg, y - cg - co], axis=-1)
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
