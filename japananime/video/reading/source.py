"""Films read for being made anew: every frame with its exact time, upright, in its true colours, none left out.

The dataset tools look at films through `reading`; here nothing may be lost on the way.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from japananime.base.errors import UserError
from japananime.video import bounds
from japananime.video.color_marks import Colors
from japananime.video.frames import WHOLE, Span, TimedFrame
from japananime.video.reading import containers, decoding, frame_colors, hdr
from japananime.video.reading.decoding import Decoded
from japananime.video.reading.recordings import Clock, find_offsets
from japananime.video.reading.tracks import Tracks

PROBED = 4  # frames looked at to tell what a film is like
# Containers that count milliseconds cannot hold the times of 24000/1001 frames per second.
COARSE = Fraction(1, 1000)


@dataclass(frozen=True)
class FilmSource:
    """A Source in a film's file. stream: number of the one with the pictures. coded: how its numbers mean colours.

    origin: seconds at which the container's clock starts, taken off all times. offsets: of the recordings that it is
    joined of, see `recordings`. loaded_at: (width, height) of what its frames give, None for its own. memory: bytes
    that its pictures may take, as `containers.open_container` has it.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    seconds: float | None
    coded: Colors
    colors: Colors
    stretch: Fraction
    alpha: bool
    interlaced: bool
    stream: int
    tracks: tuple[int, ...]
    origin: Fraction
    begin: Fraction
    end: Fraction | None
    offsets: tuple[Fraction, ...] = (Fraction(0),)
    loop: int | None = 0  # as an animation, it is shown for ever
    loaded_at: tuple[int, int] | None = None
    memory: int | None = None

    @property
    def frame_count(self) -> int | None:
        """How many, about; or None."""
        return round(self.seconds * self.rate) if self.seconds else None

    def open_tracks(self) -> Tracks:
        """Its sound and subtitles, with all that is said about the film."""
        return Tracks(self.path, self.tracks, self.origin, self.offsets)

    def frames(self, span: Span = WHOLE, *, exact: bool = False) -> Iterator[TimedFrame]:
        """Every frame within a span; damaged ones come too, marked broken, as far as they can be told."""
        with containers.open_container(self.path, self.memory) as container:
            stream = container.streams[self.stream]
            # Threads that work on a frame each swallow what they complain of, and with it the frames that are lost.
            stream.thread_type = "SLICE"
            if span.start and len(self.offsets) == 1:
                early = max(
                    0, int((span.start - containers.SEEK_EARLY + self.origin) / containers.time_base_of(stream))
                )
                with contextlib.suppress(av.error.FFmpegError):  # then it is read from the beginning
                    container.seek(early, stream=stream)
            snap = self._grid() if exact and not span.start else None
            number, previous, good = 0, None, None
            decoded = decoding.decoded(container, stream, self.alpha, Clock(self.offsets))
            for time, duration, image in self._timed(decoded):
                # A frame is in the span if it is on the screen at some moment of it.
                if time + duration <= span.start:
                    previous = image or previous
                    continue
                if span.end is not None and time >= span.end:
                    break
                broken = image is None or bool(image.is_corrupt)
                if broken:
                    image = previous or image
                if image is None:
                    continue  # the film begins with what cannot be decoded
                good = number if not broken or good is None else good
                time = snap(time) if snap else time
                load = functools.partial(frame_colors.to_picture, image, self.coded, self.alpha, self.loaded_at)
                small = functools.partial(frame_colors.thumbnail, image, self.coded)
                yield TimedFrame(number, time, duration, load, small, broken, good)
                number, previous = number + 1, image

    def _grid(self) -> Callable[[Fraction], Fraction] | None:
        """A function that puts a rounded time where its frame belongs, or None where that cannot be told."""
        if self.time_base != COARSE:
            return None
        first: Fraction | None = None

        def snap(time: Fraction) -> Fraction:
            nonlocal first
            first = time if first is None else first
            there = first + round((time - first) * self.rate) / self.rate
            return there if abs(there - time) <= COARSE else time

        return snap

    def _timed(self, frames: Iterable[Decoded]) -> Iterator[tuple[Fraction, Fraction, av.VideoFrame | None]]:
        """(time in seconds, duration, image or None), times always growing; a frame is shown until the next one."""
        usual = 1 / self.rate
        waiting: tuple[Fraction, Fraction, av.VideoFrame | None] | None = None
        longest = usual
        for frame in decoding.deinterlaced(frames) if self.interlaced else frames:
            last = waiting and waiting[0]
            if frame.stamp is None:
                time = last + usual if last is not None else Fraction(0)
            else:
                time = frame.stamp * self.time_base - self.origin
                if last is not None and time <= last:
                    time = last + self.time_base
            duration = frame.ticks * self.time_base if frame.ticks else usual
            if waiting:
                yield waiting[0], time - waiting[0], waiting[2]
                longest = max(longest, time - waiting[0])
            longest = max(longest, duration)
            waiting = time, duration, frame.image
        if waiting:
            time, duration, image = waiting
            # What a container says of the last frame's duration may be that of another, if frames are reordered in it.
            # An end that is further away than any frame lasts is that of something else, or of a film that is cut off.
            rest = self.end - time if self.end is not None else duration
            yield time, rest if 0 < rest <= longest + 2 * self.time_base else duration, image


