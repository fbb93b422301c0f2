"""What runs styles, by what it can be asked: a backend runs the network on batches, an engine on any picture."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

# {normalisation: (mean, variance)}, float32 per channel.
Statistics = dict[str, tuple[np.ndarray, np.ndarray]]


class Backend(Protocol):
    """A generator on some library: uint8 (batch, height, width, 3) in and out, sides multiples of `multiple`.

    reach: how many pixels away an output pixel still depends on the photo, normalisation aside. pixel_bytes: memory
    that it needs for each pixel. normalised: whether there is anything to measure.
    """

    multiple: int
    reach: int
    pixel_bytes: float
    normalised: bool

    def whole(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures, every one normalised by its own statistics."""

    def measure(self, pictures: np.ndarray) -> Statistics:
        """Statistics over all these pictures; {} where there is nothing to measure."""

    def apply(self, pictures: np.ndarray, statistics: Statistics) -> np.ndarray:
        """Pictures normalised by statistics such as `measure` returns."""


class Engine(Protocol):
    """A style ready for pictures of any size, uint8 (height, width, 3)."""

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """A photo's picture in this style, of exactly the same shape."""

    def measure(self, pictures: Sequence[np.ndarray]) -> Statistics:
        """Statistics for `apply` of pictures of one shape, all together; {} if the network needs none."""

    def apply(self, rgb: np.ndarray, statistics: Statistics) -> np.ndarray:
        """That of a film's frame, normalised by the given statistics of its shot, and with less care than a photo's
        where that is quicker.
        """
