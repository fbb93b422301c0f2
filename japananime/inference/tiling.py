"""A style applied to pictures in memory: exact size, any size, bounded memory; nothing of files.

Instance normalisation takes its statistics over the whole picture. Measured once, they turn the network into a purely
local one: then tiles with a halo of its reach fit together without a seam, and the frames of a film without flicker.
"""

import math
from collections.abc import Sequence

import numpy as np
import psutil

from japananime.inference.protocols import Backend, Statistics

# The network sees the picture continued by reflection this far beyond its borders, so that the zeros with which its
# convolutions pad leave no trace inside: a bundled style draws a line some 26 pixels from where they begin.
MARGIN = 32
# Widths in steps of the coarsest map's: with others the processor's convolutions take up to twice as long.
STEP, WIDE_STEP, WIDE = 8, 16, 256
# Below this the innermost maps are a few pixels wide and instance normalisation has nothing to measure.
LEAST_SIDE = 64
# Tiles that statistics are estimated from, where the whole is too large.
SAMPLE_SIDE = 256
# Pixels up to which a picture goes through a network without normalisation in one: enough for a film's frames in 1080p.
# Beyond it tiles are as quick, and where a picture is the first of its size two to three times as quick: the memory of
# a tile is got from the system once and used again.
LARGEST_WHOLE = 2_500_000
# Beyond this a larger tile saves little of the halo's work.
LARGEST_TILE = 1024


class TilingEngine:
    """A network ready for pictures of any size.

    max_memory: bytes it may use beside the pictures themselves; half of what the machine has free if not given.
    margin: how far pictures are continued by reflection at least, in pixels.
    """

    def __init__(self, network: Backend, max_memory: int | None = None, margin: int = MARGIN) -> None:
        self.network, self.margin = network, margin
        self.max_memory = max_memory or psutil.virtual_memory().available // 2

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, uint8 of exactly the same shape."""
        padded, inside = self._pad(rgb)
        if self._in_one(*padded.shape[:2]):
            return self.network.whole(padded[None])[0][inside]
        return self._apply(padded, self._estimate([padded]))[inside]

    def measure(self, pictures: Sequence[np.ndarray]) -> Statistics:
        """{normalisation: (mean, variance)} of pictures of one shape, uint8 (height, width, 3), all together.

        Exact where all of them fit in memory at once, else estimated from tiles all over them.
        """
        padded = [self._pad(picture)[0] for picture in pictures]
        if self._fits(sum(picture.shape[0] * picture.shape[1] for picture in padded)):
            return self.network.measure(np.stack(padded))
        return self._estimate(padded)

    def apply(self, rgb: np.ndarray, statistics: Statistics) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, normalised by given statistics."""
        padded, inside = self._pad(rgb)
        return self._apply(padded, statistics)[inside]

    def _pad(self, rgb: np.ndarray) -> tuple[np.ndarray, tuple[slice, slice]]:
        """The picture continued by reflection, and where it lies in that."""
        height, width = rgb.shape[:2]
        multiple = self.network.multiple
        step = multiple * (WIDE_STEP if width > WIDE * multiple else STEP)
        (top, bottom), (left, right) = margins = self._margins(height, multiple), self._margins(width, step)
        inside = (slice(top, top + height), slice(left, left + width))
        return np.pad(rgb, (*margins, (0, 0)), mode="reflect"), inside

    def _margins(self, side: int, step: int) -> tuple[int, int]:
        wanted = max(side + 2 * self.margin, LEAST_SIDE)
        extra = -(-wanted // step) * step - side
        return extra // 2, extra - extra // 2

    def _fits(self, pixels: int) -> bool:
        return pixels * self.network.pixel_bytes <= self.max_memory

    def _in_one(self, height: int, width: int) -> bool:
        """Whether a picture goes through the network whole: memory allows it, and it is small or normalised over."""
        small = height * width <= LARGEST_WHOLE
        return (small or self.network.normalised) and self._fits(height * width)

    def _apply(self, padded: np.ndarray, statistics: Statistics) -> np.ndarray:
        height, width = padded.shape[:2]
        window = max(height, width) if self._in_one(height, width) else self._window()
        multiple = self.network.multiple
        rows = spans(height, window, self._halo(), multiple)
        columns = spans(width, window, self._halo(), STEP * multiple)
        picture = np.empty_like(padded)
        for top, tall, keep_rows in rows:
            for left, wide, keep_columns in columns:
                tile = padded[top : top + tall, left : left + wide]
                drawn = self.network.apply(tile[None], statistics)[0]
                picture[keep_rows, keep_columns] = drawn[shift(keep_rows, -top), shift(keep_columns, -left)]
        return picture

    def _halo(self) -> int:
        multiple = self.network.multiple
        return -(-self.network.reach // multiple) * multiple

    def _window(self) -> int:
        """Side of the tiles: what memory allows, but no less than leaves half of a tile to use."""
        step = STEP * self.network.multiple
        side = int((self.max_memory / self.network.pixel_bytes) ** 0.5)
        side = min(max(side, 4 * self._halo(), SAMPLE_SIDE), LARGEST_TILE + 2 * self._halo())
        return side // step * step

    def _estimate(self, pictures: Sequence[np.ndarray]) -> Statistics:
        """Statistics from full-size tiles spread evenly over the pictures: as many as memory allows at once."""
        if not self.network.normalised:
            return {}
        height, width = pictures[0].shape[:2]
        rows, columns = min(SAMPLE_SIDE, height), min(SAMPLE_SIDE, width)
        allowed = max(1, int(self.max_memory / (rows * columns * self.network.pixel_bytes)))
        chosen = pictures[:: -(-len(pictures) // allowed)]
        down, across = _grid(allowed // len(chosen), height / rows, width / columns)
        tiles = [
            picture[top : top + rows, left : left + columns]
            for picture in chosen
            for top in _places(height, rows, down, self.network.multiple)
            for left in _places(width, columns, across, self.network.multiple)
        ]
        return self.network.measure(np.stack(tiles))


def spans(length: int, largest: int, halo: int, step: int = 1) -> list[tuple[int, int, slice]]:
    """[(start, size, slice to keep)]: windows that cover a side, each kept where it is a halo away from its ends.

    All windows are of one size, a multiple of step: the least with which no more of them are needed than of the
    largest. At the ends of the side there is nothing beyond, and all is kept.
    """
    if length <= largest:
        return [(0, length, slice(0, length))]
    count = -(-(length - 2 * halo) // (largest - 2 * halo))
    window = -(-(length + 2 * halo * (count - 1)) // (count * step)) * step
    starts = [*(number * (window - 2 * halo) for number in range(count - 1)), length - window]
    cuts = [0, *((first + window + second) // 2 for first, second in zip(starts, starts[1:], strict=False)), length]
    return [(start, window, slice(*cuts[number : number + 2])) for number, start in enumerate(starts)]


def shift(span: slice, by: int) -> slice:
    """A slice moved along."""
    return slice(span.start + by, span.stop + by)


def _grid(count: int, height: float, width: float) -> tuple[int, int]:
    """(rows, columns): about `count` places over an area of so many places' height and width, none beside another."""
    rows = min(max(1, round((count * height / width) ** 0.5)), math.ceil(height))
    return rows, min(max(1, count // rows), math.ceil(width))


def _places(length: int, side: int, count: int, multiple: int) -> list[int]:
    """Starts of `count` windows, each in the middle of its share of the length."""
    share = length / count
    starts = (min(max(0, (number + 0.5) * share - side / 2), length - side) for number in range(count))
    return [int(start) // multiple * multiple for start in starts]
