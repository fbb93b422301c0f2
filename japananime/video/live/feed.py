"""A live picture by PyAV: a camera, a screen, a stream or a film, read by a thread as fast as it comes."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from japananime.base.errors import UserError, reason
from japananime.image.resize import resize
from japananime.video import bounds
from japananime.video.live.inputs import CAMERA, SCREEN, TEST, Input
from japananime.video.live.mailbox import Mailbox
from japananime.video.reading import containers
from japananime.video.reading.frame_colors import colors_of, to_picture

# What an address may answer with, besides what a film's file may be. Playlists, which name other addresses, are not
# among it; `sdp` is how RTSP describes its own stream, and the protocols that go with it are bounded by the address.
STREAMED = ("rtsp", "rtp", "sdp", "mpjpeg", "live_flv")
SILENCE = 10.0  # seconds without a byte after which an address is given up
NOTHING_YET = 0.005  # seconds until a camera that had no picture ready is asked again
LAST_WAIT = 2.0  # seconds for the thread to come to its end


@dataclass(frozen=True)
class Arrival:
    """A picture as FFmpeg gives it, and when that was, by the clock."""

    image: av.VideoFrame
    time: float


class Feed:
    """An Input, opened. Raises UserError where it cannot be, or where not one picture comes.

    height, width: of the picture as it is shown: upright, with square pixels. rate: pictures a second, about.
    fault: None, or what was wrong where it broke off. A context manager.
    """

    def __init__(self, given: Input, clock: Callable[[], float] = time.monotonic) -> None:
        self.fault: str | None = None
        self._given, self._clock = given, clock
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._container = _open(given)
        try:
            self._stream = _pictures_of(self._container, given)
            self._images = self._decoded()
            image = next(self._images, None)
            if image is None:
                raise UserError(
                    f"{given.name}: not one picture comes of it ({self.fault or 'it ends before the first'})"
                )
            bounds.check(given.name, image.width, image.height, None)
        except BaseException:
            self._container.close()
            raise
        self._first = image
        self._stretch = float(self._stream.sample_aspect_ratio or 1)
        self.height, self.width = self._shown(image)
        self.rate = Fraction(self._stream.average_rate or self._stream.guessed_rate or 25)
        # What is stored or generated can be read faster than it is to be seen.
        self._paced = given.kind in (TEST, "file") or given.format == "lavfi" or bool(self._container.duration)

    def __enter__(self) -> "Feed":
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        if self._thread:
            self._thread.join(LAST_WAIT)
        # A device that does not answer is left to its thread, and ends with the process.
        if not self._thread or not self._thread.is_alive():
            self._container.close()

    def start(self, mailbox: Mailbox[Arrival], wait: Callable[[float], object] | None = None) -> threading.Thread:
        """Let a thread put every picture into a mailbox, which is closed behind the last.

        wait: (seconds) -> when they are over; what is stored comes at its own pace.
        """
        arguments = mailbox, wait or self._stopped.wait
        self._thread = threading.Thread(target=self._read, args=arguments, daemon=True)
        self._thread.start()
        return self._thread

    def picture(self, image: av.VideoFrame, side: int) -> np.ndarray:
        """An image as uint8 (height, width, 3) with a short side of at most `side`."""
        height, width = self._shown(image)
        scale = min(1.0, side / min(height, width))
        shape = max(1, round(height * scale)), max(1, round(width * scale))
        rgb = to_picture(image, colors_of(image), alpha=False, size=shape[::-1]).rgb
        return rgb if rgb.shape[:2] == shape else resize(rgb, shape)

    def _shown(self, image: av.VideoFrame) -> tuple[int, int]:
        """(height, width) of an image turned upright, with square pixels."""
        size = image.height, max(1, round(image.width * self._stretch))
        return size[::-1] if round(image.rotation / 90) % 2 else size

    def _read(self, mailbox: Mailbox[Arrival], wait: Callable[[float], object]) -> None:
        begun, base = self._clock(), containers.time_base_of(self._stream)
        start = self._first.pts or 0
        try:
            mailbox.put(Arrival(self._first, begun))
            for image in self._images:
                if self._paced and image.pts is not None:
                    ahead = begun + float((image.pts - start) * base) - self._clock()
                    if ahead > 0:
                        wait(ahead)
                if self._stopped.is_set():
                    return
                mailbox.put(Arrival(image, self._clock()))
        except Exception as error:  # told by who looks at `fault`
            self.fault = reason(error)
        finally:
            mailbox.close()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Every picture up to the end, or to a fault; damaged packets are passed over."""
        while not self._stopped.is_set():
            try:
                for packet in self._container.demux(self._stream):
                    yield from _images_of(packet)
                return
            except av.error.BlockingIOError:  # how Apple's and Windows' cameras say that the next one is not there yet
                self._stopped.wait(NOTHING_YET)
            except av.error.ExitError:
                self.fault = f"nothing came for {SILENCE:.0f} seconds"
                return
            except av.error.FFmpegError as error:
                self.fault = error.strerror or reason(error)
                return


