"""Who finds faces in what: OpenCV's cascades in photos, a small network of our own in anime. No TensorFlow.

A detector is called with a picture, uint8 (height, width, 3), and gives boxes as `faces.py` describes them.
"""

import math
from pathlib import Path

import cv2
import numpy as np

from japananime import faces, graph
from japananime.openvino_network import OpenVinoNetwork

FOLDER = Path(__file__).parent / "models" / "anime_face"
WEIGHTS_FILE = "detector.weights.h5"
# Cascades for faces seen from the front and from the left; a mirrored picture shows those seen from the right.
FRONT, SIDE = "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml"
EYE = "haarcascade_eye.xml"
# The size at which a face is looked at for its eyes.
EYES_AT = 192
# Neighbouring windows that agree on a face of which one is half sure.
AGREEING = 4
# Share of pixels that differ from the next by two levels of 255 at most, from which a picture is taken for a drawing.
FLAT = 0.4


class AnimeFaces:
    """The network in `models/anime_face`, or in another folder of that kind."""

    def __init__(self, smallest=24, threshold=0.5, folder=FOLDER):
        self._network = OpenVinoNetwork(graph.read(folder), Path(folder, WEIGHTS_FILE), "float32")
        self._options = {"smallest": smallest, "threshold": threshold}

    def __call__(self, picture):
        return faces.find(picture, self._network.whole, **self._options)


class PhotoFaces:
    """OpenCV's classic cascades, which come inside its package."""

    def __init__(self, smallest=24, threshold=0.5):
        self._front, self._side = (cv2.CascadeClassifier(cv2.data.haarcascades + name) for name in (FRONT, SIDE))
        # As sure as n / (n + AGREEING), if n windows agree.
        neighbors = max(1, math.ceil(AGREEING * threshold / max(1 - threshold, 1e-3)))
        self._options = {"scaleFactor": 1.1, "minNeighbors": neighbors, "minSize": (smallest, smallest)}

    def __call__(self, picture):
        gray = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        mirrored = self._look(self._side, np.ascontiguousarray(gray[:, ::-1]))
        mirrored[:, 0] = gray.shape[1] - mirrored[:, 0] - mirrored[:, 2]
        return faces.suppress(np.concatenate([self._look(self._front, gray), self._look(self._side, gray), mirrored]))

    def _look(self, cascade, gray):
        boxes, counts = cascade.detectMultiScale2(gray, **self._options)
        scores = [count / (count + AGREEING) for count in counts]
        return np.array([[x, y, side, score] for (x, y, side, _), score in zip(boxes, scores, strict=True)]).reshape(
            -1, 4
        )


class PhotoEyes:
    """OpenCV's cascade for open eyes."""

    def __init__(self):
        self._eye = cv2.CascadeClassifier(cv2.data.haarcascades + EYE)

    def __call__(self, picture, box):
        """What may be an eye in a face's box: (n, 3), x and y as shares of the box, and how many windows agree."""
        gray = cv2.equalizeHist(cv2.cvtColor(faces.crop(picture, box, 0, EYES_AT), cv2.COLOR_RGB2GRAY))
        least, most = EYES_AT // 8, EYES_AT // 2
        boxes, counts = self._eye.detectMultiScale2(
            gray, scaleFactor=1.05, minNeighbors=3, minSize=(least, least), maxSize=(most, most)
        )
        return np.array(
            [
                [(x + width / 2) / EYES_AT, (y + height / 2) / EYES_AT, count]
                for (x, y, width, height), count in zip(boxes, counts, strict=True)
            ]
        ).reshape(-1, 3)


def flatness(picture):
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

    def __init__(self, **options):
        self._photo, self._anime = PhotoFaces(**options), AnimeFaces(**options)

    def __call__(self, picture):
        first, second = (self._anime, self._photo) if flatness(picture) >= FLAT else (self._photo, self._anime)
        boxes = first(picture)
        return boxes if len(boxes) else second(picture)


DETECTORS = {"auto": EitherFaces, "photo": PhotoFaces, "anime": AnimeFaces}
