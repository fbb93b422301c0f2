"""Films as frames, by PyAV: any container and codec that FFmpeg reads, with number, time, rotation and pixel shape."""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from japananime.base.errors import UserError
from japananime.base.files import refuse_other_kinds, walk
from japananime.video import bounds, frame_colors, hdr

EXTENSIONS = (
    *(".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts"),
    *(".vob", ".wmv", ".flv", ".ogv", ".3gp", ".rm", ".rmvb"),
)
# Samples of the frame from which black bars are told, and the gray level under which a row or column counts as black.
SAMPLES = 16
BLACK = 24
SEEK_EARLY = 3  # seconds
# What FFmpeg may take a file for, whatever it is called: films that are all in one file. Its readers of playlists
# (ffconcat, HLS, DASH, SDP and others) would open other files, or ask other machines.
DEMUXERS = (
    *("mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts", "mpegvideo", "ogg", "rm", "nut", "mxf", "dv", "wtv"),
    *("h264", "hevc", "m4v", "mjpeg", "ivf", "obu", "yuv4mpegpipe", "mp3", "wav"),  # the last to say: sound alone
)


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


def find(folder: Path | str) -> list[Path]:
    """The films in a folder and below that `base.files.walk` finds, by their extensions."""
    return [path for path in walk(folder) if path.suffix.lower() in EXTENSIONS]


def open_film(path: Path | str) -> Film:
    """What is in a file: a Film; raises UserError with the reason where there is no film in it."""
    with open_container(path) as container:
        stream = main_stream(container)
        try:
            next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration):
            raise UserError(f"{path}: not one frame can be decoded") from None
        seconds = seconds_of(container, stream)
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
    with open_container(path) as container:
        stream = main_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        ratio = stream.sample_aspect_ratio
        stretch = float(ratio) if ratio else 1.0
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        start = (stream.start_time or 0) * time_base_of(stream)
        number = 1
        decoded = _decode(container, stream, path, warn)
        if after:
            decoded, number = _seek(container, stream, decoded, after), after.number
        time = 0.0
        for image in decoded:
            time = float(image.pts * time_base_of(stream) - start) if image.pts is not None else (number - 1) / rate
            yield Frame(number, time, image.pts, image, stretch)
            number += 1
        expected = seconds_of(container, stream)
        if expected and time + 2 < 0.98 * expected:
            warn(f"{path}: ends after {time:.0f} of {expected:.0f} seconds; it was cut off")


def sample(path: Path | str, count: int = SAMPLES) -> Iterator[np.ndarray]:
    """At most `count` frames spread over a film, found by seeking: yields uint8 (height, width, 3), as Frame.rgb."""
    size = None
    places: set[int | None] = set()
    with open_container(path) as container:
        stream = main_stream(container)
        seconds = seconds_of(container, stream)
        ratio = stream.sample_aspect_ratio
        for part in range(count):
            try:
                if seconds:
                    offset = int(seconds * (part + 0.5) / count / time_base_of(stream)) + (stream.start_time or 0)
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


def inside_bars(pictures: Iterable[np.ndarray]) -> tuple[int, int, int, int] | None:
    """The part of the picture inside black bars: (top, bottom, left, right), or None where there are none.

    pictures: uint8 (height, width, 3) of one size and one film. A row or column is part of a bar if it is black in all
    of them: a night scene makes no bars as long as there is some light in the others.
    """
    pictures = iter(pictures)
    first = next(pictures, None)
    if first is None:
        return None
    brightest = functools.reduce(np.maximum, pictures, first).max(axis=2)
    height, width = brightest.shape
    # Single bright pixels are noise of the compression.
    top, bottom = _extent(np.quantile(brightest, 0.98, axis=1) > BLACK)
    left, right = _extent(np.quantile(brightest, 0.98, axis=0) > BLACK)
    if bottom - top < height // 3 or right - left < width // 3 or (bottom - top, right - left) == (height, width):
        return None
    # Compression smears the picture's edge over the bar's last pixels.
    return (
        top and top + 2,
        bottom - 2 * (bottom < height),
        left and left + 2,
        right - 2 * (right < width),
    )


def _extent(bright: np.ndarray) -> tuple[int, int]:
    places = np.flatnonzero(bright)
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)


def open_container(path: Path | str, memory: int | None = None) -> InputContainer:
    """A file opened by PyAV, in which `main_stream` finds one; raises UserError with the reason.

    memory: bytes that its pictures may take; half of what is free if not given.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file")
    refuse_other_kinds(path)
    if path.is_file() and path.stat().st_size == 0:
        raise UserError(f"{path}: an empty file")
    try:
        # FFmpeg reads a colon or a percent sign in a name as a protocol or a pattern; an absolute path is never either.
        container = av.open(
            f"file:{path.resolve()}",
            metadata_errors="replace",
            options={"format_whitelist": ",".join(DEMUXERS), "protocol_whitelist": "file"},
        )
    except (av.error.InvalidDataError, av.error.DemuxerNotFoundError):
        raise UserError(f"{path}: not a film that FFmpeg can read, or cut off before its index") from None
    except av.error.ArgumentError:
        raise UserError(f"{path}: not a film of a kind that is read") from None
    except av.error.EOFError:
        raise UserError(f"{path}: ends before its first frame") from None
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    if lacking := _lacking(container):
        container.close()
        raise UserError(f"{path}: {lacking}")
    context = main_stream(container).codec_context
    try:
        bounds.check(path, context.width, context.height, memory)
        bounds.limit(context, memory)
    except UserError:
        container.close()
        raise
    return container


def _lacking(container: InputContainer) -> str:
    """Why there are no moving pictures to be had from a container; "" if there are."""
    videos = container.streams.video
    if not videos:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        return f"has no pictures in it, only {kinds}"
    moving = [stream for stream in videos if not is_cover(stream)]
    if not moving:
        return "has no moving pictures in it, only a cover"
    if not any(stream.codec_context for stream in moving):
        return "its pictures are in a codec that there is no decoder for here"
    return ""


def main_stream(container: InputContainer) -> VideoStream:
    """The first stream of moving pictures that can be decoded, in a container from `open_container`."""
    return next(stream for stream in container.streams.video if stream.codec_context and not is_cover(stream))


def time_base_of(stream: VideoStream) -> Fraction:
    """Seconds of a tick of the stream's clock."""
    return stream.time_base or Fraction(1, av.time_base)


def is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


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
    early = max(stamp - int(SEEK_EARLY / time_base_of(stream)), stream.start_time or 0)
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


def seconds_of(container: InputContainer, stream: VideoStream) -> float | None:
    """How long a film takes, about, or None where its header does not say."""
    if stream.duration:
        return float(stream.duration * time_base_of(stream))
    if not container.duration:
        return None
    # Matroska counts from 0, also where the film begins later.
    late = max(container.start_time or 0, 0) if "matroska" in container.format.name else 0
    return (container.duration - late) / av.time_base
