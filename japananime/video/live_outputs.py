"""Where live pictures go: nowhere, to a virtual camera, to a film's file, or as a stream to another program."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from av.video.reformatter import ColorRange
from PIL import Image

from japananime.base import cli, files, temporary
from japananime.base.errors import UserError, reason
from japananime.image.resize import resize
from japananime.video import reading, track_writing
from japananime.video.codecs import Codec
from japananime.video.source import ACCURATE, MATRICES, usual_matrix

# A live picture has no rate of its own: each is given the millisecond at which it came.
TICK = Fraction(1, 1000)
FASTEST = 60  # pictures a second that a virtual camera is said to have at most


class Display(Protocol):
    """Takes pictures of any size, uint8 (height, width, 3). A context manager.

    closed: whether nobody looks any more.
    """

    closed: bool

    def show(self, rgb: np.ndarray, time: float) -> None:
        """Show a picture of what was seen at a time, in seconds by any clock."""

    def idle(self) -> None:
        """Called now and then where no picture comes."""

    def __enter__(self) -> "Display": ...

    def __exit__(self, *error: object) -> None: ...


class Nowhere:
    """A Display that shows nothing, to see how fast it goes."""

    closed = False

    def show(self, rgb: np.ndarray, time: float) -> None:
        """Pass a picture over."""

    def idle(self) -> None:
        """Nothing to do."""

    def __enter__(self) -> "Nowhere":
        return self

    def __exit__(self, *error: object) -> None:
        pass


class VirtualCamera(Nowhere):
    """A Display that other programs take for a camera of this size. Raises UserError where there can be none.

    device: which of several, by the system's name; None for the first.
    """

    def __init__(self, height: int, width: int, rate: Fraction, device: str | None = None) -> None:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise UserError(
                f"--out is camera, for which {error.name} is not installed; install it with: "
                + cli.how_to_install("live")
            ) from error
        self._size = height, width
        try:
            self._camera: Any = pyvirtualcam.Camera(width, height, min(float(rate), FASTEST), device=device)
        except RuntimeError as error:
            raise UserError(
                f"--out is camera, and there is no virtual one here ({reason(error)}); Linux: modprobe v4l2loopback; "
                "Windows and macOS: install OBS, whose camera is used"
            ) from error
        self.name = str(self._camera.device)

    def show(self, rgb: np.ndarray, time: float) -> None:
        """Send a picture, at the camera's size."""
        same = rgb.shape[:2] == self._size
        self._camera.send(np.ascontiguousarray(rgb) if same else resize(rgb, self._size, Image.Resampling.BILINEAR))

    def __exit__(self, *error: object) -> None:
        self._camera.close()


class Stream(Nowhere):
    """A Display that writes pictures of one size into a container, each at its own time.

    place: a path, or what FFmpeg calls a protocol, such as pipe:1. encoder, options: FFmpeg's. Inside of `with` alone.
    """

    def __init__(
        self,
        place: str,
        muxer: str,
        height: int,
        width: int,
        encoder: str = "rawvideo",
        pixel_format: str = "yuv420p",
        options: dict[str, str] | None = None,
    ) -> None:
        self.count = 0
        self._height, self._width, self._pixel_format = height, width, pixel_format
        in_rgb = pixel_format.startswith("bgr")
        matrix = usual_matrix(width, height)
        self._range = ColorRange.JPEG if in_rgb else ColorRange.MPEG
        self._to = None if in_rgb else MATRICES[matrix]
        self._begun: float | None = None
        self._last = -1
        self._container = av.open(place, "w", format=muxer)
        self._stream: Any = self._container.add_stream(
            encoder, rate=FASTEST, options=options or {}, height=height, width=width
        )
        self._stream.time_base = TICK
        context: Any = self._stream.codec_context
        context.time_base, context.pix_fmt = TICK, pixel_format
        context.colorspace, context.color_range = 0 if in_rgb else matrix, self._range

    def __enter__(self) -> "Stream":
        return self

    def show(self, rgb: np.ndarray, time: float) -> None:
        """Write a picture."""
        self._begun = time if self._begun is None else self._begun
        image = reading.reformatter().reformat(
            av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), format="rgb24"),
            self._width,
            self._height,
            self._pixel_format,
            dst_colorspace=self._to,
            src_color_range=ColorRange.JPEG,
            dst_color_range=self._range,
            interpolation=ACCURATE,
            threads=1,
        )
        self._last = max(self._last + 1, round((time - self._begun) / TICK))
        image.pts, image.time_base = self._last, TICK
        self._container.mux(self._stream.encode(image))
        self.count += 1

    def __exit__(self, *error: object) -> None:
        if isinstance(
            error[1], OSError
        ):  # nobody reads any more, or the disk is full: its end cannot be written either
            with contextlib.suppress(av.error.FFmpegError, OSError):
                self._container.close()
            return
        if self.count:
            self._container.mux(self._stream.encode(None))
        self._container.close()


@contextlib.contextmanager
def film(target: Path, codec: Codec, height: int, width: int) -> Iterator[Stream]:
    """A Stream into a film's file, which has its name when it is whole. Raises UserError where nothing came."""
    pixels = codec.odd if height % 2 or width % 2 else codec.even
    temporary.clear_abandoned([target.parent])
    with files.whole(target) as unfinished:
        arguments = height, width, codec.encoder, pixels, codec.encoder_options(None, False)
        with Stream(str(unfinished), track_writing.muxer(target.suffix.lower()), *arguments) as stream:
            yield stream
        if not stream.count:
            raise UserError(f"{target}: not written, since not one picture was made")
