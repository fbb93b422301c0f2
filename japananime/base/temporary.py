"""What lies beside the work until it is whole, under names by which a later run knows it for japananime's own."""

import contextlib
import functools
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from pathlib import Path

# Short whatever it will be called in the end, since names have a longest length.
PREFIX, FILE, FOLDER = ".japananime-", ".part", ".writing"
# Seconds after which nobody goes on writing a file: pictures take moments.
ABANDONED = 3600
OWN = re.compile(r"\.japananime-([0-9a-f]{8}-)?[0-9a-z_]{8}\.(part|writing)")
# What names begin with besides: the mark of what this is done for, if it has one.
_mark: ContextVar[str] = ContextVar("_mark", default="")


@contextlib.contextmanager
def marked(mark: str) -> Iterator[None]:
    """Give what is made here, and in this thread, names that `clear` knows by a mark: 8 hexadecimal digits.

    Whoever gave it can so remove what a process has left that was killed, without waiting for an hour.
    """
    before = _mark.set(f"{mark}-")
    try:
        yield
    finally:
        _mark.reset(before)


def new_file(folder: Path) -> tuple[int, Path]:
    """(open descriptor, path) of a new file in a folder."""
    _clear_once(folder)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=PREFIX + _mark.get(), suffix=FILE)
    return descriptor, Path(name)


def new_folder(folder: Path) -> Path:
    """A new folder in a folder."""
    _clear_once(folder)
    return Path(tempfile.mkdtemp(dir=folder, prefix=PREFIX + _mark.get(), suffix=FOLDER))


def working_folder(folder: Path) -> tempfile.TemporaryDirectory:
    """A new folder in a folder, for a `with`, at whose end it is gone."""
    _clear_once(folder)
    return tempfile.TemporaryDirectory(dir=folder, prefix=PREFIX + _mark.get(), suffix=FOLDER)


@functools.cache
def _clear_once(folder: Path) -> None:
    """Whatever writes into a folder, what a killed run left there goes before."""
    clear_abandoned([folder])


def clear_abandoned(folders: Iterable[Path]) -> None:
    """`clear` for folders that other runs may be writing to as well; what cannot be removed stays."""
    for folder in set(folders):
        with contextlib.suppress(OSError):
            clear(folder, ABANDONED)


def is_own(path: Path) -> bool:
    """Whether a name is one of those that are given here."""
    return OWN.fullmatch(path.name) is not None


def clear(folder: Path, age: float = 0.0, mark: str = "") -> None:
    """Remove what killed runs left right in a folder. Neither what lies deeper nor what a link leads to is touched.

    age: seconds for which nothing has been written to it; where another run may be at work, ABANDONED. mark: only what
    was made under it, see `marked`.
    """
    start = f"{PREFIX}{mark}-" if mark else PREFIX
    for path in [path for path in folder.iterdir() if is_own(path) and not path.is_symlink()]:
        if not path.name.startswith(start):
            continue
        if age and time.time() - path.stat().st_mtime < age:
            continue
        if path.suffix == FILE and path.is_file():
            path.unlink()
        elif path.suffix == FOLDER and path.is_dir():
            shutil.rmtree(path)
