"""How large a film's pictures may be, asked before one is decoded."""

from pathlib import Path

import psutil

from japananime.base.errors import UserError

# Bytes that a pixel takes, about: the decoder's pictures, those that wait, the network's margins, and the encoder's.
PIXEL = 60
# Bytes that are always to be had: a small --max-memory is meant for the network, whose tiles it makes small.
LEAST = 64_000_000


def check(path: Path | str, width: int, height: int, memory: int | None) -> None:
    """Raise UserError where pictures of a size take more than so many bytes, or (None) than half of what is free."""
    most = max(memory or psutil.virtual_memory().available // 2, LEAST)
    if width * height * PIXEL > most:
        raise UserError(
            f"{path}: pictures of {width}×{height} pixels take about {width * height * PIXEL / 1e9:.2f} GB of memory, "
            f"and {most / 1e9:.2f} GB may be used (--max-memory, where the command has it)"
        )
