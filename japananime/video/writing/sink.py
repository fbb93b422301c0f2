"""A film written piece by piece, so that a stopped run goes on where it was; at the end the pieces are joined."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange, VideoReformatter
from av.video.stream import VideoStream

from japananime.base.errors import UserError
from japananime.base.files import put, whole
from japananime.image.files import Picture
from japananime.video.frames import WHOLE, Source, Span, TimedFrame
from japananime.video.reading.frame_colors import ACCURATE, BT601, MATRICES
from japananime.video.writing import joining
from japananime.video.writing.codecs import MP4_FAMILY, Codec
from japananime.video.writing.joining import COUNTED, PIECE_NAME, FrameTimes, Layout

SEGMENT = 60  # frames in a piece
UNFINISHED = ".part"


class FilmSink:
    """A Sink that makes a film's file. Pictures of another size than the film's are enlarged as they are written.

    source: where the pictures come from. crf: the encoder's quality, or None for its usual one. work: folder of the
    pieces. columns: how many pictures wide it is. span: the part of the source that is made. first: number of the
    first frame to take; those before are made elsewhere. Raises UserError where the target cannot hold the codec.
    """

    divisible = True

    def __init__(
        self,
        target: Path,
        source: Source,
        codec: Codec,
        crf: int | None,
        work: Path,
        *,
        columns: int = 1,
        span: Span = WHOLE,
        first: int = 0,
    ):
        codec.check_target(target)
        self.target, self.source, self.codec, self.crf, self.work = target, source, codec, crf, work
        self.width, self.height = source.width * columns, source.height
        self.exact = target.suffix.lower() in MP4_FAMILY
        self.keeps_alpha = source.alpha and target.suffix.lower() in codec.alpha_suffixes
        self.frame_bytes = self.width * self.height * codec.bits / 8
        self._first = first
        self._layout = Layout(target, source, codec, span, self.pixel_format if self.keeps_alpha else None)
        self._container: OutputContainer | None = None
        self._stream: VideoStream
        self._converter = VideoReformatter()
        self._count = 0
        self._pending: FrameTimes = []

    @property
    def odd(self) -> bool:
        """Whether the picture has an odd side."""
        return bool(self.width % 2 or self.height % 2)

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name for how the pixels are written."""
        if self.keeps_alpha and self.codec.alpha:
            return self.codec.alpha
        return self.codec.odd if self.odd else self.codec.even

    def __enter__(self) -> "FilmSink":
        self.work.mkdir(exist_ok=True, parents=True)
        self._clear()
        self.pieces = self._finished()
        self.done = self._first + sum(len(joining.read_times(piece)) for piece in self.pieces)
        return self

    def __exit__(self, *error: object) -> None:
        self._drop()
        self._clear()

    def remarks(self) -> Iterator[str]:
        """What cannot be kept, or may surprise."""
        if self.source.alpha and not self.keeps_alpha:
            yield "its transparency is laid on white; --codec vp9 (.webm) or prores (.mov) keeps it"
        if self.odd and self.pixel_format == "yuv444p":
            yield (
                f"{self.width}×{self.height} has an odd side, so it is written as 4:4:4, which some players "
                "cannot show; --codec vp9 has no such limit"
            )
        yield from self._layout.remarks()

    def rehearse(self) -> None:
        """See that the encoder takes such pictures and the container all tracks, before any long work."""
        trial = self.work / f"trial.mkv{UNFINISHED}"
        try:
            self._container = self._start(trial)
            self._encode(np.zeros((self.height, self.width, 4 if self.keeps_alpha else 3), np.uint8))
            self._end_piece()
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise UserError(
                f"{self.target}: {self.width}×{self.height} pixels cannot be written with {self.codec.encoder} "
                f"({joining.message(error)})"
            ) from error
        finally:
            self._drop()
        joined = self.work / f"trial{self.target.suffix}{UNFINISHED}"
        joining.rehearse(joined, trial, self._layout)
        trial.unlink()
        joined.unlink(missing_ok=True)

    def write(self, frame: TimedFrame, picture: Picture) -> None:
        """Add the picture made of a frame; those that are done already are passed over."""
        if frame.number < self.done:
            return
        if self._container is None:
            self._container = self._start(self._unfinished())
        self._encode(_pixels(picture, self.keeps_alpha))
        self._pending.append((frame.time, frame.duration))
        if self._count == SEGMENT:
            self._finish_piece()

    def close(self) -> None:
        """Finish the last piece, however short it is."""
        if self._container is not None:
            self._finish_piece()

    def finish(self) -> None:
        """Join all pieces to the film, and put it in its place."""
        self.close()
        self.join(self.pieces)

    def write_beginning(self, target: Path) -> None:
        """Write what of the film is safe so far, with its sound, as a film of its own that can be looked at."""
        pieces = list(self.pieces)
        end = sum(joining.read_times(pieces[-1])[-1])
        span = Span(self._layout.span.start, Fraction(end))
        layout = replace(self._layout, target=target, span=span, alpha_format=None)
        with whole(target) as unfinished:
            joining.join(unfinished, pieces, layout)

    def join(self, pieces: Sequence[Path]) -> None:
        """Join these pieces, all of the film, and put it in its place."""
        if not pieces:
            raise UserError(f"{self.source.path}: not one frame can be decoded")
        joined = self.work / f"joined{self.target.suffix}{UNFINISHED}"
        joining.join(joined, pieces, self._layout)
        put(joined, self.target)

    def _start(self, path: Path) -> OutputContainer:
        container = av.open(str(path), "w", format="matroska")
        rate = Fraction(self.source.rate).limit_denominator(100_000)
        self._stream = container.add_stream(  # type: ignore[assignment]  # the encoder is one of pictures
            self.codec.encoder,
            rate=rate,
            options=self.codec.encoder_options(self.crf, self.keeps_alpha),
            width=self.width,
            height=self.height,
        )
        context, colors = self._stream.codec_context, self.source.colors
        context.time_base = 1 / rate
        context.pix_fmt = self.pixel_format
        context.sample_aspect_ratio = self.source.stretch
        context.color_primaries, context.color_trc = colors.primaries, colors.transfer
        context.colorspace = 0 if self._in_rgb else colors.matrix
        context.color_range = self._color_range
        self._count = 0
        return container

    @property
    def _in_rgb(self) -> bool:
        return self.pixel_format.startswith("bgr")

    @property
    def _color_range(self) -> ColorRange:
        return ColorRange.JPEG if self.source.colors.full or self._in_rgb else ColorRange.MPEG

    def _encode(self, pixels: np.ndarray) -> None:
        image = av.VideoFrame.from_numpy_buffer(pixels, format="rgba" if pixels.shape[-1] == 4 else "rgb24")
        colors = self.source.colors
        image = self._converter.reformat(
            image,
            self.width,
            self.height,
            self.pixel_format,
            dst_colorspace=None if self._in_rgb else MATRICES.get(colors.matrix, MATRICES[BT601]),
            src_color_range=ColorRange.JPEG,
            dst_color_range=self._color_range,
            interpolation=ACCURATE,
            threads=1,
        )
        if not self._in_rgb:
            image.colorspace = colors.matrix
        image.color_primaries, image.color_trc = colors.primaries, colors.transfer
        image.pts, image.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._mux(self._stream.encode(image))

    def _mux(self, packets: Sequence[Packet]) -> None:
        assert self._container is not None
        for packet in packets:
            packet.time_base = COUNTED
            self._container.mux(packet)

    def _end_piece(self) -> None:
        assert self._container is not None
        self._mux(self._stream.encode())
        self._container.close()
        self._container = None

    def _drop(self) -> None:
        if self._container is not None:
            with contextlib.suppress(av.error.FFmpegError):  # on a full disk its end cannot be written either
                self._container.close()
            self._container = None

    def _clear(self) -> None:
        """Remove what no run can go on from: unfinished files, which would keep a full disk full."""
        for leftover in self.work.glob(f"*{UNFINISHED}"):
            leftover.unlink()

    def _finish_piece(self) -> None:
        self._end_piece()
        piece = self._piece(len(self.pieces))
        # The piece counts from the moment it has its name; its times are there by then.
        joining.write_times(piece, self._pending)
        put(self._unfinished(), piece)
        self.pieces.append(piece)
        self._pending = []

    def _unfinished(self) -> Path:
        return self._piece(len(self.pieces)).with_suffix(f".mkv{UNFINISHED}")

    def _piece(self, number: int) -> Path:
        return self.work / PIECE_NAME.format(number)

    def _finished(self) -> list[Path]:
        pieces: list[Path] = []
        while (piece := self._piece(len(pieces))).exists() and len(joining.read_times(piece)) == SEGMENT:
            pieces.append(piece)
        return pieces


def _pixels(picture: Picture, alpha: bool) -> np.ndarray:
    """uint8 (height, width, 4 or 3): with transparency, or laid on white."""
    if alpha:
        layer = picture.alpha if picture.alpha is not None else np.full(picture.rgb.shape[:2], 255, np.uint8)
        return np.dstack([picture.rgb, layer])
    return np.ascontiguousarray(picture.opaque)
