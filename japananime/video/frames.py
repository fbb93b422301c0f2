"""A moving picture as a row of moments, whatever it is kept in: a film, an animation, a folder of frames."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from japananime.image.files import Picture

SMALL = 64


@dataclass(frozen=True)
class Moment:
    """One picture of a moving one, not yet unpacked.

    number: from 0 on, in the order shown. time, duration: in seconds, exactly. load: gives the Picture. load_small:
    a quicker way to uint8 (about SMALL, about SMALL, 3), or None. broken: it could not be read, and `load` gives
    the last one that could, which has the number `shown`, or what is left of it.
    """

    number: int
    time: Fraction
    duration: Fraction
    load: Callable[[], Picture]
    load_small: Callable[[], np.ndarray] | None = None
    broken: bool = False
    repeats: int | None = None

    @property
    def shown(self):
        """Number of the moment whose picture this one has: its own, or one before if it is broken."""
        return self.number if self.repeats is None else self.repeats

    def small(self):
        """uint8 (height, width, 3) of at most about SMALL pixels a side, to compare moments by."""
        if self.load_small:
            return self.load_small()
        rgb = self.load().rgb
        step = max(1, min(rgb.shape[:2]) // SMALL)
        return rgb[::step, ::step]


@dataclass(frozen=True)
class Colors:
    """How a film's numbers mean colours, in the numbers of ITU-T H.273: what is written is marked as it was read.

    matrix: never unspecified. full: whether 0 is black and 255 white, instead of 16 and 235.
    """

    matrix: int = 1
    full: bool = False
    primaries: int = 2
    transfer: int = 2


# What has no such marks (pictures, and films in RGB) is written as most films are today.
SRGB = Colors(matrix=1, full=False, primaries=1, transfer=13)
