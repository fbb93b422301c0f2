"""What a folder holds, without what must differ from run to run: when, how fast, and under which random number."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from japananime.base import locking

# Columns of history.csv that tell of the machine and not of the training.
TIMES = ("seconds", "second", "minutes", "memory", "waiting")

# What is drawn or told of times; and a lock, which nobody holds any more.
PASSED_BY = ("report.md", "report.html", "losses.png", locking.LOCK)


def contents(folder: Path) -> dict[str, object]:
    """{path below the folder: what is in the file}, of all files but PASSED_BY and TensorBoard's."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        if path.name.startswith("events.out") or path.name in PASSED_BY:
            continue
        read = READERS.get(path.name) or READERS.get(path.suffix) or _bytes
        found[path.relative_to(folder).as_posix()] = read(path)
    return found


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _state(path: Path) -> dict[str, str]:
    with np.load(path) as arrays:
        names = [name for name in arrays.files if name not in ("meta", "sha256")]
        return {name: hashlib.sha256(arrays[name].tobytes()).hexdigest() for name in names}


def _history(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: text for name, text in row.items() if not any(word in name for word in TIMES)} for row in rows]


def _film(path: Path) -> list[tuple[int | None, str]]:
    """Packets with their times; the file besides has a random number of its own."""
    with av.open(str(path)) as container:
        return [(packet.pts, hashlib.sha256(bytes(packet)).hexdigest()) for packet in container.demux() if packet.size]


def _measures(path: Path) -> list[str]:
    """What was measured, without the places of the files, which lie in another folder."""
    return sorted(json.dumps(value, sort_keys=True) for value in json.loads(path.read_text(encoding="utf-8")).values())


READERS: dict[str, Callable[[Path], object]] = {
    ".npz": _state, "history.csv": _history, ".mkv": _film, "measures.json": _measures,
}  # fmt: skip
