"""A film made by several processes: its beginning, chunks of it in any order and anywhere, and its end.

All of them see the same files. What each has done lies in the folder of pieces beside the film that `stylizing.films`
uses too, a chunk's pieces in a folder of their own: a chunk that was interrupted goes on after its last whole piece,
wherever it is taken up again.
"""

import contextlib
import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import UNREADABLE
from japananime.faces.film_overlay import FilmFaces
from japananime.stylizing.film_work import SETTINGS_FILE, FilmEngine, FilmSettings, FilmWork, work_of
from japananime.stylizing.planning import Task
from japananime.video.writing import joining
from japananime.video.writing import sink as film_sink
from japananime.video.writing.sink import FilmSink

# All frames before a chunk are decoded for nothing, so chunks are as long as this if the film is; in a shorter one each
# worker is given several all the same.
PIECES, EACH = 40, 4
DONE_FILE = "done.json"


@dataclass(frozen=True)
class Chunk:
    """The frames of a film from `first` up to `stop`, or (None) to the end; `number`: its place among the chunks."""

    number: int
    first: int
    stop: int | None

    @property
    def place(self) -> str:
        """Name of the folder of its pieces."""
        return f"{self.number:05d}"


def divisible(task: Task, settings: FilmSettings) -> bool:
    """Whether a Task can be made in chunks: films can, animations and folders of frames are made in one."""
    return all(sink.divisible for sink in FilmWork(task, settings).sinks())


def division(task: Task, settings: FilmSettings, workers: int) -> int:
    """How many pieces a chunk should have with so many workers; as many as before where the film was begun before."""
    work = FilmWork(task, settings)
    with contextlib.suppress(ValueError, KeyError):
        return int(work.facts()["pieces"])
    return max(1, min(PIECES, (work.source.frame_count or 0) // (EACH * workers * film_sink.SEGMENT)))


def begin(task: Task, settings: FilmSettings, pieces: int) -> tuple[list[Chunk], list[str]]:
    """See that a film can be made, make its folder of pieces, and divide it into chunks of so many pieces.

    Returns the chunks, and what the user should know.
    """
    work = FilmWork(task, settings)
    sinks = work.sinks("trial")
    work.begin(pieces=pieces)
    with contextlib.ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        work.check(sinks)
        notes = list(work.remarks(sinks))
    shutil.rmtree(work.folder / "trial", ignore_errors=True)
    # How many frames there are is not known exactly before all are read: the last chunk takes what comes.
    size = pieces * film_sink.SEGMENT
    count = max(1, round((work.frame_count or 0) / size))
    return [Chunk(n, n * size, (n + 1) * size if n < count - 1 else None) for n in range(count)], notes


def look(task: Task, settings: FilmSettings, engine: FilmEngine, overlay: FilmFaces | None = None) -> None:
    """Measure the film's statistics, if the engine wants any, and find out what is drawn over its pictures.

    Both are kept where the chunks find them.
    """
    work = FilmWork(task, settings)
    work.measured(engine, work.sinks())
    work.surveyed(overlay, work.sinks())


def make(task: Task, settings: FilmSettings, engine: FilmEngine, chunk: Chunk, overlay: FilmFaces | None = None) -> int:
    """Make one Chunk, as far as it is not made; returns how many frames it has. overlay: the one that took the look."""
    folder = work_of(task)
    done = folder / chunk.place / DONE_FILE
    with contextlib.suppress(*UNREADABLE):
        return int(json.loads(done.read_text()))
    if not (folder / SETTINGS_FILE).exists():
        raise UserError(f"{folder}: is gone; start anew")
    work = FilmWork(task, settings)
    sinks = work.sinks(chunk.place, chunk.first)
    with contextlib.ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        frames = itertools.islice(work.frames(sinks), chunk.stop)
        outcome = work.run(engine, work.known_statistics(), frames, sinks, over=work.surveyed(overlay, sinks))
        for sink in sinks:
            sink.close()
    count = max(0, outcome.frames - chunk.first)
    write_bytes(done, json.dumps(count).encode())
    return count


def join(task: Task, settings: FilmSettings, chunks: Sequence[Chunk], counts: Sequence[int]) -> str:
    """Put the finished film together of its chunks with so many frames each; returns a line that says what it is."""
    work = FilmWork(task, settings)
    total = sum(counts)
    if not total:
        raise UserError(f"{task.source}: not one frame can be decoded")
    full = [chunk.stop - chunk.first for chunk in chunks if chunk.stop is not None]
    short = next((n for n, size in enumerate(full) if counts[n] < size), len(chunks) - 1)
    if any(counts[short + 1 :]):
        raise UserError(f"{task.source}: chunk {short} has {counts[short]} frames and others follow; start anew")
    for sink in work.sinks("joined"):
        assert isinstance(sink, FilmSink)
        with sink:
            sink.join(_pieces(work.folder, sink.work.name, chunks, counts))
    work.remove()
    return f"{task.target}: {total} frames"


def _pieces(folder: Path, name: str, chunks: Sequence[Chunk], counts: Sequence[int]) -> list[Path]:
    """All pieces of one output, in order."""
    places = [folder / chunk.place / name for chunk in chunks]
    return [piece for place, count in zip(places, counts, strict=True) for piece in joining.pieces_of(place, count)]
