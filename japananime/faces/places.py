"""Where in a photo faces are, as a picture that goes side by side with it: what is to count more there."""

import functools
import threading

import numpy as np

from japananime.faces import detectors
from japananime.faces.detectors import Detector

SMALLEST = 24
# A face's own ellipse counts in full; from there to this many times its size it falls to nothing.
FADES_AT = 1.5

_lock = threading.Lock()


def mark(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 (height, width, 3), all channels alike: 255 on faces, 0 away from them, between the two around them.

    boxes: (n, 3 or more): x and y of the upper left corner and the side of each, in pixels.
    """
    rows, columns = np.arange(height)[:, None] + 0.5, np.arange(width)[None, :] + 0.5
    marks = np.zeros((height, width))
    for left, top, size in np.asarray(boxes, float)[:, :3]:
        away = np.hypot(columns - left - size / 2, rows - top - size / 2) / (size / 2)
        marks = np.maximum(marks, np.clip((FADES_AT - away) / (FADES_AT - 1.0), 0.0, 1.0))
    return np.repeat(np.rint(255 * marks).astype(np.uint8)[..., None], 3, axis=-1)


def find(rgb: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) -> `mark` of the faces that are found in a photo."""
    with _lock:  # one look at a time: the detector's networks take memory for each
        boxes = _detector()(rgb)
    return mark(boxes, *rgb.shape[:2])


@functools.cache
def _detector() -> Detector:
    return detectors.PhotoFaces(SMALLEST)
