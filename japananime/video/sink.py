"""A film written piece by piece, so that a stopped run goes on where it was; pieces are joined as they are.

A piece is a Matroska file of SEGMENT frames beside a file with their times. In it frames are merely counted; their
times are put on when the pieces are joined, and what the container does to times does no harm.
"""

import contextlib
import functools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from japananime.base.errors import UserError, reason
from japananime.base.files import put, write_bytes
from japananime.video import reading
from japananime.video.source import ACCURATE, BT601, MATRICES

SEGMENT = 60
COUNTED = Fraction(1, 1000)
FINEST = 1_000_000
COVERING = ".part"
NAME = "{:06d}.mkv"


@dataclass(frozen=True)
class Codec:
    """An encoder and what goes with it.

    quality: name of the encoder's setting, its lowest and highest value and the one taken by default; or None.
    even: pixel format where both sides are even; odd: one that holds any size; alpha: one with transparency, or None,
    and the containers that carry it. bits: of a pixel in the file, about, for seeing whether there is room.
    """

    encoder: str
    suffixes: Sequence[str]
    quality: tuple | None
    even: str
    odd: str
    alpha: str | None = None
    alpha_suffixes: Sequence[str] = ()
    bits: float = 0.3
    options: dict = field(default_factory=dict)
    tag: str | None = None


