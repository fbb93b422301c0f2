"""Films as the tools of datasets look at them: frames with number, time, rotation and pixel shape."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from japananime.base.errors import UserError
from japananime.video.reading import containers, frame_colors, hdr

# Of a film, spread over it.
SAMPLES = 16


@dataclass(frozen=True)
class Film:
    """What a film's header says. frames: how many, about, or None; rate: about, in frames per second."""

    path: Path
    width: int
    height: int
    seconds: float | None
    rate: float

    @property
    def frames(self) -> int | None:
        """How many, about; or None."""
        return round(self.seconds * self.rate) if self.seconds else None


@dataclass(frozen=True)
class Frame:
    """A decoded frame. number: from 1 on, in the order shown; time: seconds from the film's beginning.

    stamp: the container's own time of it, or None; stretch: width of a pixel to its height.
    """

    number: int
    time: float
    stamp: int | None
    image: av.VideoFrame
    stretch: float

    def bgr(self, width: int | None = None) -> np.ndarray:
        """uint8 (height, width, 3), blue first, as it lies in the film; `width` asks for a smaller copy."""
        height = max(1, round(self.image.height * width / self.image.width)) if width else None
        return self._pixels("bgr24", width, height)

    def rgb(self) -> np.ndarray:
        """uint8 (height, width, 3), turned upright and with square pixels, as a player would show it."""
        width = round(self.image.width * self.stretch) if self.stretch != 1 else None
        height = self.image.height if width else None
        pixels = self._pixels("rgb24", width, height)
        return np.ascontiguousarray(np.rot90(pixels, round(self.image.rotation / 90)))

    def _pixels(self, order: str, width: int | None, height: int | None) -> np.ndarray:
        """uint8 (height, width, 3) in the order of rgb24 or bgr24, tone-mapped if it has to be."""
        colors = frame_colors.colors_of(self.image)
        if hdr.name(colors):
            rgb = frame_colors.to_rgb(self.image, colors, width, height)
            return rgb if order == "rgb24" else np.ascontiguousarray(rgb[..., ::-1])
        return frame_colors.reformatter().reformat(self.image, width, height, order, threads=1).to_ndarray()


def open_film(path: Path | str) -> Film:
    """What is in a file: a Film; raises UserError with the reason where there is no film in it."""
    with containers.open_container(path) as container:
        stream = containers.main_stream(container)
        try:
            next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration):
            raise UserError(f"{path}: not one frame can be decoded") from None
        seconds = containers.seconds_of(container, stream)
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        return Film(Path(path), stream.codec_context.width, stream.codec_context.height, seconds, rate)


def frames(
    path: Path | str, *, after: Frame | None = None, threads: int = 0, warn: Callable[[str], object] = print
) -> Iterator[Frame]:
    """Every frame of a film, one at a time, in the order shown.

    after: number and stamp of a frame to go on from: that one is yielded first; raises LookupError where the container
    cannot be searched for it. threads: for decoding, 0 as many as there are cores. warn: called with a sentence where
    the film is damaged or cut off; the frames up to there have been yielded then.
    """
    with containers.open_container(path) as container:
        stream = containers.main_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        ratio = stream.sample_aspect_ratio
        stretch = float(ratio) if ratio else 1.0
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        base = containers.time_base_of(stream)
        start = (stream.start_time or 0) * base
        number = 1
        decoded = _decode(container, stream, path, warn)
        if after:
            decoded, number = _seek(container, stream, decoded, after), after.number
        time = 0.0
        for image in decoded:
            time = float(image.pts * base - start) if image.pts is not None else (number - 1) / rate
            yield Frame(number, time, image.pts, image, stretch)
            number += 1
        expected = containers.seconds_of(container, stream)
        if expected and time + 2 < 0.98 * expected:
            warn(f"{path}: ends after {time:.0f} of {expected:.0f} seconds; it was cut off")


def sample(path: Path | str, count: int = SAMPLES) -> Iterator[np.ndarray]:
    """At most `count` frames spread over a film, found by seeking: yields uint8 (height, width, 3), as Frame.rgb."""
    size = None
    places: set[int | None] = set()
    with containers.open_container(path) as container:
        stream = containers.main_stream(container)
        seconds, base = containers.seconds_of(container, stream), containers.time_base_of(stream)
        ratio = stream.sample_aspect_ratio
        for part in range(count):
            try:
                if seconds:
                    offset = int(seconds * (part + 0.5) / count / base) + (stream.start_time or 0)
                    container.seek(offset, stream=stream)
                packet = next(container.demux(stream))
                if packet.pts in places:
                    continue  # in a short film seeking ends at one key frame more than once
                places.add(packet.pts)
                image = next(itertools.chain(packet.decode(), container.decode(stream)))
            except (av.error.FFmpegError, StopIteration):
                continue  # what cannot be reached is not asked
            size = size or (image.width, image.height)
            if (image.width, image.height) == size:  # broadcasts may change it on the way
                yield Frame(0, 0.0, None, image, float(ratio) if ratio else 1.0).rgb()


def _decode(
    container: InputContainer, stream: VideoStream, path: Path | str, warn: Callable[[str], object]
) -> Iterator[av.VideoFrame]:
    """Decoded images; a damaged packet is passed over, and the end of what can be read is the end."""
    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError as error:
            warn(f"{path}: cannot be read to the end ({error.strerror})")
            break
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            damaged += 1
    if damaged:
        warn(f"{path}: {damaged} damaged pieces were passed over")


def _seek(
    container: InputContainer, stream: VideoStream, decoded: Iterator[av.VideoFrame], after: Frame
) -> Iterator[av.VideoFrame]:
    """The decoded images from frame `after` on."""
    if after.stamp is None:
        raise LookupError(after.number)
    # Some containers find a place only roughly, so it is looked for from a little before.
    stamp = after.stamp
    early = max(stamp - int(containers.SEEK_EARLY / containers.time_base_of(stream)), stream.start_time or 0)
    try:
        container.seek(early, stream=stream)
    except av.error.FFmpegError as error:
        raise LookupError(after.number) from error

    def rest() -> Iterator[av.VideoFrame]:
        for image in decoded:
            if image.pts is None or image.pts > stamp:
                raise LookupError(after.number)
            if image.pts == stamp:
                yield image
                break
        yield from decoded

    return rest()
