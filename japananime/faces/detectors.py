"""Who finds faces in what: MTCNN in photos, a small network of our own in anime.

A detector is called with a picture, uint8 (height, width, 3), and gives boxes as `faces/boxes.py` describes them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.faces import boxes as faces_boxes
from japananime.faces.cascade import Cascade
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.styles import graph

FOLDER = Path(__file__).parent / "models" / "anime_face"
WEIGHTS_FILE = "detector.weights.h5"
# Share of pixels that differ from the next by two levels of 255 at most, from which a picture is taken for a drawing.
FLAT = 0.4


class Detector(Protocol):
    """Finds faces."""

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """uint8 (height, width, 3) -> boxes (n, 4 or more), surest first."""


class AnimeFaces:
    """The network in `models/anime_face`, or in another folder of that kind."""

    def __init__(self, smallest: int = 24, threshold: float = 0.5, folder: Path = FOLDER):
        found = graph.read(folder)
        if found is None:
            raise UserError(f"{folder}: holds no {graph.GRAPH_FILE}, which a detector of faces needs")
        self._network = OpenVinoNetwork(found, Path(folder, WEIGHTS_FILE), "float32")
        self._smallest, self._threshold = smallest, threshold

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        return faces_boxes.find(picture, self._network.whole, self._smallest, self._threshold)


class PhotoFaces:
    """MTCNN, see `cascade.py`.

    Its boxes have ten columns: after those of `faces/boxes.py` x and y of the left eye in the picture, of the right,
    and of the middle of the mouth.
    """

    def __init__(self, smallest: int = 24, threshold: float = 0.5):
        self._cascade, self._smallest, self._threshold = Cascade(), smallest, threshold

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        corners, sure, marks = self._cascade(picture, self._smallest, self._threshold)
        sides, middle = corners[:, 2:] - corners[:, :2], (corners[:, :2] + corners[:, 2:]) / 2
        size = sides.mean(axis=1, keepdims=True)
        eyes, mouth = marks[:, :2].reshape(-1, 4), marks[:, 3:].mean(axis=1)
        return faces_boxes.suppress(np.concatenate([middle - size / 2, size, sure[:, None], eyes, mouth], axis=1))


def flatness(picture: np.ndarray) -> float:
    """Share of pixels that differ from their neighbours right and below by at most two levels, at 256 pixels a side."""
    image = Image.fromarray(picture).convert("L")
    factor = 256 / min(image.size)
    if factor < 1:
        image = image.resize([round(side * factor) for side in image.size], Image.Resampling.BOX)
    gray = np.asarray(image, np.int16)
    right, below = np.abs(np.diff(gray, axis=1))[:-1], np.abs(np.diff(gray, axis=0))[:, :-1]
    return float((np.maximum(right, below) <= 2).mean()) if right.size else 1.0


class EitherFaces:
    """Takes a picture for a photo or a drawing by its flat areas; where it finds nothing, looks as if for the other."""

    def __init__(self, smallest: int = 24, threshold: float = 0.5):
        self._photo, self._anime = PhotoFaces(smallest, threshold), AnimeFaces(smallest, threshold)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        order: list[Detector] = [self._photo, self._anime]
        if flatness(picture) >= FLAT:
            order.reverse()
        boxes = order[0](picture)
        return boxes if len(boxes) else order[1](picture)


DETECTORS: dict[str, Callable[..., Detector]] = {"auto": EitherFaces, "photo": PhotoFaces, "anime": AnimeFaces}
