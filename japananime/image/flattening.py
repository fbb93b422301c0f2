"""A photo without its textures: areas of one colour with sharp borders, as a painter would lay them down."""

import cv2
import numpy as np
from scipy import fft


def flatten(rgb: np.ndarray, reach: float = 20, tolerance: float = 0.35) -> np.ndarray:
    """The domain transform's edge-preserving filter (Gastal and Oliveira 2011): smooth within areas, sharp between.

    rgb: uint8 (height, width, 3). reach: how far it smooths, in pixels. tolerance: differences up to this share of the
    whole range are smoothed over.
    """
    return cv2.edgePreservingFilter(rgb, flags=cv2.RECURS_FILTER, sigma_s=reach, sigma_r=tolerance)


def merge_areas(rgb: np.ndarray, cost: float = 0.006, growth: float = 2.5, most: float = 1e4) -> np.ndarray:
    """As few borders as the photo allows: smoothing by the number of gradients that are left (Xu et al. 2011).

    Minimises Σ |s - rgb|² + cost · (number of pixels where s differs from its neighbour below or to the right): slight
    differences go altogether, whatever their number, and strong ones stay as sharp as they were. Solved by turns, with
    a coupling that grows from 2 · cost to `most` by `growth`; beyond the border is the picture's mirror image.
    rgb: uint8 (height, width, 3) -> float32 of the same shape, 0 to 1. cost: in squared shares of the whole range.
    """
    given = rgb.astype(np.float32) / 255.0
    down, across = np.ix_(*(2.0 - 2.0 * np.cos(np.pi * np.arange(side) / side) for side in rgb.shape[:2]))
    stiffness = (down + across).astype(np.float32)[..., None]
    wanted, merged, coupling = _cosines(given), given, 2.0 * cost
    while coupling < most:
        borders = np.zeros((2, *given.shape), np.float32)
        borders[0, :-1] = np.diff(merged, axis=0)
        borders[1, :, :-1] = np.diff(merged, axis=1)
        borders *= np.sum(borders**2, axis=(0, 3), keepdims=True)[0] >= cost / coupling
        balance = -borders.sum(axis=0)
        balance[1:] += borders[0, :-1]
        balance[:, 1:] += borders[1, :, :-1]
        merged = _from_cosines((wanted + coupling * _cosines(balance)) / (1.0 + coupling * stiffness))
        coupling *= growth
    return np.clip(merged, 0.0, 1.0)


def _cosines(picture):
    return fft.dctn(picture, axes=(0, 1))


def _from_cosines(picture):
    return fft.idctn(picture, axes=(0, 1))
