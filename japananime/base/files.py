"""Files and folders: one walk through them, one way of writing a file whole, one fingerprint."""

import contextlib
import errno
import hashlib
import itertools
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from japananime.base import temporary
from japananime.base.errors import UserError, disk_is_full
from japananime.base.terminal import tell_skipped

# A folder whose name ends so holds what an unfinished film is made of.
WORK = ".parts"
# Bytes of a name that every usual file system takes.
LONGEST_NAME = 255
CHUNK = 1 << 20
KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def walk(folder: Path | str, tell: Callable[[str], None] = tell_skipped) -> list[Path]:
    """All files in a folder and below it, sorted.

    Hidden files and folders are passed over, and folders of unfinished films. A folder that is linked into it is
    entered, every folder once. tell: called with a sentence about a folder that cannot be read, and about a pipe, a
    socket or a device.
    """
    found, seen, waiting = [], set(), [Path(folder)]
    while waiting:
        here = waiting.pop(0)
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(here) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except OSError as error:
            tell(f"{here}: cannot be read ({error.strerror})")
            continue
        for path in (here / name for name in names):
            if path.is_dir():
                if path.suffix != WORK:
                    waiting.append(path)
            elif path.is_file():
                found.append(path)
            elif kind := unreadable_kind(path):
                tell(f"{path}: {kind}, not a file")
    return sorted(found)


def unreadable_kind(path: Path) -> str:
    """What a path is that could keep a reader waiting for ever, such as "a pipe"; "" for files, folders and nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    return next((name for test, name in KINDS if test(mode)), "")


def refuse_other_kinds(path: Path) -> None:
    """Raise UserError where a path is a pipe, a socket or a device, which are never opened."""
    if kind := unreadable_kind(path):
        raise UserError(f"{path}: {kind}; it must be a file")


@contextlib.contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """A temporary path in the folder of `path`, for its content; it is given its name when that is on the disk.

    An error inside leaves what `path` was before. What the system says against writing it names `path`.
    """
    path = Path(path)
    unfinished = None
    try:
        descriptor, unfinished = temporary.new_file(path.parent)
        os.close(descriptor)
        yield unfinished
        put(unfinished, path)
    except BaseException as error:
        if unfinished:
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and _is_about(error, unfinished):
            error.filename = str(path)
            del error.filename2
        raise


def _is_about(error: OSError, unfinished: Path | None) -> bool:
    """Whether an error is about writing a file that has its temporary name yet, if it has any."""
    return unfinished is None or error.filename in (None, str(unfinished)) or disk_is_full(error)


def put(made: Path, path: Path) -> None:
    """Push a file that has been written under another name to the disk, and give it its own."""
    with made.open("r+b") as file:
        os.fsync(file.fileno())
    made.chmod(0o666 & ~_umask())
    made.replace(path)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with whole(path) as unfinished:
        unfinished.write_bytes(content)


def move(source: Path, target: Path) -> None:
    """Give a file another place, on another disk too; at any moment it is whole in one of the two, at least."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with whole(target) as copy:
            shutil.copy2(source, copy)
        shutil.copystat(source, target)
        source.unlink()


def make_folders(folders: Iterable[Path]) -> None:
    """Make folders and see that they can be written to, before any long work; raises UserError."""
    for folder in sorted(set(folders)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise UserError(f"folder '{folder}' cannot be written to ({error.strerror})") from error


def lack_of_folder(path: Path | str) -> str:
    """What is wrong with a path where a folder should be, as "is a file" or "does not exist"; "" for a folder."""
    path = Path(path)
    return "" if path.is_dir() else "is a file" if path.exists() else "does not exist"


def digest(content: bytes) -> str:
    """A short text that differs for different contents: 16 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()[:16]


def sum_of_file(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal, without it all in memory."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            found.update(part)
    return found.hexdigest()


def fingerprint(paths: Iterable[Path]) -> str:
    """A short text that changes when one of some files does, by place, size or time of writing."""
    statuses = ((path, path.stat()) for path in sorted(paths))
    lines = "\n".join(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}" for path, status in statuses)
    return digest(lines.encode("utf-8", "surrogateescape"))


def fitting(stem: str, ending: str) -> str:
    """`stem` and `ending` as one name; of a stem too long for that its beginning and a digest of it all."""
    name = stem + ending
    if len(os.fsencode(name)) <= LONGEST_NAME:
        return name
    mark = "~" + digest(os.fsencode(stem))[:8]
    kept = os.fsencode(stem)[: LONGEST_NAME - len(os.fsencode(mark + ending))]
    return kept.decode("utf-8", "ignore") + mark + ending


def numbered(name: str) -> Iterator[str]:
    """A name, and the same with a number behind it, "-2" and up: the first that is free is taken."""
    return itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
