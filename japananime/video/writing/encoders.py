"""Who makes a codec's films: the software that FFmpeg brings, or a part of the machine made for it, where it opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import av
import numpy as np

from japananime.base.errors import UserError
from japananime.video.writing import joining
from japananime.video.writing.codecs import CODECS, Codec

AUTO = "auto"
# What FFmpeg's names for the usual encoders are on the command line.
SOFTWARE = {"h264": "x264", "h265": "x265", "vp9": "vpx", "av1": "svt"}
# x264's presets that may be taken in order to keep up, the usual one first: each is quicker, and its files are larger.
PRESETS: Mapping[str, Sequence[str]] = {"libx264": ("veryfast", "superfast", "ultrafast")}
TRIED = 2  # frames


@dataclass(frozen=True)
class Hardware:
    """An encoder in hardware. name: on the command line; family: the end of FFmpeg's names for it.

    quality: its setting that goes the way of --crf. pixels: the format of pictures that it takes.
    """

    name: str
    family: str
    quality: str
    pixels: str
    options: Mapping[str, str]


HARDWARE = (
    Hardware("nvenc", "nvenc", "cq", "yuv420p", {"preset": "p4", "rc": "vbr", "b": "0"}),
    Hardware("qsv", "qsv", "global_quality", "nv12", {"preset": "veryfast"}),
    Hardware("amf", "amf", "qp_p", "nv12", {"rc": "cqp", "quality": "balanced"}),
)
# The codecs that these are for, by the beginning of FFmpeg's names for them.
IN_HARDWARE = {"h264": "h264", "h265": "hevc", "av1": "av1"}
NAMES = (AUTO, *SOFTWARE.values(), *(one.name for one in HARDWARE))


def names(codec: str) -> list[str]:
    """What may be said of a codec's encoder."""
    if codec not in SOFTWARE:
        return [AUTO]
    return [AUTO, SOFTWARE[codec], *(one.name for one in HARDWARE if codec in IN_HARDWARE)]


def check(name: str | None, codec: str) -> None:
    """Raise UserError where a codec has no such encoder."""
    if name is not None and name not in names(codec):
        raise UserError(f"--encoder is {name}; with --codec {codec} it must be {', '.join(names(codec))}")


def made_with(codec: Codec, name: str | None, preset: str | None = None) -> Codec:
    """The codec made by one of its encoders, its own where the name is None or `auto`; preset: None for the usual."""
    hardware = next((one for one in HARDWARE if one.name == name), None)
    if hardware is None:
        return replace(codec, options={**codec.options, "preset": preset}) if preset else codec
    assert codec.quality
    return replace(
        codec,
        encoder=f"{IN_HARDWARE[codec.name]}_{hardware.family}",
        quality=replace(codec.quality, name=hardware.quality),
        even=hardware.pixels,
        odd=hardware.pixels,
        options=dict(hardware.options),
    )


def fault(codec: Codec, width: int, height: int, crf: int | None = None) -> str | None:
    """Why a codec's encoder does not take pictures of a size, tried on a few; None where it does."""
    if width % 2 or height % 2:
        return f"{width}×{height} has an odd side"
    try:
        context = av.CodecContext.create(codec.encoder, "w")
        context.width, context.height = width, height  # type: ignore[attr-defined]  # it is one of pictures
        context.pix_fmt, context.framerate = codec.even, 25  # type: ignore[attr-defined]
        context.time_base, context.options = Fraction(1, 25), codec.encoder_options(crf, False)
        packets = []
        for number in range(TRIED):
            gray = np.full((height, width, 3), 100 + number, np.uint8)
            image = av.VideoFrame.from_ndarray(gray, format="rgb24").reformat(format=codec.even)
            image.pts, image.time_base = number, context.time_base
            packets += context.encode(image)  # type: ignore[attr-defined]
        packets += context.encode(None)  # type: ignore[attr-defined]
    except (av.error.FFmpegError, ValueError, OSError) as error:
        return joining.message(error)
    return None if len(packets) == TRIED else f"{TRIED} frames became {len(packets)}"


def chosen(wanted: str, codec: str, width: int, height: int, crf: int | None) -> tuple[str, str]:
    """(name, a sentence): the encoder that is taken where one is wanted, tried at a film's size, and why."""
    own = SOFTWARE.get(codec)
    if own is None or wanted == own:
        return wanted, ""
    faults = []
    for name in names(codec)[2:] if wanted == AUTO else [wanted]:
        made = made_with(CODECS[codec], name)
        wrong = fault(made, width, height, crf)
        if wrong is None:
            return name, f"{made.encoder} opens here and is taken"
        faults.append(f"{made.encoder} ({wrong})")
    tried = "none of " if len(faults) > 1 else ""
    rest = "opens" if len(faults) != 1 else "does not open"
    return own, f"{tried}{', '.join(faults)} {rest} here; {CODECS[codec].encoder} is taken" if faults else ""
