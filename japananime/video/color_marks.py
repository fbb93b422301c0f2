"""What a film says of its colours, in the numbers of ITU-T H.273."""

from dataclasses import dataclass


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
