"""YUV4MPEG2, the plain stream of pictures that FFmpeg and others hand to each other through pipes."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from japananime.base.errors import UserError
from japananime.image.files import Picture
from japananime.video.color_marks import Colors
from japananime.video.frames import TimedFrame
from japananime.video.reading.frame_colors import ACCURATE, MATRICES, to_picture, usual_matrix

NAME = "standard input"
MAGIC = b"YUV4MPEG2"
LONGEST_LINE = 1024
# What `C` says -> FFmpeg's name for it. The kinds of 4:2:0 differ in where colour is measured, by half a pixel.
FORMATS = {"420": "yuv420p", "420jpeg": "yuv420p", "420mpeg2": "yuv420p", "422": "yuv422p", "444": "yuv444p"}
USUAL_FORMAT = "420jpeg"
# A stream that does not know its rate (0:0) has frames all the same; this is for counting alone.
UNKNOWN_RATE = Fraction(25)


@dataclass(frozen=True)
class Header:
    """What a stream says of itself first. line: as it was read, to be written again. full: 0 is black and 255 white."""

    line: bytes
    width: int
    height: int
    rate: Fraction
    pixel_format: str
    full: bool

    @property
    def colors(self) -> Colors:
        """How its numbers mean colours: the format names no matrix, so it is that of an unmarked film of this size."""
        return Colors(usual_matrix(self.width, self.height), self.full)

    @property
    def planes(self) -> list[tuple[int, int]]:
        """(height, width) of its three planes, as they follow each other."""
        across = 1 if self.pixel_format == "yuv444p" else 2
        down = 2 if self.pixel_format == "yuv420p" else 1
        color = -(-self.height // down), -(-self.width // across)
        return [(self.height, self.width), color, color]

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame's pictures."""
        return sum(height * width for height, width in self.planes)


def parse(line: bytes) -> Header:
    """The Header of a stream's first line, with its line feed; raises UserError where it cannot be read."""
    if line[: len(MAGIC) + 1].rstrip() != MAGIC or not line.endswith(b"\n"):
        raise UserError(f"{NAME} is no YUV4MPEG2 stream; let FFmpeg write one: ffmpeg -i FILM -f yuv4mpegpipe -")
    # The last one of a letter counts, as with FFmpeg; comments (X) are many.
    words = line[len(MAGIC) :].decode("latin-1").split()
    told = {word[0]: word[1:] for word in words if word[0] != "X"}
    pixels = told.get("C", USUAL_FORMAT)
    if pixels not in FORMATS:
        raise UserError(
            f"{NAME} has pictures of the kind C{pixels}; accepted: {', '.join(f'C{name}' for name in FORMATS)} "
            "(8 bits); let FFmpeg convert it: -pix_fmt yuv420p"
        )
    if told.get("I", "p") not in ("p", "?"):
        raise UserError(f"{NAME} is interlaced (I{told['I']}); let FFmpeg put its halves together first: -vf bwdif")
    ranges = [word.partition("=")[2] for word in words if word.startswith("XCOLORRANGE=")]
    return Header(
        line, _side(told, "W"), _side(told, "H"), _rate(told.get("F", "0:0")), FORMATS[pixels], ranges[-1:] == ["FULL"]
    )


def _side(told: dict[str, str], letter: str) -> int:
    text = told.get(letter, "")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise UserError(f"{NAME} says {letter}{text} in its header; it must be W and H with 1 or more pixels each")
    return int(text)


def _rate(text: str) -> Fraction:
    match = re.fullmatch(r"([0-9]{1,10}):([0-9]{1,10})", text)
    if not match:
        raise UserError(f"{NAME} says F{text} in its header; a frame rate is two numbers, such as F30000:1001")
    above, below = int(match[1]), int(match[2])
    return Fraction(above, below) if above and below else UNKNOWN_RATE


class Reader:
    """The frames of a stream, which is read as it comes. Raises UserError where its header cannot be read.

    fault: None, or what was wrong where the stream broke off; the frames before it are whole.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.header = parse(stream.readline(LONGEST_LINE))
        self.fault: str | None = None

    def frames(self) -> Iterator[TimedFrame]:
        """Every whole frame, in order, until the end or a fault."""
        header = self.header
        duration, number = 1 / header.rate, 0
        while line := self._stream.readline(LONGEST_LINE):
            if line[:6].rstrip() != b"FRAME" or not line.endswith(b"\n"):
                self.fault = f"{NAME}: what follows {number} frames is not another one; they are made"
                return
            data = self._stream.read(header.frame_bytes)
            if len(data) < header.frame_bytes:
                self.fault = (
                    f"{NAME} breaks off within a frame, after {number} whole ones, which are made "
                    f"({len(data)} of {header.frame_bytes} bytes)"
                )
                return
            load = functools.partial(to_rgb, data, header)
            yield TimedFrame(number, number * duration, duration, load)
            number += 1


class Writer:
    """Takes the frames of a stream and writes them, with the header of the one that was read."""

    done = 0

    def __init__(self, stream: BinaryIO, header: Header) -> None:
        self._stream, self._header = stream, header
        self._converter = VideoReformatter()
        self._begun = False

    def begin(self) -> None:
        """Write the header; also where no frame follows, so that the next program knows what it is given."""
        if not self._begun:
            self._write(self._header.line)
        self._begun = True

    def write(self, frame: TimedFrame, picture: Picture) -> None:
        """Add the picture made of a frame."""
        self.begin()
        self._write(b"FRAME\n" + from_rgb(picture.rgb, self._header, self._converter))

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._stream.write(rest) :]
        self._stream.flush()


def to_rgb(data: bytes, header: Header) -> Picture:
    """A frame's bytes as a Picture."""
    image = av.VideoFrame(header.width, header.height, header.pixel_format)
    start = 0
    for plane, (height, width) in zip(image.planes, header.planes, strict=True):
        levels = np.frombuffer(data, np.uint8, height * width, start).reshape(height, width)
        _levels(plane)[:height, :width] = levels
        start += height * width
    return to_picture(image, header.colors, alpha=False)


def from_rgb(rgb: np.ndarray, header: Header, converter: VideoReformatter) -> bytes:
    """uint8 (height, width, 3) as a frame's bytes."""
    image = converter.reformat(
        av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), format="rgb24"),
        format=header.pixel_format,
        dst_colorspace=MATRICES[header.colors.matrix],
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG if header.full else ColorRange.MPEG,
        interpolation=ACCURATE,
        threads=1,
    )
    planes = zip(image.planes, header.planes, strict=True)
    return b"".join(_levels(plane)[:height, :width].tobytes() for plane, (height, width) in planes)


def _levels(plane: av.video.plane.VideoPlane) -> np.ndarray:
    """A plane's memory, uint8 (rows, bytes of a row), which may be wider than the picture."""
    memory = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # it has no stub for being a buffer
    rows = len(memory) // plane.line_size
    return memory[: rows * plane.line_size].reshape(rows, plane.line_size)
