"""How large a film's pictures may be, asked before one is decoded, and held to while they are."""

from pathlib import Path

import psutil
from av.video.codeccontext import VideoCodecContext

from japananime.base.errors import UserError

# Bytes that a pixel takes, about: the decoder's pictures, those that wait, the network's margins, and the encoder's.
PIXEL = 60
# And what it takes besides where pictures are steadied: those that are carried, the flow, and what is computed of them.
STEADIED = 100
# Bytes that are always to be had: a small --max-memory is meant for the network, whose tiles it makes small.
LEAST = 64_000_000


def check(path: Path | str, width: int, height: int, memory: int | None, each: int = PIXEL) -> None:
    """Raise UserError where pictures of a size take more than so many bytes, or (None) than half of what is free.

    each: bytes that a pixel takes.
    """
    most = _most(memory)
    if width * height * each > most:
        raise UserError(
            f"{path}: pictures of {width}×{height} pixels take about {width * height * each / 1e9:.2f} GB of memory, "
            f"and {most / 1e9:.2f} GB may be used (--max-memory, where the command has it, allows more; a copy "
            "scaled down, as by ffmpeg -i IN -vf scale=1280:-2 OUT, takes less)"
        )


def limit(decoder: VideoCodecContext, memory: int | None) -> None:
    """Let a decoder that is not open yet take what turns out far larger than its film said at its beginning for damage.

    Twice as much is let through, since decoders count what they add to a picture's sides.
    """
    decoder.options = {**decoder.options, "max_pixels": str(min(2 * _most(memory) // PIXEL, 2**31 - 1))}


def _most(memory: int | None) -> int:
    return max(memory or psutil.virtual_memory().available // 2, LEAST)
