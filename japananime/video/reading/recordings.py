"""Recordings joined end to end in one file, each with times from its own beginning, put on one clock.

Broadcasts and discs (.ts, .vob) are often so. Pictures and sound of a recording are moved by the same amount.
"""

from collections.abc import Sequence
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

# Containers that are mere rows of packets, so that files can be joined by writing one behind the other.
JOINABLE = {"mpegts", "mpeg"}
# Seconds; decoding times that jump back by more are those of another recording.
JUMP = 1


class Clock:
    """Moves the packets of one pass through a container, in its order, onto the clock of the first recording.

    offsets: seconds to add in every recording; see `find_offsets`.
    """

    def __init__(self, offsets: Sequence[Fraction]):
        self._offsets = offsets
        self._recording: dict[int, int] = {}
        self._last: dict[int, Fraction] = {}

    def adjust(self, packet: Packet) -> None:
        """Change the packet's times."""
        if len(self._offsets) == 1 or packet.dts is None:
            return
        stream, time = packet.stream_index, packet.dts * packet.time_base
        number = self._recording.get(stream, 0)
        if time < self._last.get(stream, time) - JUMP:
            number = min(number + 1, len(self._offsets) - 1)
        self._recording[stream], self._last[stream] = number, time
        shift = round(self._offsets[number] / packet.time_base)
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift


def find_offsets(container: InputContainer, stream: VideoStream, usual: Fraction) -> tuple[Fraction, ...]:
    """Seconds to add to the times of every recording in a container, so that each begins where the one before ends.

    A container that may hold several is read through, without decoding. usual: duration of a frame in seconds.
    """
    offsets = [Fraction(0)]
    if container.format.name not in JOINABLE:
        return tuple(offsets)
    spans: list[list[Fraction]] = []
    last = None
    try:
        for packet in container.demux(stream):
            if packet.dts is None:
                continue
            base = packet.time_base
            begin = (packet.dts if packet.pts is None else packet.pts) * base
            end = begin + (packet.duration * base if packet.duration else usual)
            time = packet.dts * base
            if last is None or time < last - JUMP:
                spans.append([begin, end])
            spans[-1] = [min(begin, spans[-1][0]), max(end, spans[-1][1])]
            last = time
    except av.error.FFmpegError:
        pass  # what can be read ends here; who decodes it says so
    for before, after in zip(spans, spans[1:], strict=False):
        offsets.append(offsets[-1] + before[1] - after[0])
    return tuple(offsets)
