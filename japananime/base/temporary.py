"""What lies beside the work until it is whole, under names by which a later run knows it for japananime's own."""

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

# Short whatever it will be called in the end, since names have a longest length.
PREFIX, FILE, FOLDER = ".japananime-", ".part", ".writing"
# Seconds after which nobody goes on writing a file: pictures take moments.
ABANDONED = 3600
OWN = re.compile(r"\.japananime-[0-9a-z_]{8}\.(part|writing)")


def new_file(folder: Path) -> tuple[int, Path]:
    """(open descriptor, path) of a new file in a folder."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=PREFIX, suffix=FILE)
    return descriptor, Path(name)


def new_folder(folder: Path) -> Path:
    """A new folder in a folder."""
    return Path(tempfile.mkdtemp(dir=folder, prefix=PREFIX, suffix=FOLDER))


def working_folder(folder: Path) -> tempfile.TemporaryDirectory:
    """A new folder in a folder, for a `with`, at whose end it is gone."""
    return tempfile.TemporaryDirectory(dir=folder, prefix=PREFIX, suffix=FOLDER)


def clear_abandoned(folders: Iterable[Path]) -> None:
    """`clear` for folders that other runs may be writing to as well; what cannot be removed stays."""
    for folder in set(folders):
        with contextlib.suppress(OSError):
            clear(folder, ABANDONED)


def is_own(path: Path) -> bool:
    """Whether a name is one of those that are given here."""
    return OWN.fullmatch(path.name) is not None


def clear(folder: Path, age: float = 0.0) -> None:
    """Remove what killed runs left right in a folder. Neither what lies deeper nor what a link leads to is touched.

    age: seconds for which nothing has been written to it; where another run may be at work, ABANDONED.
    """
    for path in [path for path in folder.iterdir() if is_own(path) and not path.is_symlink()]:
        if age and time.time() - path.stat().st_mtime < age:
            continue
        if path.suffix == FILE and path.is_file():
            path.unlink()
        elif path.suffix == FOLDER and path.is_dir():
            shutil.rmtree(path)