def open_film(path: Path | str, memory: int | None = None) -> FilmSource:
    """The Source in a film's file; raises UserError with the reason where there is none.

    memory: bytes that its pictures may take, as `containers.open_container` has it.
    """
    with containers.open_container(path, memory) as container:
        stream = containers.main_stream(container)
        alpha = stream.metadata.get("alpha_mode") == "1" and stream.codec_context.name in decoding.DECODERS_OF_ALPHA
        unmoved = Clock((Fraction(0),))
        decoded = decoding.decoded(container, stream, alpha, unmoved)
        images = [frame.image for frame in islice(decoded, PROBED) if frame.image]
        if not images:
            raise UserError(f"{path}: not one frame can be decoded")
        image = images[0]
        coded = frame_colors.colors_of(image)
        if hdr.name(coded):
            bounds.check(path, image.width, image.height, memory, bounds.PIXEL + bounds.TONE_MAPPED)
        sideways = round(image.rotation / 90) % 2
        stretch = stream.sample_aspect_ratio or Fraction(1)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        origin = _origin(container, stream)
        with containers.open_container(path) as again:
            offsets = find_offsets(again, containers.main_stream(again), 1 / rate)
        alone = len(offsets) == 1
        return FilmSource(
            path=Path(path),
            width=image.height if sideways else image.width,
            height=image.width if sideways else image.height,
            rate=rate,
            time_base=containers.time_base_of(stream),
            seconds=containers.seconds_of(container, stream),
            coded=coded,
            colors=hdr.WRITTEN if hdr.name(coded) else coded,
            stretch=1 / stretch if sideways else stretch,
            alpha=alpha or any(component.is_alpha for component in image.format.components),
            interlaced=any(image.interlaced_frame for image in images),
            stream=stream.index,
            tracks=tuple(other.index for other in container.streams if other.type in ("audio", "subtitle")),
            origin=origin,
            begin=(stream.start_time or 0) * containers.time_base_of(stream) - origin,
            end=_end(stream, origin) if alone else None,
            offsets=offsets,
            memory=memory,
        )


def _origin(container: InputContainer, stream: VideoStream) -> Fraction:
    """Seconds at which the clock starts, in whole ticks; some containers' clocks mean what they say."""
    if {"mov", "mp4", "matroska", "webm"} & set(container.format.name.split(",")):
        return Fraction(0)
    origin = Fraction(max(container.start_time or 0, 0), av.time_base)
    tick = containers.time_base_of(stream)
    return int(origin / tick) * tick


def _end(stream: VideoStream, origin: Fraction) -> Fraction | None:
    """When the last frame is over, in seconds, where the container says so."""
    if not stream.duration:
        return _told_end(stream.metadata.get("DURATION", ""), origin)
    return ((stream.start_time or 0) + stream.duration) * containers.time_base_of(stream) - origin


def _told_end(text: str, origin: Fraction) -> Fraction | None:
    """The same in Matroska, by its remark on a track, such as 00:00:04.040000000."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+\.\d+)", text)
    return (int(match[1]) * 3600 + int(match[2]) * 60 + Fraction(match[3])) - origin if match else None
