"""A film made by several processes: its beginning, shares of it in any order and anywhere, and its end.

All of them see the same files. What each has done lies in the folder of pieces beside the film that `stylizing.films`
uses too, a share's pieces in a folder of their own: a share that was interrupted goes on after its last whole piece,
wherever it is taken up again.
"""

import contextlib
import functools
import itertools
import json
import shutil
from dataclasses import dataclass

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.stylizing import films as film_stylizing
from japananime.video import animations, pipeline, shots
from japananime.video import sink as film_sink
from japananime.video import source as film_source

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
        return int(json.loads((film_stylizing.work_of(task) / film_stylizing.SETTINGS).read_text())["pieces"])
    frames = film_source.open_footage(task.source).frames or 0
    return max(1, min(PIECES, frames // (EACH * workers * film_sink.SEGMENT)))


def begin(task, settings, pieces):
    """See that a film can be made, make its folder of pieces, and divide it into shares of so many pieces.

    Returns ([Share], [what the user should know]).
    """
    source = film_source.open_footage(task.source)
    film_stylizing.check_target(task.target, source, settings)
    work = film_stylizing.begin_work(task, settings, pieces=pieces)
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(sink) for sink in _sinks(task, settings, source, "trial")]
        film_stylizing.check_room(source, sinks, task, settings)
        for sink in sinks:
            sink.rehearse()
        notes = list(film_stylizing.remarks(source, sinks[0], settings))
    shutil.rmtree(work / "trial", ignore_errors=True)
    # How many frames there are is not known exactly before all are read: the last share takes what comes.
    start, end = film_stylizing.span(source, settings.preview)
    frames = round((source.frames or 0) * film_stylizing.share(source, start, end))
    count = max(1, round(frames / (pieces * film_sink.SEGMENT)))
    size = pieces * film_sink.SEGMENT
    return [Share(n, n * size, (n + 1) * size if n < count - 1 else None) for n in range(count)], notes


def look(task, settings, engine):
    """Measure the film's statistics, if the engine wants any, and keep them where the shares find them."""
    film_stylizing.statistics(
        film_stylizing.work_of(task) / film_stylizing.STATISTICS, engine, _moments(task, settings), None
    )


def make(task, settings, engine, finish, share):
    """Make one Share, as far as it is not made; returns how many frames it has."""
    work = film_stylizing.work_of(task)
    done = work / f"{share.number:05d}" / DONE
    with contextlib.suppress(OSError, ValueError):
        return int(json.loads(done.read_text()))
    if not (work / film_stylizing.SETTINGS).exists():
        raise UserError(f"{work}: is gone; start anew")
    source = film_source.open_footage(task.source)
    carried = None
    with contextlib.suppress(FileNotFoundError):
        carried = shots.Carried.from_file(work / film_stylizing.STATISTICS)
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(sink) for sink in _sinks(task, settings, source, done.parent.name, share.first)]
        moments = itertools.islice(_moments(task, settings)(), share.stop)
        apply, combine = film_stylizing.steps(task, engine, carried, finish)
        made = pipeline.run(moments, sinks, apply, combine)
        for sink in sinks:
            sink.close()
    frames = max(0, made.frames - share.first)
    write_bytes(done, json.dumps(frames).encode())
    return frames


def join(task, settings, shares, frames):
    """Put the finished film together of its shares with so many frames each; returns a line that says what it is."""
    source, work = film_source.open_footage(task.source), film_stylizing.work_of(task)
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
                    for piece in film_sink.pieces_of(work / f"{share.number:05d}" / folder, count)
                ]
            )
    shutil.rmtree(work, ignore_errors=True)
    return f"{task.target}: {total} frames"


def _moments(task, settings):
    source = film_source.open_footage(task.source)
    start, end = film_stylizing.span(source, settings.preview)
    exact = task.target.suffix.lower() in film_sink.MP4
    return functools.partial(source.moments, start, end, exact=exact)


def _sinks(task, settings, source, place, first=0):
    codec, (start, end) = film_sink.CODECS[settings.codec], film_stylizing.span(source, settings.preview)
    targets = [(task.target, "made", 1)] + ([(task.comparison, "compare", 2)] if task.comparison else [])
    return [
        film_sink.FilmSink(
            *(target, source, codec, settings.crf, film_stylizing.work_of(task) / place / folder),
            columns=columns, start=start, end=end, first=first,
        )
        for target, folder, columns in targets
    ]  # fmt: skip
