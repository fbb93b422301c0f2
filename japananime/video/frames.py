"""A moving picture as timed frames: what films, animations and folders of frames have in common.

A Source gives the frames, a Sink takes what is made of them. `video.opening` chooses the right ones for a path.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from japananime.image.files import Picture
from japananime.video.color_marks import Colors
from japananime.video.reading.frame_colors import THUMBNAIL_SIDE
from japananime.video.reading.tracks import Tracks


@dataclass(frozen=True)
class TimedFrame:
    """One frame of a moving picture, not yet unpacked.

    number: from 0 on, in the order shown. time, duration: in seconds, exactly. load: gives the Picture.
    load_thumbnail: a quicker way to uint8 (about THUMBNAIL_SIDE, about THUMBNAIL_SIDE, 3), or None. broken: it could
    not be read, and `load` gives the last one that could, which has the number `repeats`, or what is left of it.
    """

    number: int
    time: Fraction
    duration: Fraction
    load: Callable[[], Picture]
    load_thumbnail: Callable[[], np.ndarray] | None = None
    broken: bool = False
    repeats: int | None = None

    @property
    def shown(self) -> int:
        """Number of the frame whose picture this one has: its own, or an earlier one's if it is broken."""
        return self.number if self.repeats is None else self.repeats

    def thumbnail(self) -> np.ndarray:
        """uint8 (height, width, 3) of about THUMBNAIL_SIDE pixels a side, to compare frames by."""
        if self.load_thumbnail:
            return self.load_thumbnail()
        return thumbnail(self.load().rgb)


def thumbnail(rgb: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) -> some of its pixels, about THUMBNAIL_SIDE a side, to compare frames by."""
    step = max(1, min(rgb.shape[:2]) // THUMBNAIL_SIDE)
    return rgb[::step, ::step]


@dataclass(frozen=True)
class Span:
    """A part of a moving picture, in seconds; end: None for all that follows."""

    start: Fraction = Fraction(0)
    end: Fraction | None = None


WHOLE = Span()


class Source(Protocol):
    """A moving picture that can be read, as often as needed.

    width, height: of the upright picture. rate: frames per second, about. time_base: of which all times are multiples,
    if they can be. colors: how numbers mean colours. stretch: width of a pixel to its height. alpha: whether it has
    transparency. tracks: numbers of the audio and subtitle streams. loop: how often an animation is shown, 0 for ever,
    None once. begin: when the first frame is shown. end: when the last one is over, where the container says so.
    """

    @property
    def path(self) -> Path: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def rate(self) -> Fraction: ...
    @property
    def time_base(self) -> Fraction: ...
    @property
    def colors(self) -> Colors: ...
    @property
    def stretch(self) -> Fraction: ...
    @property
    def alpha(self) -> bool: ...
    @property
    def tracks(self) -> tuple[int, ...]: ...
    @property
    def loop(self) -> int | None: ...
    @property
    def begin(self) -> Fraction: ...
    @property
    def end(self) -> Fraction | None: ...

    def open_tracks(self) -> Tracks | None:
        """Its sound and subtitles with all that is said about it, to be copied as they are; None if it has no such."""

    @property
    def seconds(self) -> float | None:
        """How long it takes, about; or None."""

    @property
    def frame_count(self) -> int | None:
        """How many frames it has, about; or None."""

    def frames(self, span: Span = WHOLE, *, exact: bool = False) -> Iterator[TimedFrame]:
        """Every frame that is on the screen within a span; broken ones come too, and say so.

        exact: put times that the container has rounded back on the grid of its frame rate.
        """


class FrameWriter(Protocol):
    """Takes the frames of a moving picture, in order."""

    @property
    def done(self) -> int:
        """So many frames need not be made any more: they are safe, or made elsewhere."""

    def write(self, frame: TimedFrame, picture: Picture) -> None:
        """Add the picture made of a frame; the first `done` frames are passed over."""


class Sink(FrameWriter, Protocol):
    """A FrameWriter that makes a file or a folder; `done` is known inside of `with`. A context manager.

    exact: it has room for exact times. divisible: several processes can write parts of it, and join them.
    """

    exact: bool
    divisible: bool

    @property
    def frame_bytes(self) -> float:
        """Bytes that a frame takes on the disk, about, until all is finished."""

    def remarks(self) -> Iterator[str]:
        """What cannot be kept, or may surprise, in sentences."""

    def rehearse(self) -> None:
        """Try what could fail later; raises UserError."""

    def close(self) -> None:
        """Make safe what there is so far."""

    def finish(self) -> None:
        """Put the finished whole in its place."""

    def __enter__(self) -> "Sink": ...

    def __exit__(self, *error: object) -> None: ...


def middle(source: Source, seconds: float) -> Span:
    """So many seconds from the middle of a moving picture."""
    length = Fraction(seconds).limit_denominator(1000)
    start = max(Fraction(0), (Fraction(source.seconds or 0) - length) / 2).limit_denominator(1000)
    return Span(source.begin + start, source.begin + start + length)
