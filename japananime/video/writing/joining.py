"""Pieces of a film joined to the whole, with the sound and subtitles of its source; nothing is encoded again.

A piece is a Matroska file beside a file with its frames' times. In it frames are merely counted; their times are put on
here, and what the container of the pieces does to times does no harm.
"""

import errno
import functools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet

from japananime.base.errors import UserError, reason
from japananime.base.files import write_bytes
from japananime.base.json_files import UNREADABLE
from japananime.video.frames import WHOLE, Source, Span
from japananime.video.reading.tracks import Tracks
from japananime.video.writing import track_writing
from japananime.video.writing.codecs import MP4_FAMILY, Codec
from japananime.video.writing.track_writing import Carried, Ways

COUNTED = Fraction(1, 1000)
FINEST = 1_000_000
PIECE_NAME = "{:06d}.mkv"

FrameTimes = list[tuple[Fraction, Fraction]]


@dataclass(frozen=True)
class Layout:
    """How the whole is to be. alpha_format: pixel format of pictures with transparency, or None."""

    target: Path
    source: Source
    codec: Codec
    span: Span
    alpha_format: str | None

    @property
    def suffix(self) -> str:
        return self.target.suffix.lower()

    @functools.cached_property
    def ways(self) -> Ways:
        """How the sound and the subtitles of the source get into the whole."""
        tracks = self.source.open_tracks()
        if tracks is None:
            return {}
        with tracks:
            return track_writing.ways(tracks, self.suffix)

    def remarks(self) -> list[str]:
        """What does not stay as it is of the sound, the subtitles and what else there is."""
        tracks = self.source.open_tracks()
        if tracks is None:
            return []
        with tracks:
            return list(track_writing.remarks(tracks, self.suffix, self.ways))


def read_times(piece: Path) -> FrameTimes:
    """[(time, duration)] of a piece's frames, in seconds; [] where they are not known."""
    try:
        pairs = json.loads(piece.with_suffix(".json").read_text())
        return [(Fraction(time), Fraction(duration)) for time, duration in pairs]
    except UNREADABLE:
        return []


def write_times(piece: Path, times: FrameTimes) -> None:
    """Put down the times of a piece's frames."""
    text = json.dumps([[str(number) for number in pair] for pair in times])
    write_bytes(piece.with_suffix(".json"), text.encode())


def pieces_of(work: Path, frames: int) -> list[Path]:
    """The pieces in a folder that hold its first so many frames; raises UserError if they are not there."""
    pieces: list[Path] = []
    count = 0
    while count < frames:
        piece = work / PIECE_NAME.format(len(pieces))
        times = read_times(piece)
        if not times or not piece.exists():
            raise UserError(f"{piece}: is gone or damaged; start anew")
        pieces.append(piece)
        count += len(times)
    return pieces


def rehearse(path: Path, piece: Path, layout: Layout) -> None:
    """Write a short film `path` of one piece's frame and the beginning of all tracks; raises UserError."""
    with av.open(str(piece), format="matroska") as opened, _Whole(path, layout, opened, COUNTED) as whole:
        whole.mux(_numbered([piece], [0, 1], COUNTED, False), Fraction(0), None, track_writing.TRIED)


def join(path: Path, pieces: Sequence[Path], layout: Layout) -> None:
    """Write all pieces and the tracks of the source as one film; raises UserError where that is impossible."""
    times = [pair for piece in pieces for pair in read_times(piece)]
    (first, _), (last, last_duration) = times[0], times[-1]
    begin = first if layout.span.start else Fraction(0)
    base = _time_base([time - begin for time, _ in times] + [last_duration], layout.source.time_base)
    stamps = [round((time - begin) / base) for time, _ in times]
    stamps.append(stamps[-1] + max(1, round(last_duration / base)))
    end = last + last_duration if layout.span.end is not None else None
    with av.open(str(pieces[0]), format="matroska") as opened, _Whole(path, layout, opened, base) as whole:
        whole.mux(_numbered(pieces, stamps, base, layout.suffix in MP4_FAMILY), begin, end)


