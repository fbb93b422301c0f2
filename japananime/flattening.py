"""A photo without its textures: areas of one colour with sharp borders, as a painter would lay them down.

NumPy and OpenCV only.
"""

import cv2


def flatten(rgb, reach=20, tolerance=0.35):
    """The domain transform's edge-preserving filter (Gastal and Oliveira 2011): smooth within areas, sharp between.

    rgb: uint8 (height, width, 3). reach: how far it smooths, in pixels. tolerance: differences up to this share of the
    whole range are smoothed over.
    """
    return cv2.edgePreservingFilter(rgb, flags=cv2.RECURS_FILTER, sigma_s=reach, sigma_r=tolerance)
