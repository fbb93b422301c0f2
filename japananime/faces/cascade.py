"""MTCNN (Zhang et al., 2016): three small networks that find faces, each sorting out what the one before proposed.

In NumPy and Pillow around the networks of `cascade_networks.py`. Corners are (left, top, right, bottom) in pixels.
"""

import math

import numpy as np
from PIL import Image

from japananime.faces import cascade_networks
from japananime.faces.cascade_networks import FINISH, MARKS, PROPOSE, REFINE, SIDES, STRIDE

# Its authors' figures: from picture to picture of the pyramid, how sure the first two must be, and how much of the area
# of two finds may be common to both: in one picture of the pyramid, among all, and, at last, of the smaller one.
STEP = 0.709
SURE = {PROPOSE: 0.6, REFINE: 0.7}
MOST_COMMON, MOST_COMMON_IN_ALL, MOST_COMMON_OF_SMALLER = 0.5, 0.7, 0.7
# So many squares are looked at at once, which bounds the memory.
TOGETHER = 256


class Cascade:
    """Finds faces in photos. The networks are loaded when it is made."""

    def __init__(self) -> None:
        self._networks = cascade_networks.load()

    def __call__(self, picture: np.ndarray, smallest: float, threshold: float) -> tuple[np.ndarray, ...]:
        """uint8 (height, width, 3) -> corners (n, 4), how sure (n,), and marks (n, 5, 2); surest first.

        smallest: side in pixels of the smallest faces. threshold: how sure, 0 to 1. Marks are (x, y) of the eye on the
        left of the picture, the one on the right, the nose, and the corners of the mouth on the left and right.
        """
        corners, sure = self._propose(picture, smallest)
        if not len(corners):
            return corners, sure, np.zeros((0, MARKS, 2))
        corners = _squares(corners)
        away, sure = self._look(REFINE, picture, corners)
        corners, sure = _moved(corners, away), sure[:, 0]
        kept = np.flatnonzero(sure > SURE[REFINE])
        kept = kept[_apart(corners[kept], sure[kept], MOST_COMMON_IN_ALL)]
        corners = _squares(corners[kept])
        if not len(corners):
            return corners, sure[kept], np.zeros((0, MARKS, 2))
        away, places, sure = self._look(FINISH, picture, corners)
        sides = corners[:, 2:] - corners[:, :2] + 1
        marks = places.reshape(-1, 2, MARKS).transpose(0, 2, 1) * sides[:, None] + corners[:, None, :2] - 1
        corners, sure = _moved(corners, away), sure[:, 0]
        kept = np.flatnonzero(sure > threshold)
        kept = kept[_apart(corners[kept], sure[kept], MOST_COMMON_OF_SMALLER, of_smaller=True)]
        return corners[kept], sure[kept], marks[kept]

    def _propose(self, picture: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
        """Corners and how sure of what may be faces, in a pyramid of ever smaller pictures."""
        image, side = Image.fromarray(picture), SIDES[PROPOSE]
        found, how_sure = [np.zeros((0, 4))], [np.zeros(0)]
        scale = side / smallest
        while min(sizes := [round(length * scale) for length in image.size]) >= side:
            small = np.asarray(image.resize(sizes, Image.Resampling.BILINEAR))
            away, (sure,) = self._networks[PROPOSE](small[None])
            rows, columns = np.nonzero(sure > SURE[PROPOSE])
            start = STRIDE * np.stack([columns, rows], axis=-1)
            corners = np.concatenate([start, start + side], axis=-1) + side * away[:, rows, columns].T
            kept = _apart(corners, sure[rows, columns], MOST_COMMON)
            found.append(corners[kept] / np.tile(np.array(sizes) / image.size, 2))
            how_sure.append(sure[rows, columns][kept])
            scale *= STEP
        corners, sure = np.concatenate(found), np.concatenate(how_sure)
        kept = _apart(corners, sure, MOST_COMMON_IN_ALL)
        return corners[kept], sure[kept]

    def _look(self, stage: str, picture: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, ...]:
        """What a network says of squares of a picture; beyond its border they are gray."""
        parts = [
            self._networks[stage](
                np.stack([_cut(picture, each, SIDES[stage]) for each in corners[start : start + TOGETHER]])
            )
            for start in range(0, len(corners), TOGETHER)
        ]
        return tuple(np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True))


def _cut(picture: np.ndarray, corners: np.ndarray, side: int) -> np.ndarray:
    """uint8 (side, side, 3): what lies between corners, made larger or smaller."""
    height, width = picture.shape[:2]
    left, top = (math.floor(value) for value in corners[:2])
    right, bottom = (math.ceil(value) for value in corners[2:])
    part = np.full((bottom - top, right - left, 3), 127, np.uint8)
    rows, columns = slice(max(top, 0), min(bottom, height)), slice(max(left, 0), min(right, width))
    if rows.start < rows.stop and columns.start < columns.stop:
        within = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        part[within] = picture[rows, columns]
    first, last = corners[:2] - (left, top), corners[2:] - (left, top)
    box = (float(first[0]), float(first[1]), float(last[0]), float(last[1]))
    return np.asarray(Image.fromarray(part).resize((side, side), Image.Resampling.BILINEAR, box=box))


def _squares(corners: np.ndarray) -> np.ndarray:
    """The squares around the same middles whose sides are the longer ones."""
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    half = (corners[:, 2:] - corners[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _moved(corners: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Corners moved by shares of the sides, which its authors' framework takes for a pixel longer."""
    return corners + away * np.tile(corners[:, 2:] - corners[:, :2] + 1, 2)


def _apart(corners: np.ndarray, sure: np.ndarray, most: float, of_smaller: bool = False) -> np.ndarray:
    """Numbers of the finds none of which shares more with a surer one, surest first (non-maximum suppression).

    most: of the area that either covers, or of the smaller one's.
    """
    left = np.argsort(-sure, kind="stable")
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    kept = []
    while len(left):
        first, left = left[0], left[1:]
        kept.append(first)
        common = np.minimum(corners[first, 2:], corners[left, 2:]) - np.maximum(corners[first, :2], corners[left, :2])
        common = np.prod(np.maximum(common, 0), axis=1)
        whole = np.minimum(areas[first], areas[left]) if of_smaller else areas[first] + areas[left] - common
        left = left[common <= most * whole]
    return np.array(kept, int)
