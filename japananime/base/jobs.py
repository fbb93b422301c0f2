"""What the dataset tools share: many inputs, the same work on each, a bar with the time left, bad inputs passed over.

Knows neither pictures nor films.
"""

import os
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from japananime.base import cli, temporary, terminal
from japananime.base.errors import ROOM, UserError, disk_is_full
from japananime.base.files import numbered, unreadable_kind
from japananime.base.terminal import Bar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Task:
    """One input file, the folder for what is made of it, and a name there that no other input has."""

    source: Path
    folder: Path
    name: str


def parser(tool: str, description: str, examples: str) -> cli.Parser:
    """An argument parser whose --help teaches by examples; they begin with what to type."""
    return cli.Parser(
        prog=f"python tools/{tool}.py",
        description=textwrap.fill(description, 100),
        epilog=f"examples:\n{examples}",
    )


def plan(
    inputs: Iterable[Path | str],
    out: Path | str | None,
    title: str,
    find: Callable[[Path], Iterable[Path]],
    *,
    beside: bool = False,
) -> tuple[list[Task], list[str]]:
    """What to do with files and folders from a command line: ([Task], [why an input cannot be used]).

    inputs: paths. out: the folder for results, or None: FOLDER-title beside a folder, a folder `title` beside a file.
    beside: a file's results go right beside it.
    find: folder -> the files in it and below that are to be worked on. A folder's files keep their places in it.
    """
    paths = [Path(name) for name in inputs]
    out = Path(out) if out else None
    if out and out.exists() and not out.is_dir():
        raise UserError(f"--out is '{out}', which is a file; it must be a folder")
    several = sum(path.is_dir() for path in paths) > 1
    tasks: list[Task] = []
    problems: list[str] = []
    for path in paths:
        if path.is_file():
            tasks.append(Task(path, out or (path.parent if beside else path.parent / title), path.stem))
        elif not path.is_dir():
            problems.append(f"{path}: {unreadable_kind(path) or 'no such file or folder'}")
        elif unreadable := _unreadable(path):
            problems.append(f"{path}: {unreadable}")
        else:
            name = path.resolve().name
            root = out / name if out and several else out or path.resolve().with_name(f"{name}-{title}")
            found = [file for file in find(path) if root.resolve() not in file.resolve().parents]
            tasks += [Task(file, root / file.relative_to(path).parent, file.stem) for file in found]
            if not found:
                problems.append(f"{path}: a folder with nothing in it that can be used")
    return _apart(tasks), problems


def run(
    items: Iterable[Item],
    work: Callable[[Item], Any],
    unit: str,
    *,
    problems: Sequence[str] = (),
    workers: int | None = None,
    bar: Bar | None = None,
    stop: Event | None = None,
    name: Callable[[Item], object] | None = None,
) -> tuple[list[Any], int]:
    """Do `work(item)` for every item on several threads: ([results in the order of items], exit status 0 or 1).

    An item whose work raises UserError or OSError is reported and gives None; a full disk ends the run. name: from an
    item to what an error is about, by default its source. problems: reported before the work starts, and counted for
    the exit status. bar: a Bar that the work itself moves on, instead of one that counts
    items. stop: a threading.Event that is set on Ctrl-C, for long work to look at. Threads use all cores, as Pillow,
    OpenCV and FFmpeg let go of Python's lock.
    """
    items = list(items)
    results: list[Any] = [None] * len(items)
    failed = bool(problems)
    for problem in problems:
        terminal.tell_skipped(problem)
    temporary.clear_abandoned(item.folder for item in items if isinstance(item, Task))
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        futures = {pool.submit(work, item): number for number, item in enumerate(items)}
        with (
            terminal.without_chatter(),
            progress_bar(len(items), unit, hidden=bar is not None or len(items) < 2) as own,
        ):
            for future in as_completed(futures):
                try:
                    results[futures[future]] = future.result()
                except (UserError, OSError) as error:
                    failed = True
                    item = items[futures[future]]
                    text = describe(error, name(item) if name else getattr(item, "source", None))
                    if disk_is_full(error):
                        raise UserError(f"{text}; {ROOM}") from error
                    own.write(f"skipped: {terminal.line(text)}", file=sys.stderr)
                own.update()
    except BaseException:
        if stop:
            stop.set()
        raise
    finally:
        # After Ctrl-C nothing new is begun.
        pool.shutdown(cancel_futures=True)
    return results, int(failed)


def progress_bar(total: int | None, unit: str, hidden: bool = False) -> Bar:
    """A Bar with the time left, seen from the third second on and in a terminal only; nothing of it stays."""
    return Bar(total=total, unit=unit, delay=2, leave=False, disable=True if hidden else None)


def describe(error: BaseException, about: object = None) -> str:
    """An error in one line: the file first, or what else it is about, then what happened to it."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    about = error.filename or about
    return f"{about}: {error.strerror}" if about else error.strerror


def _unreadable(folder: Path) -> str | None:
    try:
        with os.scandir(folder):
            return None
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _apart(tasks: Iterable[Task]) -> list[Task]:
    """The same tasks, those that would share a name told apart: by their extensions, or else by a number."""
    tasks = list({task.source.resolve(): task for task in tasks}.values())
    counts = Counter(_place(task) for task in tasks)
    taken = {place for place, count in counts.items() if count == 1}
    distinct = []
    for task in tasks:
        if counts[_place(task)] > 1:
            free = (Task(task.source, task.folder, name) for name in numbered(task.source.name))
            task = next(one for one in free if _place(one) not in taken)
            taken.add(_place(task))
        distinct.append(task)
    return distinct


def _place(task: Task) -> str:
    # Two names that differ in case alone are one file on some systems.
    return str(task.folder.resolve() / task.name).lower()
