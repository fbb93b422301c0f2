"""Films read for being made anew: every frame with its exact time, upright, in its true colours, none left out.

The dataset tools look at films through `films`; here nothing may be lost on the way.
"""

import contextlib
import functools
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from japananime.base.errors import UserError
from japananime.image.files import Picture
from japananime.video import reading
from japananime.video.frames import SMALL, Colors, Moment

ACCURATE = (
    Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)
# From H.273's numbers to FFmpeg's scaler's; both kinds of BT.601 are one matrix, and so are both of BT.2020.
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
UNSPECIFIED, BT709, BT601 = 2, 1, 6
# Unmarked films wider or higher than this are taken for BT.709, others for BT.601, as players do.
STANDARD_DEFINITION = (1279, 576)
PROBED = 4  # frames looked at to tell what a film is like
# Containers that count milliseconds cannot hold the times of 24000/1001 frames per second.
COARSE = Fraction(1, 1000)
LONGEST_LAST = 10  # seconds; a later end is that of something else


@dataclass(frozen=True)
class Footage:
    """What a film is like. width, height: of the upright picture. stretch: width of a pixel to its height.

    origin: seconds at which the container's clock starts, taken off all times. time_base: of the times of its
    frames, in seconds. tracks: numbers of the audio and subtitle streams.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    time_base: Fraction
    seconds: float | None
    colors: Colors
    stretch: Fraction
    alpha: bool
    interlaced: bool
    stream: int
    tracks: tuple[int, ...]
    origin: Fraction
    end: Fraction | None

    @property
    def frames(self):
        """How many, about; or None."""
        return round(self.seconds * self.rate) if self.seconds else None

    def moments(self, start=0, end=None, *, exact=False):
        """Every frame of the film between two times in seconds, as Moments.

        Damaged frames come too, marked broken, as far as they can be told. exact: put times that the container has
        rounded to milliseconds back on the grid of its frame rate.
        """
        with reading.open_container(self.path) as container:
            stream = container.streams[self.stream]
            stream.thread_type = "AUTO"
            if start:
                early = max(0, int((start - reading.SEEK_EARLY + self.origin) / stream.time_base))
                with contextlib.suppress(av.error.FFmpegError):  # then it is read from the beginning
                    container.seek(early, stream=stream)
            snap = self._grid() if exact and not start else None
            number, previous, good = 0, None, None
            for time, duration, image in self._timed(_decoded(container, stream, self.alpha)):
                # A frame is in the excerpt if it is on the screen at some moment of it.
                if time + duration <= start:
                    previous = image or previous
                    continue
                if end is not None and time >= end:
                    break
                broken = image is None or bool(image.is_corrupt)
                if broken:
                    image = previous or image
                if image is None:
                    continue  # the film begins with what cannot be decoded
                good = number if not broken or good is None else good
                time = snap(time) if snap else time
                load = functools.partial(picture, image, self.colors, self.alpha)
                yield Moment(number, time, duration, load, functools.partial(_small, image), broken, good)
                number, previous = number + 1, image

    def _grid(self):
        """A function that puts a rounded time where its frame belongs, or None where that cannot be told."""
        if self.time_base != COARSE:
            return None
        first = None

        def snap(time):
            nonlocal first
            first = time if first is None else first
            there = first + round((time - first) * self.rate) / self.rate
            return there if abs(there - time) <= COARSE else time

        return snap

    def _timed(self, decoded):
        """(time in seconds, duration, image or None), times always growing; a frame is shown until the next one."""
        usual, waiting = 1 / self.rate, None
        decoded = _deinterlaced(decoded) if self.interlaced else decoded
        for stamp, ticks, image in decoded:
            last = waiting and waiting[0]
            if stamp is None:
                time = last + usual if last is not None else Fraction(0)
            else:
                time = stamp * self.time_base - self.origin
                if last is not None and time <= last:
                    time = last + self.time_base
            if waiting:
                yield waiting[0], time - waiting[0], waiting[2]
            waiting = time, ticks * self.time_base if ticks else usual, image
        if waiting:
            time, duration, image = waiting
            # What a container says of the last frame's duration may be that of another, if frames are reordered in it.
            rest = self.end - time if self.end is not None else duration
            yield time, rest if 0 < rest < LONGEST_LAST else duration, image


def open_footage(path):
    """The Footage in a file; raises UserError with the reason where there is none."""
    with reading.open_container(path) as container:
        moving = [stream for stream in container.streams.video if not _is_cover(stream)]
        if not moving:
            raise UserError(f"{path}: has no moving pictures in it, only a cover")
        stream = moving[0]
        alpha = stream.metadata.get("alpha_mode") == "1" and stream.codec_context.name.startswith(("vp8", "vp9"))
        images = [image for _, _, image in islice(_decoded(container, stream, alpha), PROBED) if image]
        if not images:
            raise UserError(f"{path}: not one frame can be decoded")
        image = images[0]
        sideways = round(image.rotation / 90) % 2
        stretch = stream.sample_aspect_ratio or Fraction(1)
        origin = Fraction(0)
        if not {"mov", "mp4", "matroska", "webm"} & set(container.format.name.split(",")):
            origin = Fraction(max(container.start_time or 0, 0), av.time_base)
            origin = int(origin / stream.time_base) * stream.time_base
        duration = stream.duration * stream.time_base if stream.duration else (container.duration or 0) / av.time_base
        return Footage(
            path=Path(path),
            width=image.height if sideways else image.width,
            height=image.width if sideways else image.height,
            rate=stream.average_rate or stream.guessed_rate or Fraction(25),
            time_base=stream.time_base,
            seconds=float(duration) or None,
            colors=_colors(image),
            stretch=1 / stretch if sideways else stretch,
            alpha=alpha or any(component.is_alpha for component in image.format.components),
            interlaced=any(image.interlaced_frame for image in images),
            stream=stream.index,
            tracks=tuple(other.index for other in container.streams if other.type in ("audio", "subtitle")),
            origin=origin,
            end=_end(stream, origin),
        )


def picture(image, colors, alpha):
    """A decoded frame as an upright Picture, its colours by the film's own matrix and range."""
    pixels = _reformat(image, "rgba" if alpha else "rgb24", colors)
    pixels = np.rot90(pixels, round(image.rotation / 90))
    if alpha:
        return Picture(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Picture(np.ascontiguousarray(pixels))


def _reformat(image, kind, colors):
    matrix = MATRICES.get(colors.matrix, MATRICES[BT601])
    source = ColorRange.JPEG if colors.full else ColorRange.MPEG
    made = reading.reformatter().reformat(
        image,
        format=kind,
        src_colorspace=matrix,
        src_color_range=source,
        dst_color_range=ColorRange.JPEG,
        interpolation=ACCURATE,
        threads=1,
    )
    return made.to_ndarray()


def _small(image):
    width = SMALL
    height = max(1, round(image.height * width / image.width))
    return VideoReformatter().reformat(image, width, height, "rgb24", interpolation="AREA", threads=1).to_ndarray()


def _colors(image):
    """How a frame's numbers mean colours; what it does not say is guessed as players do."""
    name = image.format.name
    if image.format.is_rgb:
        return Colors(matrix=BT709, full=False, primaries=1, transfer=13)
    matrix = image.colorspace
    if matrix not in MATRICES:
        width, height = STANDARD_DEFINITION
        matrix = BT709 if image.width > width or image.height > height else BT601
    full = name.startswith("yuvj") or image.color_range == ColorRange.JPEG
    return Colors(int(matrix), full, int(image.color_primaries), int(image.color_trc))


def _end(stream, origin):
    """When the last frame is over, in seconds, where the container says so."""
    if not stream.duration:
        return None
    return ((stream.start_time or 0) + stream.duration) * stream.time_base - origin


def _is_cover(stream):
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _decoded(container, stream, alpha):
    """(stamp, duration in ticks, image) of every frame; image is None for one that is lost.

    A lost frame is one whose packet was there, and whose picture did not come after the decoder had complained. Not all
    packets are pictures, so that without a complaint nothing is missed.
    """
    # FFmpeg's own decoder of VP8 and VP9 passes the transparency over.
    decoder = stream.codec_context
    if alpha and decoder.name in ("vp8", "vp9"):
        decoder = av.CodecContext.create("libvpx-vp9" if decoder.name == "vp9" else "libvpx", "r")
        decoder.extradata = stream.codec_context.extradata
    waiting, complaints, last = {}, 0, None
    packets = container.demux(stream)
    ended = False
    while not ended:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            packet, ended = None, True
        if packet is not None and packet.size == 0:
            packet, ended = None, True
        if packet is not None and packet.pts is not None and not packet.is_discard:
            waiting[packet.pts] = packet.duration
        try:
            images = decoder.decode(packet)
        except av.error.FFmpegError:
            complaints += 1
            continue
        for image in images:
            stamp = image.pts
            if stamp is not None:
                for lost in sorted(known for known in waiting if known < stamp):
                    ticks = waiting.pop(lost)
                    if complaints and (last is None or lost > last):
                        complaints -= 1
                        yield lost, ticks, None
                waiting.pop(stamp, None)
                last = stamp
            yield stamp, image.duration, image
    for lost in sorted(waiting)[:complaints]:
        if last is None or lost > last:
            yield lost, waiting[lost], None


def _deinterlaced(decoded):
    """The same frames with both halves from one moment; as many as came in, each with its own stamp."""
    graph, queued = None, []
    for stamp, ticks, image in decoded:
        if image is None:
            queued.append((stamp, ticks, True))
            continue
        if graph is None:
            graph = av.filter.Graph()
            image.time_base = image.time_base or Fraction(1, 1000)
            source = graph.add_buffer(
                width=image.width, height=image.height, format=image.format, time_base=image.time_base
            )
            graph.link_nodes(
                source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
            ).configure()
        queued.append((stamp, ticks, False))
        graph.vpush(image)
        yield from _pulled(graph, queued)
    if graph is not None:
        graph.vpush(None)
        yield from _pulled(graph, queued)


def _pulled(graph, queued):
    while True:
        try:
            image = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        while queued and queued[0][2]:
            stamp, ticks, _ = queued.pop(0)
            yield stamp, ticks, None
        stamp, ticks, _ = queued.pop(0)
        yield stamp, ticks, image
