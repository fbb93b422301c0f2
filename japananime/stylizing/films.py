"""Films, animations and folders of frames: the flags that only they have, and making them one by one."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction

from japananime.base import settings as base_settings
from japananime.base import terminal
from japananime.base.errors import UserError, disk_is_full, reason
from japananime.base.terminal import Bar
from japananime.faces.film_overlay import FilmFaces
from japananime.image.color import Finish
from japananime.stylizing import failures, real_time
from japananime.stylizing.film_work import FilmEngine, FilmSettings, FilmWork, bar, identity, work_of
from japananime.stylizing.pictures import PictureFiles
from japananime.stylizing.planning import Task
from japananime.video.frames import Sink
from japananime.video.pipeline import Outcome
from japananime.video.writing.sink import FilmSink

__all__ = ["FilmSettings", "add_flags", "identity", "make", "make_all", "settings"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """A flag for everything that only films know."""
    group = base_settings.add_flags(parser, FilmSettings, "films, animated GIF and WebP")
    group.add_argument("--film", action="store_true", help="treat each folder as the numbered frames of one film")


def settings(
    parsed: argparse.Namespace, style: str, finish: Finish, written: PictureFiles, memory: int | None
) -> FilmSettings:
    """The FilmSettings on a parsed command line, checked. style: whatever tells the style from others."""
    suffix = written.format and f".{written.format}"
    others = {"finish": finish, "quality": written.quality, "suffix": suffix, "style": style, "memory": memory}
    chosen = base_settings.from_flags(FilmSettings, parsed, **others)
    chosen.check()
    return chosen


def make_all(
    tasks: Iterable[Task], engine: FilmEngine, settings: FilmSettings, overlay: FilmFaces | None = None
) -> int:
    """Make every film, saying of each what came of it; returns how many could not be made. overlay: see `make`."""
    skipped = 0
    for task in tasks:
        try:
            with terminal.without_chatter():
                print(terminal.line(make(task, engine, settings, overlay=overlay)))
            continue
        except OSError as error:  # half way: the disk is full after all, or a folder went away
            text = (
                f"{task.target}: cannot be finished ({error.strerror or reason(error)}); what is made is kept "
                f"in {work_of(task)}, and the same command continues from there"
            )
            if disk_is_full(error):
                raise UserError(text) from error
        except Exception as error:
            text = failures.describe(error, task.source)
        except KeyboardInterrupt:
            print(
                f"{terminal.line(task.target)} is not finished; the same command picks up where it left off",
                file=sys.stderr,
            )
            raise
        skipped += 1
        terminal.tell_skipped(text)
    return skipped


def make(
    task: Task,
    engine: FilmEngine,
    settings: FilmSettings,
    tick: Callable[[bool], object] = lambda new: None,
    overlay: FilmFaces | None = None,
    begun: Callable[[FilmSink], object] = lambda sink: None,
) -> str:
    """Make one film; returns a line that says what came of it.

    tick: called for every frame, with whether it was made now or before; raising an error in it ends the work.
    overlay: what is drawn over the pictures. begun: called once while the film is made, when its first piece can be
    looked at (`FilmSink.write_beginning`).
    """
    work = FilmWork(task, settings)
    work.sinks()  # raises an error before anything is written
    with work.held():
        work.begin()
        return _make(work, engine, tick, overlay, begun)


def _told_of_beginning(
    sink: Sink, tick: Callable[[bool], object], begun: Callable[[FilmSink], object]
) -> Callable[[bool], object]:
    """`tick` that calls `begun` as well, the first time that there is a piece."""
    told = False

    def both(new: bool) -> None:
        nonlocal told
        tick(new)
        if not told and isinstance(sink, FilmSink) and sink.pieces:
            told = True
            begun(sink)

    return both


def _make(
    work: FilmWork,
    engine: FilmEngine,
    tick: Callable[[bool], object],
    overlay: FilmFaces | None,
    begun: Callable[[FilmSink], object],
) -> str:
    task = work.task
    try:
        work, notes = real_time.settled(work, engine, overlay)
    except Exception:
        work.remove()
        raise
    sinks = work.sinks()
    tick = _told_of_beginning(sinks[0], tick, begun)
    with contextlib.ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        try:
            work.check(sinks)
        except UserError:
            if not any(sink.done for sink in sinks):
                work.remove()
            raise
        for sentence in [*work.remarks(sinks), *notes]:
            print(f"note: {terminal.line(f'{task.source}: {sentence}')}", file=sys.stderr)
        statistics = work.measured(engine, sinks)
        over = work.surveyed(overlay, sinks)
        if overlay and over and over.empty:
            print(f"note: {terminal.line(f'{task.source}: no {overlay.name} found')}", file=sys.stderr)
        with bar(work.frame_count, task.source.name) as progress:

            def count(new: bool) -> None:
                _move(progress, new, float(work.source.rate))
                tick(new)

            outcome = work.run(engine, statistics, work.frames(sinks), sinks, count, over)
        if not outcome.frames:
            work.remove()
            raise UserError(f"{task.source}: not one frame can be decoded")
        for sink in sinks:
            sink.finish()
    work.remove()
    return f"{task.target}: {_summary(outcome, work)}"


def _move(progress: Bar, new: bool, rate: float) -> None:
    if new:
        speed = progress.format_dict["rate"]
        if speed:
            progress.set_postfix_str(f"{_of_real_time(speed, rate)} real time", refresh=False)
        progress.update()
    else:  # not made now, so that it does not count for the speed
        progress.n += 1
        progress.refresh()


def _of_real_time(speed: float, rate: float) -> str:
    return f"{speed / rate:.2g} ×"


def _summary(outcome: Outcome, work: FilmWork) -> str:
    line = f"{outcome.frames} frames"
    if outcome.new and outcome.seconds:
        speed = outcome.new / outcome.seconds
        line += f", {speed:.2f} a second ({_of_real_time(speed, float(work.source.rate))} real time)"
    if outcome.new < outcome.frames:
        line += f", {outcome.frames - outcome.new} of them made before"
    if outcome.repeated:
        line += f", {outcome.repeated} broken ones replaced by the one before"
    if (expected := _cut_off(outcome, work)) is not None:
        line += f"; its pictures end after {float(outcome.end):.1f} of {expected:.1f} seconds"
    return line


def _cut_off(outcome: Outcome, work: FilmWork) -> float | None:
    """How long a film should be by its header, in seconds, where its pictures end noticeably before; else None."""
    source = work.source
    if work.span.end is not None:
        return None
    if source.end is not None:
        return float(source.end) if source.end - outcome.end > max(Fraction(1, 4), 2 / source.rate) else None
    # This is of all tracks: sound may be longer than the pictures, by a little it always is.
    seconds = source.seconds
    return seconds if seconds and outcome.end + 2 < 0.98 * seconds else None
