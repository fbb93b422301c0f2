"""A film made by several processes: its beginning, shares of it in any order and anywhere, and its end.

All of them see the same files. What each has done lies in the folder of pieces beside the film that `film_tasks` uses
too, a share's pieces in a folder of their own: a share that was interrupted goes on after its last whole piece,
wherever it is taken up again.
"""

import contextlib
import functools
import itertools
import json
import shutil
from dataclasses import dataclass

from japananime import animations, film_tasks, filming, footage, segments, shots
from japananime.errors import UserError
from japananime.files import write_bytes

# All frames before a share are decoded for nothing, so shares are as long as this if the film is; in a shorter one each
# worker is given several all the same.
PIECES, EACH = 40, 4
DONE = "done.json"


@dataclass(frozen=True)
class Share:
    """The frames of a film from `first` up to `stop`, or (None) to the end; `number`: its place among the shares."""

    number: int
    first: int
    stop: int | None


def divisible(task):
    """Whether a Task of a film can be made in shares: films can, animations and folders of frames are made in one."""
    return task.source.is_file() and task.source.suffix.lower() not in animations.EXTENSIONS


def division(task, workers):
    """How many pieces a share should have with so many workers; as many as before where the film was begun before."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return int(json.loads((film_tasks.work_of(task) / film_tasks.SETTINGS).read_text())["pieces"])
    frames = footage.open_footage(task.source).frames or 0
    return max(1, min(PIECES, frames // (EACH * workers * segments.SEGMENT)))


def begin(task, settings, pieces):
    """See that a film can be made, make its folder of pieces, and divide it into shares of so many pieces.

    Returns ([Share], [what the user should know]).
    """
    source = footage.open_footage(task.source)
    film_tasks.check_target(task.target, source, settings)
    work = film_tasks.begin_work(task, settings, pieces=pieces)
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(sink) for sink in _sinks(task, settings, source, "trial")]
        film_tasks.check_room(source, sinks, task, settings)
        for sink in sinks:
            sink.rehearse()
        notes = list(film_tasks.remarks(source, sinks[0], settings))
    shutil.rmtree(work / "trial", ignore_errors=True)
    # How many frames there are is not known exactly before all are read: the last share takes what comes.
    start, end = film_tasks.span(source, settings.preview)
    frames = round((source.frames or 0) * film_tasks.share(source, start, end))
    count = max(1, round(frames / (pieces * segments.SEGMENT)))
    size = pieces * segments.SEGMENT
    return [Share(n, n * size, (n + 1) * size if n < count - 1 else None) for n in range(count)], notes


def look(task, settings, engine):
    """Measure the film's statistics, if the engine wants any, and keep them where the shares find them."""
    film_tasks.statistics(film_tasks.work_of(task) / film_tasks.STATISTICS, engine, _moments(task, settings), None)


def make(task, settings, engine, finish, share):
    """Make one Share, as far as it is not made; returns how many frames it has."""
    work = film_tasks.work_of(task)
    done = work / f"{share.number:05d}" / DONE
    with contextlib.suppress(OSError, ValueError):
        return int(json.loads(done.read_text()))
    if not (work / film_tasks.SETTINGS).exists():
        raise UserError(f"{work}: is gone; start anew")
    source = footage.open_footage(task.source)
    carried = None
    with contextlib.suppress(FileNotFoundError):
        carried = shots.Carried.from_file(work / film_tasks.STATISTICS)
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(sink) for sink in _sinks(task, settings, source, done.parent.name, share.first)]
        moments = itertools.islice(_moments(task, settings)(), share.stop)
        apply, combine = film_tasks.steps(task, engine, carried, finish)
        made = filming.run(moments, sinks, apply, combine)
        for sink in sinks:
            sink.close()
    frames = max(0, made.frames - share.first)
    write_bytes(done, json.dumps(frames).encode())
    return frames


def join(task, settings, shares, frames):
    """Put the finished film together of its shares with so many frames each; returns a line that says what it is."""
    source, work = footage.open_footage(task.source), film_tasks.work_of(task)
    total = sum(frames)
    if not total:
        raise UserError(f"{task.source}: not one frame can be decoded")
    full = [share.stop - share.first for share in shares[:-1]]
    short = next((n for n, size in enumerate(full) if frames[n] < size), len(shares) - 1)
    if any(frames[short + 1 :]):
        raise UserError(f"{task.source}: share {short} has {frames[short]} frames and others follow; start anew")
    for column, sink in enumerate(_sinks(task, settings, source, "joined")):
        with sink:
            folder = ("made", "compare")[column]
            sink.join(
                [
                    piece
                    for share, count in zip(shares, frames, strict=True)
                    for piece in segments.pieces_of(work / f"{share.number:05d}" / folder, count)
                ]
            )
    shutil.rmtree(work, ignore_errors=True)
    return f"{task.target}: {total} frames"


def _moments(task, settings):
    source = footage.open_footage(task.source)
    start, end = film_tasks.span(source, settings.preview)
    exact = task.target.suffix.lower() in segments.MP4
    return functools.partial(source.moments, start, end, exact=exact)


def _sinks(task, settings, source, place, first=0):
    codec, (start, end) = segments.CODECS[settings.codec], film_tasks.span(source, settings.preview)
    targets = [(task.target, "made", 1)] + ([(task.comparison, "compare", 2)] if task.comparison else [])
    return [
        segments.FilmSink(
            *(target, source, codec, settings.crf, film_tasks.work_of(task) / place / folder),
            columns=columns, start=start, end=end, first=first,
        )
        for target, folder, columns in targets
    ]  # fmt: skip
