"""Pictures drawn twice: small first, so that areas and lines are as broad as in a small one, then at full size.

A network sees the world in pixels. What it was trained to draw a line around is a few dozen pixels wide; in a photo of
twelve megapixels the same thing is several times as wide, and the network would find nothing to simplify. What has been
drawn once comes out of a second pass flatter and crisper. Light and colours would be changed twice, too, so they are
taken half from the first pass and half from the photo.
"""

from collections.abc import Sequence

import numpy as np

from japananime.image import tone_transfer
from japananime.image.resize import resize
from japananime.image.shock_filter import crispen
from japananime.inference.protocols import Engine, Statistics

# The short sides, in pixels, at which the shyest and the boldest pictures are drawn.
SHYEST, LEAST = 1080, 256
BOLDNESS = 0.5
# Photos that are not larger than what is drawn first are enlarged so many times for the second pass; edges are made
# crisp at this enlargement too. In those whose short side is less than a share of it, small things are few pixels: they
# are drawn once.
ENLARGED, SMALL = 2, 0.73


def drawn_at(boldness: float) -> int:
    """The short side at which a picture of a boldness from 0 to 1 is drawn first: each tenth is a like share less."""
    return round(SHYEST * (LEAST / SHYEST) ** boldness)


DRAWN_AT = drawn_at(BOLDNESS)


class TwoPasses:
    """An engine that draws pictures whose short side is over `drawn_at` pixels at that size, enlarges and draws again.

    Photos that are somewhat smaller are drawn as they are, and again enlarged; the smallest once. Frames of films
    (`apply`) have to be made quickly: smaller ones are drawn once, and edges are left as the network makes them.
    """

    def __init__(self, engine: Engine, drawn_at: float = DRAWN_AT) -> None:
        self.engine, self.drawn_at = engine, drawn_at

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, uint8 of exactly the same shape."""
        shrunk = self._shrink(rgb)
        small = rgb if shrunk is None else shrunk
        first = self.engine(small)
        if shrunk is None and min(rgb.shape[:2]) < SMALL * self.drawn_at:
            return first
        size = tuple(ENLARGED * side for side in small.shape[:2])
        if shrunk is None:
            drawn = resize(self.engine(crispen(resize(first, size))), rgb.shape)
        else:
            crisp = crispen(resize(first, min(size, rgb.shape[:2])))
            drawn = self.engine(resize(crisp, rgb.shape))
        return tone_transfer.keep(drawn, (first, small))

    def measure(self, pictures: Sequence[np.ndarray]) -> Statistics:
        """Statistics for `apply`, of pictures of one shape; {} if the network needs none."""
        small = [picture for picture in map(self._shrink, pictures) if picture is not None]
        if not small:
            return self.engine.measure(pictures)
        first = self.engine.measure(small)
        if not first:
            return {}
        drawn = [resize(self.engine.apply(picture, first), pictures[0].shape) for picture in small]
        return {**_marked("first", first), **_marked("second", self.engine.measure(drawn))}

    def apply(self, rgb: np.ndarray, statistics: Statistics) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture in this style, normalised by given statistics."""
        small = self._shrink(rgb)
        if small is None:
            return self.engine.apply(rgb, statistics)
        first = self.engine.apply(small, _of("first", statistics))
        drawn = self.engine.apply(resize(first, rgb.shape), _of("second", statistics))
        return tone_transfer.keep(drawn, (first, small))

    def _shrink(self, rgb: np.ndarray) -> np.ndarray | None:
        height, width = rgb.shape[:2]
        scale = self.drawn_at / min(height, width)
        return resize(rgb, (round(height * scale), round(width * scale))) if scale < 1 else None


def _marked(mark: str, statistics: Statistics) -> Statistics:
    return {f"{mark}/{name}": value for name, value in statistics.items()}


def _of(mark: str, statistics: Statistics) -> Statistics:
    return {name.removeprefix(f"{mark}/"): value for name, value in statistics.items() if name.startswith(f"{mark}/")}
