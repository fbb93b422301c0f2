"""Films as frames, by PyAV: any container and codec that FFmpeg reads, with number, time, rotation and pixel shape."""

import functools
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from japananime.base.errors import UserError
from japananime.base.files import refuse_other_kinds, walk

EXTENSIONS = (
    *(".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts"),
    *(".vob", ".wmv", ".flv", ".ogv", ".3gp", ".rm", ".rmvb"),
)
# Samples of the frame from which black bars are told, and the gray level under which a row or column counts as black.
SAMPLES = 16
BLACK = 24
SEEK_EARLY = 3  # seconds
_threads = threading.local()


@dataclass(frozen=True)
class Film:
    """What a film's header says. frames: how many, about, or None; rate: about, in frames per second."""

    path: Path
    width: int
    height: int
    seconds: float | None
    rate: float

    @property
    def frames(self):
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

    def bgr(self, width=None):
        """uint8 (height, width, 3), blue first, as it lies in the film; `width` asks for a smaller copy."""
        height = width and max(1, round(self.image.height * width / self.image.width))
        return reformatter().reformat(self.image, width, height, "bgr24", threads=1).to_ndarray()

    def rgb(self):
        """uint8 (height, width, 3), turned upright and with square pixels, as a player would show it."""
        width = round(self.image.width * self.stretch) if self.stretch != 1 else None
        height = self.image.height if width else None
        pixels = reformatter().reformat(self.image, width, height, "rgb24", threads=1).to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, round(self.image.rotation / 90)))


def find(folder):
    """The films in a folder and below that `base.files.walk` finds, by their extensions."""
    return [path for path in walk(folder) if path.suffix.lower() in EXTENSIONS]


def open_film(path):
    """What is in a file: a Film; raises UserError with the reason where there is no film in it."""
    with open_container(path) as container:
        stream = container.streams.video[0]
        try:
            next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration):
            raise UserError(f"{path}: not one frame can be decoded") from None
        seconds = _seconds(container, stream)
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        return Film(Path(path), stream.codec_context.width, stream.codec_context.height, seconds, rate)


def frames(path, *, after=None, threads=0, warn=print):
    """Every frame of a film, one at a time, in the order shown.

    after: number and stamp of a frame to go on from: that one is yielded first; raises LookupError where the container
    cannot be searched for it. threads: for decoding, 0 as many as there are cores. warn: called with a sentence where
    the film is damaged or cut off; the frames up to there have been yielded then.
    """
    with open_container(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
        ratio = stream.sample_aspect_ratio
        stretch = float(ratio) if ratio else 1.0
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        start = (stream.start_time or 0) * stream.time_base
        number = 1
        decoded = _decode(container, stream, path, warn)
        if after:
            decoded, number = _seek(container, stream, decoded, after), after.number
        time = 0.0
        for image in decoded:
            time = float(image.pts * stream.time_base - start) if image.pts is not None else (number - 1) / rate
            yield Frame(number, time, image.pts, image, stretch)
            number += 1
        expected = _seconds(container, stream)
        if expected and time + 2 < 0.98 * expected:
            warn(f"{path}: ends after {time:.0f} of {expected:.0f} seconds; it was cut off")


def sample(path, count=SAMPLES):
    """At most `count` frames spread over a film, found by seeking: yields uint8 (height, width, 3), as Frame.rgb."""
    size, places = None, set()
    with open_container(path) as container:
        stream = container.streams.video[0]
        seconds = _seconds(container, stream)
        ratio = stream.sample_aspect_ratio
        for part in range(count):
            try:
                if seconds:
                    offset = int(seconds * (part + 0.5) / count / stream.time_base) + (stream.start_time or 0)
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


def inside_bars(pictures):
    """The part of the picture inside black bars: (top, bottom, left, right), or None where there are none.

    pictures: uint8 (height, width, 3) of one size and one film. A row or column is part of a bar if it is black in all
    of them: a night scene makes no bars as long as there is some light in the others.
    """
    brightest = functools.reduce(lambda one, other: other if one is None else np.maximum(one, other), pictures, None)
    if brightest is None:
        return None
    brightest = brightest.max(axis=2)
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


def _extent(bright):
    places = np.flatnonzero(bright)
    return (int(places[0]), int(places[-1]) + 1) if places.size else (0, 0)


def open_container(path):
    """A file opened by PyAV, with at least one video stream in it; raises UserError with the reason."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file")
    refuse_other_kinds(path)
    if path.is_file() and path.stat().st_size == 0:
        raise UserError(f"{path}: an empty file")
    try:
        # FFmpeg reads a colon or a percent sign in a name as a protocol or a pattern; an absolute path is never either.
        container = av.open(f"file:{path.resolve()}", metadata_errors="replace")
    except (av.error.InvalidDataError, av.error.DemuxerNotFoundError):
        raise UserError(f"{path}: not a film that FFmpeg can read, or cut off before its index") from None
    except av.error.EOFError:
        raise UserError(f"{path}: ends before its first frame") from None
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    if not container.streams.video:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        container.close()
        raise UserError(f"{path}: has no pictures in it, only {kinds}")
    return container


def _decode(container, stream, path, warn):
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


def _seek(container, stream, decoded, after):
    """The decoded images from frame `after` on."""
    if after.stamp is None:
        raise LookupError(after.number)
    # Some containers find a place only roughly, so it is looked for from a little before.
    early = max(after.stamp - int(SEEK_EARLY / stream.time_base), stream.start_time or 0)
    try:
        container.seek(early, stream=stream)
    except av.error.FFmpegError as error:
        raise LookupError(after.number) from error

    def rest():
        for image in decoded:
            if image.pts is None or image.pts > after.stamp:
                raise LookupError(after.number)
            if image.pts == after.stamp:
                yield image
                break
        yield from decoded

    return rest()


def _seconds(container, stream):
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def reformatter():
    """FFmpeg's converter of this thread: making one costs more than using it."""
    if not hasattr(_threads, "reformatter"):
        _threads.reformatter = VideoReformatter()
    return _threads.reformatter
