"""Who finds faces in what: MTCNN in photos, a small network of our own in anime.

MTCNN's package brings its weights along and runs on TensorFlow, which is loaded when photos are asked for. A detector
is called with a picture, uint8 (height, width, 3), and gives boxes as `faces/boxes.py` describes them.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from japananime.base.errors import UserError
from japananime.base.late_imports import cv2
from japananime.faces import boxes as faces_boxes
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.styles import graph

FOLDER = Path(__file__).parent / "models" / "anime_face"
WEIGHTS_FILE = "detector.weights.h5"
# The smallest faces that MTCNN is asked for, and the least side of a picture that it can look at for these. Asked for
# larger ones, the package (1.0) shrinks pictures to less than its first network takes, and tells of no faces at all.
ASKED_FOR, LEAST_SIDE = 20, 24
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
    """MTCNN (Zhang et al., 2016): three small networks, each sorting out what the one before proposed.

    Its boxes have ten columns: after those of `faces/boxes.py` x and y of the left eye in the picture, of the right,
    and of the middle of the mouth.
    """

    def __init__(self, smallest: int = 24, threshold: float = 0.5):
        from mtcnn import MTCNN
        from mtcnn.stages import StageONet, StagePNet, StageRNet

        # By full paths: by their names alone the package would take files of such names in the working directory.
        package = find_spec("mtcnn")
        assert package and package.origin
        weights = Path(package.origin).parent / "assets" / "weights"
        stages = ((StagePNet, "pnet"), (StageRNet, "rnet"), (StageONet, "onet"))
        self._network = MTCNN([stage(weights=str(weights / f"{name}.lz4")) for stage, name in stages])
        self._factor, self._threshold = ASKED_FOR / smallest, threshold

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        height, width = (round(side * self._factor) for side in picture.shape[:2])
        if min(height, width) < LEAST_SIDE:
            return np.zeros((0, 10))
        how = cv2.INTER_AREA if self._factor < 1 else cv2.INTER_LINEAR
        small = cv2.resize(picture, (width, height), interpolation=how)
        faces = self._network.detect_faces(small, min_face_size=ASKED_FOR, threshold_onet=self._threshold)
        boxes = [np.zeros((0, 10))]
        for face in faces:
            x, y, wide, high = face["box"]
            size = (wide + high) / 2
            eyes = sorted(face["keypoints"][name] for name in ("left_eye", "right_eye"))
            mouth = np.mean([face["keypoints"][name] for name in ("mouth_left", "mouth_right")], axis=0)
            marks = (*eyes[0], *eyes[1], *mouth)
            place = np.array([x + (wide - size) / 2, y + (high - size) / 2, size, *marks]) / self._factor
            boxes.append(np.insert(place, 3, face["confidence"])[None])
        return faces_boxes.suppress(np.concatenate(boxes))


def flatness(picture: np.ndarray) -> float:
    """Share of pixels that differ from their neighbours right and below by at most two levels, at 256 pixels a side."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    factor = 256 / min(gray.shape)
    if factor < 1:
        gray = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    gray = gray.astype(np.int16)
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
