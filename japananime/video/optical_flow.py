"""Where every pixel of a frame was in the frame before, and pictures carried along; by OpenCV.

A flow is float32 (height, width, 2): what is at (column, row) now was at (column, row) plus the flow before.
"""

import numpy as np

from japananime.base.late_imports import cv2

# OpenCV refuses pictures of fewer pixels a side.
LEAST_SIDE = 16
# Two flows that do not lead back to where they began, by this many pixels squared and this share of their own squared
# lengths, are of something that is hidden in one of the frames (Sundaram, Brox and Keutzer, 2010).
AWAY, SHARE = 0.5, 0.01


def measured(now: np.ndarray, before: np.ndarray, *, thoroughly: bool = False) -> np.ndarray:
    """The flow between two frames, uint8 (height, width, 3) of one shape.

    By dense inverse search (Kroeger et al., 2016), whose numbers do not depend on how many threads do it.
    thoroughly: on more patches and with more steps, in about three times the time.
    """
    height, width = now.shape[:2]
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    if not thoroughly:
        finder.setPatchStride(5)
        finder.setGradientDescentIterations(12)
        finder.setVariationalRefinementIterations(2)
    beyond = max(0, LEAST_SIDE - height), max(0, LEAST_SIDE - width)
    grays = [
        cv2.copyMakeBorder(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 0, beyond[0], 0, beyond[1], cv2.BORDER_REPLICATE)
        for rgb in (now, before)
    ]
    flow: np.ndarray = finder.calc(*grays, None)
    return flow[:height, :width]


def places(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column and row of where every pixel was, each float32 (height, width)."""
    height, width = flow.shape[:2]
    columns = np.arange(width, dtype=np.float32) + flow[..., 0]
    return columns, np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]


def inside(flow: np.ndarray) -> np.ndarray:
    """Whether every pixel was in the picture before, bool (height, width)."""
    height, width = flow.shape[:2]
    columns, rows = places(flow)
    return (columns >= 0) & (rows >= 0) & (columns <= width - 1) & (rows <= height - 1)


def carried(picture: np.ndarray, flow: np.ndarray, *, smooth: bool = True) -> np.ndarray:
    """A picture of the frame before, (height, width, ...) in uint8 or float32, where its pixels are now.

    Its edge goes on outside of it. smooth: by cubic interpolation, which keeps lines crisp and may leave the range of
    the picture's numbers; else linear.
    """
    how = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    return cv2.remap(picture, *places(flow), how, borderMode=cv2.BORDER_REPLICATE)


def seen_in_both(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Which pixels are in both frames, bool (height, width): inside, and led back by the other direction's flow."""
    returned = carried(back, flow, smooth=False)
    away = np.square(flow + returned).sum(-1)
    lengths = np.square(flow).sum(-1) + np.square(returned).sum(-1)
    return inside(flow) & (away < AWAY + SHARE * lengths)