def _images_of(packet: av.Packet) -> list[av.VideoFrame]:
    try:
        return packet.decode()
    except av.error.FFmpegError:
        return []


def _pictures_of(container: InputContainer, given: Input) -> VideoStream:
    if not any(stream.codec_context for stream in container.streams.video):
        raise UserError(f"{given.name}: there are no pictures in it that can be decoded")
    stream = next(stream for stream in container.streams.video if stream.codec_context)
    # Threads that work on a frame each would hold back as many.
    stream.thread_type = "SLICE"
    bounds.limit(stream.codec_context, None)
    return stream


def _open(given: Input) -> InputContainer:
    if given.kind == "file":
        return containers.open_container(Path(given.address))
    options = dict(given.options)
    if given.kind == "address":
        options["format_whitelist"] = ",".join((*containers.DEMUXERS, *STREAMED))
    silence = SILENCE if given.kind == "address" else None
    try:
        return av.open(given.address, format=given.format, options=options, timeout=silence, metadata_errors="replace")
    except ValueError as error:
        if not isinstance(error, av.error.FFmpegError):
            raise UserError(
                f"{given.name}: the installed PyAV has no input format {given.format}; the one from PyPI has those of "
                "its system: pip install --force-reinstall av"
            ) from error
        raise UserError(_refused(given, error)) from error
    except (av.error.FFmpegError, OSError) as error:
        raise UserError(_refused(given, error)) from error


def _refused(given: Input, error: BaseException) -> str:
    """Why an Input cannot be opened, and the way out, in one line."""
    why = getattr(error, "strerror", None) or reason(error)
    if given.kind == CAMERA:
        hint = "`python -m japananime.live --list` names the cameras seen here"
        if isinstance(error, PermissionError):
            hint = "allow this program, or on Linux yourself by the group video, to use it"
        return (
            f"{given.name}: the camera at {given.address} cannot be opened ({why}); {hint}, and "
            "`python -m japananime.live test` needs none"
        )
    if given.kind == SCREEN:
        return (
            f"{given.name}: the screen at {given.address} cannot be read ({why}); it must be there, the region within "
            "it, and this program allowed to see it"
        )
    if given.kind == "address":
        if isinstance(error, av.error.ArgumentError):
            return (
                f"{given.name}: no stream of a kind that is read; playlists (HLS, DASH), which name other addresses, "
                "are not, but go through FFmpeg: ffmpeg -i ADDRESS -f yuv4mpegpipe - | python -m japananime.stylize "
                "--in - --out - | ffplay -"
            )
        if isinstance(error, av.error.ExitError):
            why = f"no answer for {SILENCE:.0f} seconds"
        return f"{given.name}: cannot be opened ({why}); it must answer itself, redirections are not followed"
    return (
        f"{given.name}: cannot be opened ({why}); FFmpeg must find it, and --input-format and --input-option must fit"
    )
