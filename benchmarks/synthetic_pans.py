"""Films of one photo each, along which a camera is moved, with the noise of a sensor: their motion is known exactly."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from japananime.evaluation.steadiness import Motion
from japananime.video import optical_flow

# Part of the photo's width and height that the camera sees at first.
SEEN = 0.8


@dataclass(frozen=True)
class Camera:
    """How it moves from frame to frame. right, down: in pixels. nearer: how much larger things become, 1 for a pan."""

    right: float = 0.0
    down: float = 0.0
    nearer: float = 1.0

    def window(self, number: int, size: tuple[int, int]) -> tuple[float, float, float]:
        """What frame `number` of (height, width) shows: (scale, column, row); its pixel p is at scale * p + place."""
        scale = self.nearer**-number
        height, width = size
        middle = (1 - scale) * (width - 1) / 2, (1 - scale) * (height - 1) / 2
        return scale, middle[0] + self.right * number, middle[1] + self.down * number

    def motion(self, number: int, size: tuple[int, int]) -> Motion:
        """The Motion from the frame before to frame `number`."""
        height, width = size
        (now, right, down), (before, right_before, down_before) = (self.window(n, size) for n in (number, number - 1))
        flow = np.empty((height, width, 2), np.float32)
        columns, rows = np.arange(width), np.arange(height)
        flow[..., 0] = (now * columns + right - right_before) / before - columns
        flow[..., 1] = ((now * rows + down - down_before) / before - rows)[:, None]
        return Motion(flow, optical_flow.inside(flow))


def frames(photo: np.ndarray, camera: Camera, size: tuple[int, int], count: int, noise: float) -> Iterator[np.ndarray]:
    """So many frames, uint8 (*size, 3), of a photo, uint8 (height, width, 3).

    The photo is made to fit `size` but for a border for the camera to go to. noise: standard deviation of what is
    added to every number, in levels; it is the same in every run.
    """
    height, width = size
    scale = max(height / photo.shape[0], width / photo.shape[1]) / SEEN
    photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    # A pan passes the middle half way; where it is longer than the border is broad, the photo goes on mirrored.
    middle = (photo.shape[1] - width) / 2, (photo.shape[0] - height) / 2
    chance = np.random.default_rng(0)
    for number in range(count):
        zoom, right, down = camera.window(number, size)
        right += middle[0] - camera.right * (count - 1) / 2
        down += middle[1] - camera.down * (count - 1) / 2
        shown = cv2.warpAffine(
            photo,
            np.array([[zoom, 0, right], [0, zoom, down]]),
            (width, height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        noisy = shown + chance.normal(0.0, noise, shown.shape)
        yield np.clip(np.round(noisy), 0, 255).astype(np.uint8)
