"""Lines as a draughtsman draws them: along the borders of things, of even width, and none where there is only noise.

A difference of Gaussians across the direction in which the picture flows, averaged along it (Kang, Lee and Chui 2007).
NumPy and OpenCV only.
"""

import cv2
import numpy as np

# How far a line is followed in either direction, in pixels.
ALONG = 5


def contours(
    rgb: np.ndarray, width: float = 0.8, threshold: float = 0.01, gain: float = 45.0, least: int = 14
) -> np.ndarray:
    """How much ink each pixel takes, float32 (height, width), 0 to 1: the dark sides of borders.

    rgb: float32 (height, width, 3), 0 to 1, without its textures. width: of a line, as a Gaussian's sigma in pixels.
    threshold: difference of lightness, 0 to 1, from which there is ink, and gain: how fast it grows from there. Lines
    that are nowhere strong, or of fewer than `least` pixels, are left out whole.
    """
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB) / 100.0
    across, certainty = flow(lab)
    difference = _along(_difference(lab[..., 0], across, width), across)
    ink = np.clip((-difference - threshold) * gain, 0.0, 1.0) * np.clip((certainty - 0.2) / 0.4, 0.0, 1.0)
    return ink * _strong(ink, low=0.15, high=0.6, least=least)


def flow(lab: np.ndarray, sigma: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Which way the picture changes: unit vectors (2, height, width), x and y, and how sure that is, 0 to 1.

    The structure tensor of all three channels, averaged by a Gaussian. Sure is a straight border between two areas;
    unsure is a corner, a texture or nothing at all.
    """
    down, right = (cv2.Scharr(lab, cv2.CV_32F, *axis) / 16.0 for axis in ((0, 1), (1, 0)))
    xx, xy, yy = (
        cv2.GaussianBlur(product.sum(axis=-1), (0, 0), sigma) for product in (right * right, right * down, down * down)
    )
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    certainty = np.hypot(xx - yy, 2.0 * xy) / (xx + yy + 1e-3)
    return np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32), certainty


def _difference(lightness, across, width):
    """Less than 0 on the dark side of a border: a narrow mean less one 1.6 times as wide, both across the border."""
    steps = np.arange(-int(np.ceil(4.0 * width)), int(np.ceil(4.0 * width)) + 1)
    narrow, wide = (np.exp(-((steps / (share * width)) ** 2) / 2.0) for share in (1.0, 1.6))
    kernel = narrow / narrow.sum() - wide / wide.sum()
    places = _places(lightness.shape)
    return sum(
        float(weight) * _at(lightness, places + float(step) * across)
        for step, weight in zip(steps, kernel, strict=True)
    )


def _along(values, across):
    """The mean of values along the flow, nearer ones weighted more."""
    tangent = np.stack([-across[1], across[0]])
    total, weights = values.copy(), 1.0
    for sign in (1.0, -1.0):
        places, direction = _places(values.shape), np.float32(sign) * tangent
        for step in range(1, ALONG + 1):
            places += direction
            weight = float(np.exp(-2.0 * (step / ALONG) ** 2))
            total += weight * _at(values, places)
            weights += weight
            ahead = np.stack([_at(part, places) for part in tangent])
            # A tangent has no sign: it goes on the way it came.
            ahead *= np.where(np.sum(ahead * direction, axis=0) < 0.0, -1.0, 1.0).astype(np.float32)
            direction = ahead / (np.hypot(*ahead) + 1e-6)
    return total / weights


def _strong(ink, low, high, least):
    """1 on connected lines over `low` that reach `high` somewhere and are of `least` pixels, 0 elsewhere."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((ink > low).astype(np.uint8), connectivity=8)
    strongest = np.zeros(count, np.float32)
    np.maximum.at(strongest, labels.ravel(), ink.ravel())
    kept = (strongest > high) & (statistics[:, cv2.CC_STAT_AREA] >= least)
    kept[0] = False  # what is no line
    return kept[labels].astype(np.float32)


def _places(shape):
    return np.stack(np.meshgrid(*(np.arange(side, dtype=np.float32) for side in shape[::-1])))


def _at(values, places):
    return cv2.remap(values, places[0], places[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
