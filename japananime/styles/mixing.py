"""Styles mixed: the weighted mean of the weights of several networks of one kind.

Styles that were trained from one ancestor lie near enough to each other that what is between them is a style as well.
"""

import math
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from japananime.base.errors import UserError
from japananime.base.user_folders import cache_folder
from japananime.styles import weights

# The least likeness of styles of one ancestor. Those that are bundled have 0.97 and more, two networks that began alike
# and were trained for different things 0.73.
KIN = 0.9


def parts(text: str) -> list[tuple[str, float]]:
    """[(style, its share)] of "daylight:0.6+pastel:0.4"; shares sum to 1, and are equal where none is said."""
    found: list[tuple[str, float]] = []
    for part in text.split("+"):
        name, colon, share = part.rpartition(":")
        name, share = (name, share) if colon else (share, "1")
        try:
            value = float(share)
        except ValueError:
            value = math.nan
        if not name or not (math.isfinite(value) and value > 0):
            raise UserError(f"--style is '{text}': accepted as a mixture: STYLE:SHARE+STYLE:SHARE, with shares over 0")
        found.append((name, value))
    total = sum(share for _, share in found)
    return [(name, share / total) for name, share in found]


def places() -> tuple[Path, Path]:
    """The folder that keeps mixtures, each made once, and the one in place of a home that is not writable."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    return cache_folder() / "mixtures", Path(tempfile.gettempdir(), f"japananime-mixtures-{user}")


def place() -> Path:
    """The one of `places` that can be had, made if it is not there."""
    usual, other = places()
    try:
        usual.mkdir(parents=True, exist_ok=True)
    except OSError:
        other.mkdir(mode=0o700, exist_ok=True)
        status = other.lstat()
        if hasattr(os, "getuid") and (not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid()):
            # Where all may write, somebody else's styles could lie ready under this name.
            raise UserError(f"'{other}' is somebody else's; set XDG_CACHE_HOME to a folder of yours") from None
        return other
    return usual


def average(sources: Sequence[Path], shares: Sequence[float], target: Path) -> None:
    """Write a `.weights.h5` with the mean of others, tensor by tensor, in half precision as they are.

    sources: paths of files with the same tensors. shares: what each counts, summing to 1.
    """
    tables = [_tensors(source) for source in sources]
    shapes = [{name: values.shape for name, values in table.items()} for table in tables]
    if any(shape != shapes[0] for shape in shapes):
        raise UserError(f"the weights of {' and '.join(map(str, sources))} differ in shape: they cannot be mixed")
    for source, table in zip(sources, tables, strict=True):
        if (likeness := _likeness(tables[0], table)) < KIN:
            raise UserError(
                f"the weights of {sources[0]} and {source} have no ancestor in common: their likeness is "
                f"{likeness:.2f}, at least {KIN} is needed; what lies between them is no style"
            )
    target.write_bytes(Path(sources[0]).read_bytes())
    with h5py.File(target, "r+") as file:
        for name in tables[0]:
            parts = [share * table[name].astype(np.float64) for share, table in zip(shares, tables, strict=True)]
            file[name][...] = sum(parts, np.zeros_like(parts[0])).astype(file[name].dtype)


def _likeness(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """The cosine of the angle between all kernels of two networks: 1 where they are the same but for a factor."""
    kernels = [name for name, values in one.items() if values.ndim > 1]
    pair = [np.concatenate([table[name].ravel().astype(np.float64) for name in kernels]) for table in (one, other)]
    lengths = math.prod(float(np.linalg.norm(values)) for values in pair)
    return float(pair[0] @ pair[1]) / lengths if lengths else 1.0


def _tensors(path: Path) -> dict[str, np.ndarray]:
    weights.check(path)
    found = {}

    def collect(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(collect)
    return found