class _Whole:
    """The output container with its streams: the video like that of a piece, the others as in the source."""

    def __init__(self, path: Path, layout: Layout, piece: InputContainer, base: Fraction):
        self.layout, suffix = layout, layout.suffix
        options = {"movflags": "+faststart"} if suffix in MP4_FAMILY else {}
        self.container = av.open(str(path), "w", format=track_writing.muxer(suffix), container_options=options)
        self.tracks = layout.source.open_tracks()
        self.carried: dict[int, Carried] = {}
        try:
            self.video = self.container.add_stream_from_template(piece.streams.video[0], opaque=True)
            self.video.time_base = base
            if layout.alpha_format:
                # A decoder of VP9 does not know of it, and without it WebM's mark for players would be missing.
                self.video.codec_context.pix_fmt = layout.alpha_format
            if layout.codec.tag and suffix in MP4_FAMILY:
                self.video.codec_context.codec_tag = layout.codec.tag
            if self.tracks:
                self._copy(self.tracks)
        except BaseException:
            self.container.close()
            raise

    def _copy(self, tracks: Tracks) -> None:
        """Make a place for every track that has one, and write down what is said about the film."""
        for track in tracks.streams:
            if way := self.layout.ways[track.index]:
                carried = Carried(self.container, track, way)
                carried.stream.metadata.update(track.metadata)
                carried.stream.disposition = track.disposition.value  # a plain number: PyAV 17 takes nothing else
                self.carried[track.index] = carried
        if self.layout.suffix == ".mkv":
            track_writing.attach(self.container, tracks)
        self.container.metadata.update(tracks.container.metadata)
        if self.layout.span == WHOLE:
            self.container.set_chapters(tracks.container.chapters())

    def mux(self, video: Iterator[Packet], begin: Fraction, end: Fraction | None, most: int | None = None) -> None:
        """Write the packets of the pictures, and those of the tracks between two times, at most so many of these."""
        others = self._others(begin, end, most)
        try:
            waiting = next(others, None)
            for packet in video:
                while waiting is not None and waiting[0] <= (packet.dts or 0) * packet.time_base:
                    self.container.mux(waiting[1])
                    waiting = next(others, None)
                packet.stream = self.video
                self.container.mux(packet)
            while waiting is not None:
                self.container.mux(waiting[1])
                waiting = next(others, None)
        except OSError:
            raise  # a full disk, say: nothing is wrong with the film, and the pieces wait
        except av.error.FFmpegError as error:
            raise UserError(f"{self.layout.target}: cannot be written ({message(error)})") from error

    def _others(self, begin: Fraction, end: Fraction | None, most: int | None) -> Iterator[tuple[Fraction, Packet]]:
        """(time in seconds, packet to write) of all tracks."""
        if self.tracks is None:
            return
        for time, packet in islice(self.tracks.packets(begin, end), most):
            if carried := self.carried.get(packet.stream_index):
                yield from carried.packets(time, packet)
        for carried in self.carried.values():
            yield from carried.flush()

    def __enter__(self) -> "_Whole":
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.container.close()
        except av.error.FFmpegError as failed:
            if error[1] is None:
                if isinstance(failed, OSError) and failed.errno == errno.ENOSPC:
                    raise
                raise UserError(f"{self.layout.target}: cannot be ended ({message(failed)})") from failed
        finally:
            if self.tracks:
                self.tracks.container.close()


def _numbered(pieces: Sequence[Path], stamps: Sequence[int], base: Fraction, by_decoding: bool) -> Iterator[Packet]:
    """The pieces' packets in the order of decoding, each with its times in ticks of `base`.

    stamps: of all frames, and the end of the last. by_decoding: the container takes a track's length from the times of
    decoding, as MP4 does.
    """
    numbers = [number for _, number in _packets(pieces)]
    # A frame may be decoded so many places before it is shown; times of decoding start that much early.
    delay = max(place - number for place, number in enumerate(numbers))
    tick = stamps[1] - stamps[0]
    for place, (packet, number) in enumerate(_packets(pieces)):
        packet.time_base = base
        packet.pts = stamps[number]
        packet.dts = stamps[place - delay] if place >= delay else stamps[0] + (place - delay) * tick
        packet.duration = stamps[number + 1] - stamps[number]
        if by_decoding and place == len(numbers) - 1:
            packet.duration = max(1, stamps[-1] - stamps[place - delay] - delay * tick if place >= delay else 1)
        yield packet


def _packets(pieces: Sequence[Path]) -> Iterator[tuple[Packet, int]]:
    """The packets of all pieces, each with the number of its frame in the film."""
    offset = 0
    for piece in pieces:
        with av.open(str(piece), format="matroska") as container:
            count = 0
            for packet in container.demux(container.streams.video[0]):
                if packet.size:
                    yield packet, offset + (packet.pts or 0)
                    count += 1
        offset += count


def _time_base(times: Sequence[Fraction], usual: Fraction) -> Fraction:
    """A time base of which all times are multiples, the usual one if it is such; else the usual one."""
    if all((time / usual).denominator == 1 for time in times):
        return usual
    finest = functools.reduce(math.lcm, (time.denominator for time in times))
    return Fraction(1, finest) if finest <= FINEST else usual


def message(error: Exception) -> str:
    """What FFmpeg says of an error."""
    return getattr(error, "strerror", None) or reason(error)