MP4 = (".mp4", ".m4v", ".mov")
CODECS = {
    "h264": Codec(
        "libx264", (*MP4, ".mkv"), ("crf", 0, 51, 18), "yuv420p", "yuv444p", options={"preset": "veryfast"}, tag="avc1"
    ),
    "h265": Codec(
        *("libx265", (*MP4, ".mkv"), ("crf", 0, 51, 20), "yuv420p", "yuv444p"),
        options={"preset": "fast", "x265-params": "log-level=error"},
        tag="hvc1",
    ),
    "vp9": Codec(
        *("libvpx-vp9", (".webm", ".mkv", ".mp4"), ("crf", 0, 63, 24), "yuv420p", "yuv420p"),
        alpha="yuva420p",
        alpha_suffixes=(".webm", ".mkv"),
        options={"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
    ),
    "av1": Codec(
        *("libsvtav1", (".mp4", ".mkv", ".webm"), ("crf", 1, 63, 28), "yuv420p", "yuv420p"),
        options={"preset": "8"},
    ),
    "prores": Codec(
        *("prores_ks", (".mov", ".mkv"), None, "yuv422p10le", "yuv422p10le"),
        alpha="yuva444p10le",
        alpha_suffixes=(".mov", ".mkv"),
        bits=7.0,
    ),
    "ffv1": Codec("ffv1", (".mkv",), None, "bgr0", "bgr0", alpha="bgra", alpha_suffixes=(".mkv",), bits=12.0),
}


class FilmSink:
    """Takes the pictures of a film and makes the file `target` of them. A context manager.

    source: where they come from: anything with width, height, rate, time_base, colors, stretch and tracks.
    columns: how many pictures wide it is. first: number of the first frame to take; those before are made elsewhere.
    done: so many frames are safe, or made elsewhere, and `write` passes them over.
    """

    def __init__(self, target, source, codec, quality, work, *, columns=1, start=0, end=None, first=0):
        self.target, self.source, self.codec, self.work = Path(target), source, codec, Path(work)
        self.width, self.height = source.width * columns, source.height
        self.span = (start, end)
        self.quality = quality
        self.keeps_alpha = source.alpha and self.target.suffix.lower() in codec.alpha_suffixes
        self.work.mkdir(exist_ok=True, parents=True)
        self._clear()
        self.pieces = self._finished()
        self.done = first + sum(len(_times(piece)) for piece in self.pieces)
        self._container = self._stream = None
        self._converter = VideoReformatter()
        self._count, self._pending = 0, []

    @property
    def odd(self):
        """Whether the picture has an odd side."""
        return bool(self.width % 2 or self.height % 2)

    @property
    def pixel_format(self):
        """FFmpeg's name for how the pixels are written."""
        if self.keeps_alpha:
            return self.codec.alpha
        return self.codec.odd if self.odd else self.codec.even

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._drop()
        self._clear()

    def rehearse(self):
        """See that the encoder takes such pictures and the container all tracks, before any long work."""
        trial = self.work / f"trial.mkv{COVERING}"
        try:
            self._start(trial)
            self._encode(np.zeros((self.height, self.width, 4 if self.keeps_alpha else 3), np.uint8))
            self._close()
        except (av.error.FFmpegError, ValueError, OSError) as error:
            raise UserError(
                f"{self.target}: {self.width}×{self.height} pixels cannot be written with {self.codec.encoder} "
                f"({_reason(error)})"
            ) from error
        finally:
            self._drop()
        joined = self.work / f"trial{self.target.suffix}{COVERING}"
        with av.open(str(trial)) as piece, _Joined(joined, self, piece, COUNTED) as out:
            out.container.start_encoding()
        trial.unlink()
        joined.unlink(missing_ok=True)

    def write(self, moment, picture):
        """Add a Picture of a Moment; those that are done already are passed over."""
        if moment.number < self.done:
            return
        if self._container is None:
            self._start(self._piece(len(self.pieces)).with_suffix(f".mkv{COVERING}"))
        self._encode(_layers(picture, self.keeps_alpha))
        self._pending.append((moment.time, moment.duration))
        if self._count == SEGMENT:
            self._finish_piece()

    def close(self):
        """Finish the last piece, however short it is."""
        if self._container is not None:
            self._finish_piece()

    def finish(self):
        """Join all pieces to the film, and put it in its place."""
        self.close()
        self.join(self.pieces)

    def join(self, pieces):
        """Join these pieces, all of the film, and put it in its place."""
        if not pieces:
            raise UserError(f"{self.source.path}: not one frame can be decoded")
        joined = self.work / f"joined{self.target.suffix}{COVERING}"
        self._join(joined, pieces)
        put(joined, self.target)

    def _start(self, path):
        self._container = av.open(str(path), "w", format="matroska")
        rate = Fraction(self.source.rate).limit_denominator(100_000)
        options = dict(self.codec.options)
        if self.codec.quality:
            name, _, _, usual = self.codec.quality
            options[name] = str(usual if self.quality is None else self.quality)
        if self.codec.encoder == "prores_ks":
            options["profile"] = "4444" if self.keeps_alpha else "hq"
        self._stream = self._container.add_stream(
            self.codec.encoder, rate=rate, options=options, width=self.width, height=self.height
        )
        context, colors = self._stream.codec_context, self.source.colors
        context.time_base = 1 / rate
        context.pix_fmt = self.pixel_format
        context.sample_aspect_ratio = self.source.stretch
        context.color_primaries, context.color_trc = colors.primaries, colors.transfer
        context.colorspace = 0 if self._in_rgb else colors.matrix
        context.color_range = ColorRange.JPEG if colors.full or self._in_rgb else ColorRange.MPEG
        self._count = 0

    @property
    def _in_rgb(self):
        return self.pixel_format.startswith("bgr")

    def _encode(self, pixels):
        image = av.VideoFrame.from_numpy_buffer(pixels, format="rgba" if pixels.shape[-1] == 4 else "rgb24")
        colors = self.source.colors
        image = self._converter.reformat(
            image,
            format=self.pixel_format,
            dst_colorspace=None if self._in_rgb else MATRICES.get(colors.matrix, MATRICES[BT601]),
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG if colors.full or self._in_rgb else ColorRange.MPEG,
            interpolation=ACCURATE,
            threads=1,
        )
        if not self._in_rgb:
            image.colorspace = colors.matrix
        image.color_primaries, image.color_trc = colors.primaries, colors.transfer
        image.pts, image.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._mux(self._stream.encode(image))

    def _mux(self, packets):
        for packet in packets:
            packet.time_base = COUNTED
            self._container.mux(packet)

    def _close(self):
        self._mux(self._stream.encode())
        self._container.close()
        self._container = None

    def _drop(self):
        if self._container is not None:
            with contextlib.suppress(av.error.FFmpegError):  # on a full disk its end cannot be written either
                self._container.close()
            self._container = None

    def _clear(self):
        """Remove what no run can go on from: unfinished files, which would keep a full disk full."""
        for leftover in self.work.glob(f"*{COVERING}"):
            leftover.unlink()

    def _finish_piece(self):
        self._close()
        piece = self._piece(len(self.pieces))
        written = piece.with_suffix(f".mkv{COVERING}")
        times = [[str(number) for number in pair] for pair in self._pending]
        # The piece counts from the moment it has its name; its times are there by then.
        write_bytes(piece.with_suffix(".json"), json.dumps(times).encode())
        put(written, piece)
        self.pieces.append(piece)
        self._pending = []

    def _piece(self, number):
        return self.work / NAME.format(number)

    def _finished(self):
        pieces = []
        while (piece := self._piece(len(pieces))).exists() and len(_times(piece)) == SEGMENT:
            pieces.append(piece)
        return pieces

    def _join(self, path, pieces):
        times = [pair for piece in pieces for pair in _times(piece)]
        begin = times[0][0] if self.span[0] else Fraction(0)
        base = _time_base([time - begin for time, _ in times] + [times[-1][1]], self.source.time_base)
        stamps = [round((time - begin) / base) for time, _ in times]
        stamps.append(stamps[-1] + max(1, round(times[-1][1] / base)))
        end = times[-1][0] + times[-1][1] if self.span[1] is not None else None
        try:
            with av.open(str(pieces[0])) as first, _Joined(path, self, first, base) as out:
                copied = out.copied(begin, end)
                waiting = next(copied, None)
                for packet in _counted(pieces, stamps, base, self.target.suffix.lower() in MP4):
                    while waiting is not None and waiting[0] <= packet.dts * base:
                        out.container.mux(waiting[1])
                        waiting = next(copied, None)
                    packet.stream = out.video
                    out.container.mux(packet)
                while waiting is not None:
                    out.container.mux(waiting[1])
                    waiting = next(copied, None)
        except OSError:
            raise  # a full disk, say: nothing is wrong with the film, and the pieces wait
        except av.error.FFmpegError as error:
            raise UserError(f"{self.target}: cannot be written ({_reason(error)})") from error


def pieces_of(work, frames):
    """The pieces in a FilmSink's folder that hold its first so many frames; raises UserError if they are not there."""
    pieces, count = [], 0
    while count < frames:
        piece = Path(work) / NAME.format(len(pieces))
        times = _times(piece)
        if not times or not piece.exists():
            raise UserError(f"{piece}: is gone or damaged; start anew")
        pieces.append(piece)
        count += len(times)
    return pieces


class _Joined:
    """The output container with its streams: the video like that of a piece, the others as in the source."""

    def __init__(self, path, sink, piece, base):
        self.sink = sink
        suffix = sink.target.suffix.lower()
        kind = {".mkv": "matroska", ".webm": "webm", ".mov": "mov"}.get(suffix, "mp4")
        options = {"movflags": "+faststart"} if suffix in MP4 else {}
        self.container = av.open(str(path), "w", format=kind, container_options=options)
        self.source = reading.open_container(sink.source.path) if sink.source.tracks else None
        self.tracks = {}
        try:
            self.video = self.container.add_stream_from_template(piece.streams.video[0], opaque=True)
            self.video.time_base = base
            if sink.keeps_alpha:
                # A decoder of VP9 does not know of it, and without it WebM's mark for players would be missing.
                self.video.codec_context.pix_fmt = sink.pixel_format
            if sink.codec.tag and suffix in MP4:
                self.video.codec_context.codec_tag = sink.codec.tag
            for index in sink.source.tracks:
                track = self.source.streams[index]
                try:
                    copy = self.container.add_stream_from_template(track, opaque=True)
                except (ValueError, av.error.FFmpegError) as error:
                    raise _unfit(sink.target, track) from error
                copy.metadata.update(track.metadata)
                copy.disposition = track.disposition
                self.tracks[index] = copy
            if self.source:
                self.container.metadata.update(self.source.metadata)
                if sink.span == (0, None):
                    self.container.set_chapters(self.source.chapters())
        except BaseException:
            self.container.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.container.close()
        except av.error.FFmpegError:
            if error is None:
                raise
        finally:
            if self.source:
                self.source.close()

    def copied(self, begin, end):
        """(time in seconds, packet) of all other tracks, as they lie in the source, the excerpt's alone."""
        if not self.tracks:
            return
        for packet in self.source.demux([self.source.streams[index] for index in self.tracks]):
            if packet.dts is None or packet.size == 0:
                continue
            base = packet.time_base
            time = (packet.pts if packet.pts is not None else packet.dts) * base - self.sink.source.origin
            if end is not None and not begin <= time < end:
                continue
            shift = round((self.sink.source.origin + begin) / base)
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            packet.stream = self.tracks[packet.stream_index]
            yield packet.dts * base, packet


def _counted(pieces, stamps, base, by_decoding):
    """The pieces' packets in the order of decoding, each with its times in ticks of `base`.

    by_decoding: the container takes a track's length from the times of decoding, as MP4 does.
    """
    numbers = list(_packets(pieces))
    # A frame may be decoded so many places before it is shown; times of decoding start that much early.
    delay = max(place - number for place, number in enumerate(numbers))
    tick = stamps[1] - stamps[0]
    for place, (packet, number) in enumerate(zip(_packets(pieces, whole=True), numbers, strict=True)):
        packet.time_base = base
        packet.pts = stamps[number]
        packet.dts = stamps[place - delay] if place >= delay else stamps[0] + (place - delay) * tick
        packet.duration = stamps[number + 1] - stamps[number]
        if by_decoding and place == len(numbers) - 1:
            packet.duration = max(1, stamps[-1] - stamps[place - delay] - delay * tick if place >= delay else 1)
        yield packet


def _packets(pieces, whole=False):
    """The packets of all pieces, or the numbers of the frames in them."""
    offset = 0
    for piece in pieces:
        with av.open(str(piece)) as container:
            count = 0
            for packet in container.demux(container.streams.video[0]):
                if packet.size:
                    yield packet if whole else offset + packet.pts
                    count += 1
        offset += count


def _times(piece):
    """[(time, duration)] of a piece's frames, in seconds."""
    try:
        pairs = json.loads(piece.with_suffix(".json").read_text())
        return [(Fraction(time), Fraction(duration)) for time, duration in pairs]
    except (OSError, ValueError):
        return []


def _time_base(times, usual):
    """A time base of which all times are multiples, the usual one if it is such; else the usual one."""
    if all((time / usual).denominator == 1 for time in times):
        return usual
    finest = functools.reduce(math.lcm, (time.denominator for time in times))
    return Fraction(1, finest) if finest <= FINEST else usual


def _layers(picture, alpha):
    """uint8 (height, width, 4 or 3): with transparency, or laid on white."""
    if alpha:
        layer = picture.alpha if picture.alpha is not None else np.full(picture.rgb.shape[:2], 255, np.uint8)
        return np.dstack([picture.rgb, layer])
    return on_white(picture)


def on_white(picture):
    """uint8 (height, width, 3) of a Picture, its transparency laid on white."""
    if picture.alpha is None:
        return np.ascontiguousarray(picture.rgb)
    alpha = picture.alpha[..., None].astype(np.uint16)
    return ((picture.rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _unfit(target, track):
    name = track.codec_context.name if track.codec_context else "unknown"
    return UserError(
        f"{target}: {target.suffix} files cannot hold the film's {track.type} track ({name}); "
        "give --out a name that ends in .mkv"
    )


def _reason(error):
    return getattr(error, "strerror", None) or reason(error)
