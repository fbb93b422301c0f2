"""Squares around faces: placed, turned upright, cut out, and put back with a soft edge. NumPy and Pillow alone.

Positions are in pixels, x to the right and y down; the first pixel reaches from 0 to 1. Angles are in radians, as seen
in the picture positive clockwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

# Eyes nearer to each other, as a share of the face's size, are those of a face seen from the side.
EYES_APART = 0.2
MOST_TILT = math.radians(60)
# The mask is an ellipse as high as its square and narrower, as faces are: 1 up to the first share of the way from the
# middle to its outline, 0 from the second on.
MASK_FULL, MASK_ZERO = 0.7, 0.97
MASK_WIDTH = 0.85


@dataclass(frozen=True)
class Square:
    """x, y: its middle. side: whole pixels. angle: how far it is turned clockwise."""

    x: float
    y: float
    side: int
    angle: float = 0.0


def tilt(left: Sequence[float] | np.ndarray, right: Sequence[float] | np.ndarray, size: float) -> float:
    """How far a face is turned clockwise, by the line through its eyes; 0 where they say nothing about it.

    left, right: (x, y) of the eyes. size: of the face.
    """
    across, down = right[0] - left[0], right[1] - left[1]
    angle = math.atan2(down, across)
    return angle if math.hypot(across, down) >= EYES_APART * size and abs(angle) <= MOST_TILT else 0.0


def around(box: Sequence[float] | np.ndarray, margin: float, angle: float = 0.0) -> Square:
    """The Square around a face's box (x, y, size) with a margin on every side, as a share of the box's size."""
    x, y, size = (float(value) for value in box[:3])
    return placed(x + size / 2, y + size / 2, max(1, round(size * (1 + 2 * margin))), angle)


def placed(x: float, y: float, side: int, angle: float) -> Square:
    """The Square around a place, on whole pixels: one that is not turned is cut out and put back without resampling."""
    left, top = round(x - side / 2), round(y - side / 2)
    return Square(left + side / 2, top + side / 2, side, angle)


def cut(picture: np.ndarray, square: Square) -> np.ndarray:
    """What a square shows of a picture, upright: uint8 (side, side, 3); beyond the border its edge goes on."""
    left, top, right, bottom = window(square)
    height, width = picture.shape[:2]
    rows, columns = np.clip(np.arange(top, bottom), 0, height - 1), np.clip(np.arange(left, right), 0, width - 1)
    half, cos, sin = square.side / 2, math.cos(square.angle), math.sin(square.angle)
    from_x, from_y = square.x - left - half * (cos - sin), square.y - top - half * (sin + cos)
    shown = _warp(picture[rows[:, None], columns], (cos, -sin, from_x, sin, cos, from_y), square.side, square.side)
    return np.rint(shown).astype(np.uint8)


def put_back(picture: np.ndarray, face: np.ndarray, square: Square) -> np.ndarray:
    """The picture with a face laid over a square of it, as far as the mask says.

    picture: uint8 (height, width, 3), not changed. face: uint8 (side, side, 3), upright as `cut` gives it.
    """
    left, top, right, bottom = window(square)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, picture.shape[1]), min(bottom, picture.shape[0])
    whole = picture.copy()
    if left >= right or top >= bottom:
        return whole
    half, cos, sin = square.side / 2, math.cos(square.angle), math.sin(square.angle)
    x, y = left - square.x, top - square.y
    turned = _warp(
        face,
        (cos, sin, half + cos * x + sin * y, -sin, cos, half - sin * x + cos * y),
        right - left,
        bottom - top,
    )
    part = whole[top:bottom, left:right]
    across, down = np.arange(left, right) + 0.5 - square.x, (np.arange(top, bottom) + 0.5 - square.y)[:, None]
    weights = mask((cos * across + sin * down) / half, (cos * down - sin * across) / half)[..., None]
    part[...] = np.rint(part + weights * (turned - part))
    return whole


def mask(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """How much of a face is shown at places of its square, 0 to 1, float32: all in the middle, nothing at the sides.

    across, down: arrays, -1 to 1 from side to side. Between both it falls as 3 s² - 2 s³ does for s from 1 to 0.
    """
    away = np.hypot(across / MASK_WIDTH, down)
    share = np.clip((MASK_ZERO - away) / (MASK_ZERO - MASK_FULL), 0, 1)
    return (share**2 * (3 - 2 * share)).astype(np.float32)


def window(square: Square) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the upright rectangle of whole pixels that a square lies in."""
    reach = square.side / 2 * (abs(math.cos(square.angle)) + abs(math.sin(square.angle)))
    left, top, right, bottom = square.x - reach, square.y - reach, square.x + reach, square.y + reach
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)


def _warp(picture: np.ndarray, places: tuple[float, ...], width: int, height: int) -> np.ndarray:
    """float32 (height, width, 3), 0 to 255: places = (a, b, c, d, e, f): what is at (ax + by + c, dx + ey + f) goes to
    (x, y).
    """
    # One channel at a time in float32, as Pillow does not round those of 8 bits but cuts them off.
    channels = [Image.fromarray(np.ascontiguousarray(picture[..., number], np.float32)) for number in range(3)]
    how = (width, height), Image.Transform.AFFINE, places, Image.Resampling.BICUBIC
    return np.clip(np.stack([np.asarray(channel.transform(*how)) for channel in channels], axis=-1), 0, 255)
