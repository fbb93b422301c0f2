"""The pictures in a film's packets, none left out: lost ones are named, halves of two moments are made one picture."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from japananime.video.recordings import Clock

# FFmpeg's own decoders of these pass the transparency over.
DECODERS_OF_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


@dataclass(frozen=True)
class Decoded:
    """stamp: the container's time, or None; ticks: how long it is shown; image: None for one that is lost."""

    stamp: int | None
    ticks: int
    image: av.VideoFrame | None


def decoded(container: InputContainer, stream: VideoStream, alpha: bool, clock: Clock) -> Iterator[Decoded]:
    """Every frame of a stream.

    A lost frame is one whose packet was there, and whose picture did not come after the decoder had complained, or
    where pictures change their size, at which some decoders drop without a word what they have ready. Not all packets
    are pictures, so that elsewhere nothing is missed.
    """
    decoder = _decoder(stream, alpha)
    waiting: dict[int, int] = {}
    complaints, last, size = 0, None, None
    for packet in _packets(container, stream):
        if packet is not None:
            clock.adjust(packet)
            if packet.pts is not None and not packet.is_discard:
                waiting[packet.pts] = packet.duration or 0
        try:
            images = decoder.decode(packet)
        except av.error.FFmpegError:
            complaints += 1
            continue
        for image in images:
            stamp = image.pts
            resized = size is not None and size != (image.width, image.height)
            size = image.width, image.height
            if stamp is not None:
                for lost in sorted(known for known in waiting if known < stamp):
                    ticks = waiting.pop(lost)
                    if (complaints or resized) and (last is None or lost > last):
                        complaints = max(0, complaints - 1)
                        yield Decoded(lost, ticks, None)
                waiting.pop(stamp, None)
                last = stamp
            yield Decoded(stamp, image.duration, image)
    for lost in sorted(waiting)[:complaints]:
        if last is None or lost > last:
            yield Decoded(lost, waiting[lost], None)


def _decoder(stream: VideoStream, alpha: bool) -> VideoCodecContext:
    own = stream.codec_context
    if not alpha or own.name not in DECODERS_OF_ALPHA:
        return own
    decoder = av.CodecContext.create(DECODERS_OF_ALPHA[own.name], "r")
    decoder.extradata = own.extradata
    decoder.options = own.options
    return decoder  # type: ignore[return-value]  # of a video codec's name a video codec's context is made


def _packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet | None]:
    """All packets up to the end of what can be read, and None, at which the decoder gives what it has left."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            break
        if packet.size == 0:
            break
        yield packet
    yield None


def deinterlaced(frames: Iterable[Decoded]) -> Iterator[Decoded]:
    """The same frames with both halves from one moment; as many as came in, each with its own stamp."""
    graph, size = None, None
    queued: list[Decoded] = []
    for frame in frames:
        image = frame.image
        queued.append(frame)
        if image is None:
            continue
        if graph is not None and size != (image.width, image.height, image.format.name):
            queued.pop()
            yield from _drained(graph, queued)
            graph, queued = None, [frame]
        if graph is None:
            graph, size = _deinterlacer(image), (image.width, image.height, image.format.name)
        graph.vpush(image)
        yield from _pulled(graph, queued)
    if graph is not None:
        yield from _drained(graph, queued)
    yield from queued


def _deinterlacer(image: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    image.time_base = image.time_base or Fraction(1, 1000)
    source = graph.add_buffer(width=image.width, height=image.height, format=image.format, time_base=image.time_base)
    steps = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    graph.link_nodes(source, *steps).configure()
    return graph


def _drained(graph: av.filter.Graph, queued: list[Decoded]) -> Iterator[Decoded]:
    graph.vpush(None)
    yield from _pulled(graph, queued)


def _pulled(graph: av.filter.Graph, queued: list[Decoded]) -> Iterator[Decoded]:
    """What the graph has ready, each with the stamp of the frame that it was made of, and the lost ones in between."""
    while True:
        try:
            image = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        while queued and queued[0].image is None:
            yield queued.pop(0)
        frame = queued.pop(0)
        yield Decoded(frame.stamp, frame.ticks, image)
