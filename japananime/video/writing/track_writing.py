"""How a film's sound and subtitles get into a container: copied where it holds them, encoded anew, or left out.

Which of these is found out by trying: the first packets of a track are written to a file in memory, and its end too,
since some containers refuse only then.
"""

import contextlib
import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from japananime.video.reading import containers
from japananime.video.reading.tracks import Tracks

MUXERS = {".mkv": "matroska", ".webm": "webm", ".mov": "mov"}
MP4 = "mp4"
# Packets of sound and subtitles that a container is tried with.
TRIED = 100
COPIED, LEFT_OUT = "copy", ""
# What sound is encoded with where it cannot be copied: without loss where all players take that.
ENCODERS = {"matroska": "flac", "webm": "libopus", "mov": "aac", MP4: "aac"}
RATES = {"libopus": 48_000}
USUAL_LAYOUTS = {"1 channels": "mono", "2 channels": "stereo", "4 channels": "quad", "6 channels": "5.1"}
# Number of a track -> COPIED, an encoder's name, or LEFT_OUT.
Ways = dict[int, str]


def muxer(suffix: str) -> str:
    """FFmpeg's name for what writes files of a name's ending."""
    return MUXERS.get(suffix, MP4)


class Carried:
    """One track on its way into a container. way: COPIED, or an encoder's name."""

    def __init__(self, container: OutputContainer, track: Stream, way: str):
        self._track: Any = track
        self._copied = way == COPIED
        if self._copied:
            self.stream: Any = container.add_stream_from_template(track, opaque=True)
            return
        context: Any = self._track.codec_context
        with contextlib.suppress(ValueError):
            # Some containers say how many channels there are, and not which.
            context.layout = USUAL_LAYOUTS.get(context.layout.name, context.layout.name)
        self.stream = container.add_stream(way, rate=RATES.get(way, context.sample_rate), layout=context.layout.name)

    def packets(self, time: Fraction, packet: Packet) -> Iterator[tuple[Fraction, Packet]]:
        """What becomes of a packet of the track, each with its time in seconds. time: of the packet itself."""
        if self._copied:
            packet.stream = self.stream
            yield time, packet
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return  # damaged: a gap, as a player would make it
        for frame in frames:
            yield from self._encoded(frame)

    def flush(self) -> Iterator[tuple[Fraction, Packet]]:
        """What is still to come after the last packet."""
        if not self._copied:
            yield from self._encoded(None)

    def _encoded(self, frame: Any) -> Iterator[tuple[Fraction, Packet]]:
        for packet in self.stream.encode(frame):
            yield (packet.dts or 0) * packet.time_base, packet


def ways(tracks: Tracks, suffix: str) -> Ways:
    """How each of some tracks gets into files of a name's ending."""
    kind = muxer(suffix)
    found = {}
    for track in tracks.streams:
        choices = [COPIED]
        if track.type == "audio" and getattr(track, "codec_context", None):
            choices.append(ENCODERS[kind])
        found[track.index] = next((way for way in choices if _works(tracks, track.index, way, kind)), LEFT_OUT)
    return found


def remarks(tracks: Tracks, suffix: str, found: Ways) -> Iterator[str]:
    """What does not stay as it is of all that a film has besides its pictures, in sentences. found: by `ways`."""
    streams = tracks.container.streams
    for index, way in found.items():
        if way != COPIED:
            what = f"its {streams[index].type} track {index} ({_name(streams[index])})"
            fate = f"encoded as {_plain(way)}" if way else "left out"
            advice = "" if suffix == ".mkv" else "; give --out a name in .mkv to keep it"
            yield f"{what} cannot be stored in {suffix} unchanged, and is {fate}{advice}"
    main = containers.main_stream(tracks.container)
    further = sum(stream.index != main.index and not containers.is_cover(stream) for stream in streams.video)
    covers = sum(containers.is_cover(stream) for stream in streams.video)
    attached = sum(stream.type == "attachment" for stream in streams)
    for count, one, many in ((further, "further video", "further videos"), (covers, "cover", "covers")):
        if count:
            yield f"its {f'{count} {many} are' if count > 1 else f'{one} is'} left out"
    if attached and suffix != ".mkv":
        yield f"{attached} attached to it (fonts, most often) have no place in {suffix}; give --out a name in .mkv"


def attach(container: OutputContainer, tracks: Tracks) -> None:
    """Put the files that are attached to a film, fonts of its subtitles for one, into a container that holds such."""
    for stream in tracks.container.streams:
        if stream.type == "attachment":
            attached: Any = stream
            name = attached.metadata.get("filename", "attachment")
            container.add_attachment(name, attached.mimetype or "application/octet-stream", attached.data)


def _works(tracks: Tracks, index: int, way: str, kind: str) -> bool:
    """Whether the beginning of a track can be written so, and the file ended."""
    with tracks.again() as again:
        try:
            with av.open(io.BytesIO(), "w", format=kind) as container:
                carried = Carried(container, again.container.streams[index], way)
                for time, packet in islice(again.packets(Fraction(0), None), TRIED):
                    if packet.stream_index == index:
                        container.mux([each for _, each in carried.packets(time, packet)])
                container.mux([each for _, each in carried.flush()])
        except (av.error.FFmpegError, ValueError, TypeError):
            return False
    return True


def _name(stream: Any) -> str:
    return stream.codec_context.name if getattr(stream, "codec_context", None) else "unknown"


def _plain(encoder: str) -> str:
    return {"flac": "FLAC, without loss", "aac": "AAC", "libopus": "Opus"}[encoder]
