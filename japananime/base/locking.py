"""One process at a time in a folder."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from japananime.base.errors import UserError

LOCK = ".japananime-lock"


@contextlib.contextmanager
def exclusive_lock(folder: Path, flag: str) -> Iterator[None]:
    """Hold a folder for as long as this lasts; raises UserError where another process does.

    flag: the one that named the folder. The system lets go of it when a process ends, however it ends.
    """
    path = folder / LOCK
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _take(descriptor)
        except OSError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise UserError(f"{flag} is '{folder}', where {who} is at work; end that first, or name another") from error
        # It may have been taken of a file that its holder removed in the meantime.
        if _same(descriptor, path):
            break
        os.close(descriptor)
    try:
        with contextlib.suppress(OSError):  # on a full disk it is held all the same, namelessly
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file: there it stays, and does no harm
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _take(descriptor: int) -> None:
    """Lock an open file, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        # A byte behind the process's number, which others may then read.
        os.lseek(descriptor, 1000, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
