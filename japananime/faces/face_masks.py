"""Where in a photo faces are: as a picture that goes side by side with it, and as places that are drawn finer."""

import functools
import threading
from collections.abc import Callable

import numpy as np

from japananime.base.files import digest
from japananime.faces import detectors, squares
from japananime.faces.detectors import Detector
from japananime.image import drawing
from japananime.image.resize import resize

SMALLEST = 24
# A face's own ellipse counts in full; from there to this many times its size it falls to nothing.
FADES_AT = 1.5
# Smaller faces are drawn at this size, in pixels, with so much around them as a share of it.
DRAWN_AT, AROUND = 240, 0.3

_lock = threading.Lock()
_found: dict[str, np.ndarray] = {}


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
    return mark(_boxes(rgb), *rgb.shape[:2])


def draw(rgb: np.ndarray) -> np.ndarray:
    """The drawing of a photo, uint8 (height, width, 3), in which small faces are drawn as finely as large ones.

    A face of 40 pixels has eyes of three: drawn as it is, they go into the areas around them.
    """
    return draw_finer(rgb, _boxes(rgb), drawing.draw)


def draw_finer(rgb: np.ndarray, boxes: np.ndarray, drawn: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A picture drawn, with the faces in it that are under DRAWN_AT drawn enlarged, and put back small.

    boxes: as for `mark`. drawn: uint8 (height, width, 3) -> the same shape, drawn.
    """
    picture = drawn(rgb)
    for box in boxes[::-1]:  # the surest lies on top
        if box[2] < DRAWN_AT:
            square = squares.around(box, AROUND)
            face, side = squares.cut(rgb, square), round(DRAWN_AT * (1 + 2 * AROUND))
            picture = squares.put_back(picture, resize(drawn(resize(face, (side, side))), face.shape), square)
    return picture


def _boxes(rgb: np.ndarray) -> np.ndarray:
    """The faces of a photo; what was found in it before is remembered, since `find` and `draw` ask for the same."""
    photo = digest(repr(rgb.shape).encode() + rgb.tobytes())
    with _lock:  # one look at a time: the detector's networks take memory for each
        if photo not in _found:
            _found[photo] = _detector()(rgb)
        return _found[photo]


@functools.cache
def _detector() -> Detector:
    return detectors.PhotoFaces(SMALLEST)
