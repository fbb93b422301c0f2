"""A film's sound and subtitles, copied as they lie in it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from av.packet import Packet
from av.stream import Stream

from japananime.video.reading import containers
from japananime.video.reading.recordings import Clock


class Tracks:
    """The streams of a film besides its pictures. A context manager.

    numbers: of the streams. origin, offsets: of the film's times, as FilmSource has them.
    """

    def __init__(self, path: Path, numbers: Sequence[int], origin: Fraction, offsets: Sequence[Fraction]):
        self._path, self._numbers, self._origin, self._offsets = path, numbers, origin, offsets
        self.container = containers.open_container(path)
        self.streams: list[Stream] = [self.container.streams[number] for number in numbers]

    def again(self) -> "Tracks":
        """The same, to be read from the beginning."""
        return Tracks(self._path, self._numbers, self._origin, self._offsets)

    def __enter__(self) -> "Tracks":
        return self

    def __exit__(self, *error: object) -> None:
        self.container.close()

    def packets(self, begin: Fraction, end: Fraction | None) -> Iterator[tuple[Fraction, Packet]]:
        """(time of decoding in seconds, packet) of all tracks between two times, which begin at 0 then."""
        if not self.streams:
            return
        clock = Clock(self._offsets)
        last: dict[int, Fraction] = {}
        for packet in self.container.demux(self.streams):
            if packet.dts is None or packet.size == 0:
                continue
            clock.adjust(packet)
            base, number = packet.time_base, packet.stream_index
            time = (packet.dts if packet.pts is None else packet.pts) * base - self._origin
            if end is not None and not begin <= time < end:
                continue
            shift = round((self._origin + begin) / base)
            packet.dts -= shift
            if packet.pts is not None:
                packet.pts -= shift
            decoded_at = packet.dts * base
            # Where a recording follows another, the sound of the first may last a little longer than its pictures.
            if len(self._offsets) > 1 and decoded_at <= last.get(number, decoded_at - 1):
                continue
            last[number] = decoded_at
            yield decoded_at, packet
