"""Edge smoothing (after CartoonGAN): anime with its outlines blurred, as an example of what anime does not look like.

NumPy and OpenCV only: the dataset tools use it without TensorFlow.
"""

import numpy as np

from japananime.base.late_imports import cv2


def smooth_edges(rgb: np.ndarray, low: float = 100, high: float = 200, box: int = 5) -> np.ndarray:
    """Blur only around edges: Canny on gray, dilated by a box, and under it a Gaussian of the same size.

    rgb: uint8 (height, width, 3). low, high: Canny's thresholds. box: odd size of dilation and Gaussian in pixels; the
    Gaussian's sigma follows from it by OpenCV's rule, and the picture is continued by reflection at its borders.
    """
    edges = cv2.Canny(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), low, high)
    near_edges = cv2.dilate(edges, np.ones((box, box), np.uint8))
    blurred = cv2.GaussianBlur(rgb, (box, box), 0, borderType=cv2.BORDER_REFLECT_101)
    return cv2.copyTo(blurred, near_edges, rgb.copy())
