"""Starting what is to be disturbed, and comparing what comes of it."""

import os
import subprocess
import sys
from pathlib import Path

from contents import contents
from subjects import ROOT, Subject

LONGEST = 600


def start(subject: Subject, folder: Path, log: Path) -> subprocess.Popen:
    """The command that fits what stands in a folder, as a process of its own; what it says is added to `log`."""
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", *subject.again(folder)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def finish(subject: Subject, folder: Path, log: Path) -> None:
    """Let it come to its end; raises AssertionError with what it said where it fails."""
    status = start(subject, folder, log).wait(timeout=LONGEST)
    assert status == 0, f"status {status}: {log.read_text(errors='replace')[-1500:]}"


def outcome(folder: Path) -> dict[str, object]:
    """What a command has made, and what it has left of the photos that it was given."""
    return {f"{place}/{name}": what for place in ("out", "photos") for name, what in contents(folder / place).items()}


def different(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """Files that only one has, or whose contents differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
