"""The temporary folder of a page: one for each process; those of killed pages are removed at the next start."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

OWN = re.compile(r"japananime-page-(\d+)-\w{8}")


@contextlib.contextmanager
def page_folder() -> Iterator[Path]:
    """A folder for what visitors send and what is made of it, removed in the end."""
    with tempfile.TemporaryDirectory(prefix=f"japananime-page-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def clear() -> None:
    """Remove the folders of pages that run no more; only this person's."""
    for folder in Path(tempfile.gettempdir()).iterdir():
        if (named := OWN.fullmatch(folder.name)) and folder.is_dir() and not folder.is_symlink():
            with contextlib.suppress(OSError):  # gone meanwhile
                status = folder.lstat()
                if _is_mine(status) and not _runs(int(named[1]), status.st_mtime):
                    shutil.rmtree(folder, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def _is_mine(status):
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


def _runs(number, changed):
    """Whether a process of this number runs that was there when its folder was last changed."""
    try:
        return psutil.Process(number).create_time() <= changed + 1
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # somebody else's: better too careful
        return True
