"""Films' files opened by PyAV, whatever container and codec FFmpeg reads, without opening anything else with them."""

from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from japananime.base.errors import UserError
from japananime.base.files import refuse_other_kinds, walk
from japananime.video import bounds

EXTENSIONS = (
    *(".mp4", ".mkv", ".avi", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts"),
    *(".vob", ".wmv", ".flv", ".ogv", ".3gp", ".rm", ".rmvb"),
)
SEEK_EARLY = 3  # seconds; some containers find a place only roughly
# What FFmpeg may take a file for, whatever it is called: films that are all in one file. Its readers of playlists
# (ffconcat, HLS, DASH, SDP and others) would open other files, or ask other machines.
DEMUXERS = (
    *("mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts", "mpegvideo", "ogg", "rm", "nut", "mxf", "dv", "wtv"),
    *("h264", "hevc", "m4v", "mjpeg", "ivf", "obu", "yuv4mpegpipe", "mp3", "wav"),  # the last to say: sound alone
)


def find(folder: Path | str) -> list[Path]:
    """The films in a folder and below that `base.files.walk` finds, by their extensions."""
    return [path for path in walk(folder) if path.suffix.lower() in EXTENSIONS]


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


def seconds_of(container: InputContainer, stream: VideoStream) -> float | None:
    """How long a film takes, about, or None where its header does not say."""
    if stream.duration:
        return float(stream.duration * time_base_of(stream))
    if not container.duration:
        return None
    # Matroska counts from 0, also where the film begins later.
    late = max(container.start_time or 0, 0) if "matroska" in container.format.name else 0
    return (container.duration - late) / av.time_base
