"""A photo without its textures: areas of one colour with sharp borders, as a painter would lay them down.

NumPy and OpenCV only.
"""

import cv2


def flatten(rgb, radius=10, tolerance=32):
    """Mean shift: every pixel takes the mean colour of those near it that are like it, until nothing moves.

    rgb: uint8 (height, width, 3). radius: how near, in pixels. tolerance: how like, in levels.
    """
    return cv2.pyrMeanShiftFiltering(rgb, radius, tolerance)
