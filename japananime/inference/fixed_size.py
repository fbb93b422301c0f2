"""Styles that have learnt whole squares of one size, such as faces: squares are shown to the network at that size.

What such a network knows fills its picture. A portrait of another size would show it eyes as large as it knows faces.
"""

from collections.abc import Sequence

import numpy as np

from japananime.image.resize import resize
from japananime.inference.protocols import Engine, Statistics

# Sides that differ by more than this, as a share, make no square.
MOST_OBLONG = 1.1


class WholeSquares:
    """An engine around two: squares go through the network at the size of its training, all else as with other styles.

    size: the side in pixels.
    """

    def __init__(self, squares: Engine, others: Engine, size: int) -> None:
        self.squares, self.others, self.size = squares, others, size

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, uint8 of exactly the same shape."""
        if not is_square(*rgb.shape[:2]):
            return self.others(rgb)
        return resize(self.squares(self._at_its_size(rgb)), rgb.shape)

    def measure(self, pictures: Sequence[np.ndarray]) -> Statistics:
        """Statistics for `apply`, of pictures of one shape; {} if the network needs none."""
        if not is_square(*pictures[0].shape[:2]):
            return self.others.measure(pictures)
        return self.squares.measure([self._at_its_size(picture) for picture in pictures])

    def apply(self, rgb: np.ndarray, statistics: Statistics) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, normalised by given statistics."""
        if not is_square(*rgb.shape[:2]):
            return self.others.apply(rgb, statistics)
        return resize(self.squares.apply(self._at_its_size(rgb), statistics), rgb.shape)

    def _at_its_size(self, rgb: np.ndarray) -> np.ndarray:
        return resize(rgb, (self.size, self.size))


def is_square(height: int, width: int) -> bool:
    """Whether a picture is roughly a square: it can be made one and nobody sees it."""
    return max(height, width) <= MOST_OBLONG * min(height, width)
