"""`--speed realtime` and `--encoder`: how small a film is drawn to hold its rate, and who writes it; tried beforehand.

What is found is kept with the pieces: a film that was stopped goes on as it began, on however busy a machine.
"""

import contextlib
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice

import numpy as np

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import COUNT, NUMBER, TEXT, Field, maybe
from japananime.base.terminal import Bar
from japananime.faces.film_overlay import FilmFaces, FollowedFaces
from japananime.stylizing.film_work import REAL_TIME, FilmEngine, FilmWork, normalises
from japananime.video import shot_statistics
from japananime.video.frames import Sink, TimedFrame
from japananime.video.writing import encoders
from japananime.video.writing.codecs import CODECS
from japananime.video.writing.sink import FilmSink

PACE_FILE, TRIAL = "pace.json", "pace"
# Short sides at which films may be drawn, and 0 for a film's own.
SIDES = (144, 160, 180, 210, 240, 280, 320, 360, 420, 480, 540, 600, 720, 900, 1080, 1440)
# What follows may take longer than a film's first frames, so that they have to be faster than its rate by this.
RESERVE = 1.1
# A preset of the encoder keeps up if reading and writing by themselves are so many times as fast as the film.
ALONE = 3.0
# Frames until the queues between reading, network and writing are as full as they stay; then so many are timed, or so
# many seconds; and after so many it is clear that a size is far too large if they take so many times as long.
FILLING, MOST, SECONDS = 8, 48, 2.5
CLEAR, FAR_TOO_SLOW = 2, 3.0


@dataclass(frozen=True)
class Pace:
    """side: short side at which a film is drawn, 0 for its own. encoder, preset: as `encoders.made_with` takes them.

    speed: frames per second that were measured with these, 0 where none were.
    """

    side: int = 0
    encoder: str | None = None
    preset: str | None = None
    speed: float = 0.0


SCHEMA = {"side": Field(COUNT), "encoder": Field(maybe(TEXT)), "preset": Field(maybe(TEXT)), "speed": Field(NUMBER)}


def settled(work: FilmWork, engine: FilmEngine, overlay: FilmFaces | None = None) -> tuple[FilmWork, list[str]]:
    """A begun FilmWork as it is to be made, kept of an interrupted run or measured now; and what the user should know.

    Where nothing is asked for, it is the same. overlay: what is drawn over its pictures, which takes time as well.
    """
    settings = work.settings
    fast = settings.speed == REAL_TIME
    if not fast and settings.encoder is None:
        return work, []
    if not all(isinstance(sink, FilmSink) for sink in work.sinks()):
        return work, ["--speed and --encoder are for films' files alone; it is made as without them"]
    pace, notes = _kept(work), []
    if pace is None:
        work.empty()
        encoder, why = _encoder(work)
        notes += [why] if why else []
        pace = _measured(work, engine, encoder, overlay) if fast else Pace(0, encoder)
        write_bytes(work.folder / PACE_FILE, json.dumps(asdict(pace)).encode())
    return work.at_pace(pace.side, pace.encoder, pace.preset), notes + ([_told(work, pace)] if fast else [])


def _kept(work: FilmWork) -> Pace | None:
    with contextlib.suppress(UserError, OSError):
        return Pace(**json_files.read(work.folder / PACE_FILE, "a film's pace", SCHEMA))
    return None


def _encoder(work: FilmWork) -> tuple[str | None, str]:
    """The encoder that opens at the size of all that is written, and why it is taken."""
    settings = work.settings
    if settings.encoder is None:
        return None, ""
    width = work.source.width * (2 if work.task.comparison else 1)
    return encoders.chosen(settings.encoder, settings.codec, width, work.source.height, settings.crf)


def _told(work: FilmWork, pace: Pace) -> str:
    own, rate = min(work.source.width, work.source.height), float(work.source.rate)
    words = f"drawn at {pace.side} pixels and enlarged" if pace.side else "drawn at its own size"
    preset = f", encoder's preset {pace.preset}" if pace.preset else ""
    held = "" if pace.speed >= rate else "; no size that may be taken holds that"
    return f"short side {own}, {words}{preset}: {pace.speed:.1f} frames a second at its beginning of {rate:.4g}{held}"


def _measured(work: FilmWork, engine: FilmEngine, encoder: str | None, overlay: FilmFaces | None) -> Pace:
    """The largest side at which the film's rate is held, with the first of its encoder's presets that keeps up."""
    rate = float(work.source.rate)
    work.surveyed(overlay, work.sinks())  # kept in its folder
    sides = [*(side for side in SIDES if side < min(work.source.width, work.source.height)), 0]
    codec = encoders.made_with(CODECS[work.settings.codec], encoder).encoder
    with Bar(total=math.ceil(math.log2(len(sides) + 1)), desc="finding the size", unit="trial", leave=False) as bar:
        preset = None
        for preset in encoders.PRESETS.get(codec, ()):
            if _speed(work.at_pace(sides[0], encoder, preset), _unchanged) >= ALONE * rate:
                break

        def speed(side: int) -> float:
            bar.update()
            trial = work.at_pace(side, encoder, preset)
            return _speed(trial, engine, trial.surveyed(overlay, trial.sinks()))

        side, measured = largest(sides, speed, RESERVE * rate)
    return Pace(side, encoder, preset, round(measured, 2))


def largest(sides: Sequence[int], speed: Callable[[int], float], wanted: float) -> tuple[int, float]:
    """The last of some growing sides that is as fast as wanted, or the first of all; and how fast it is.

    speed: measures a side, few of which are asked for.
    """
    known: dict[int, float] = {}
    below, above = 0, len(sides)
    while below < above:
        middle = (below + above) // 2
        known[middle] = speed(sides[middle])
        if known[middle] >= wanted:
            below = middle + 1
        else:
            above = middle
    found = max(0, below - 1)
    return sides[found], known[found]


class _Enough(Exception):
    """A trial has told what it can."""


def _speed(work: FilmWork, engine: FilmEngine, over: FollowedFaces | None = None) -> float:
    """Frames per second of a film's first ones, over and over: read, drawn and written as they will be."""
    rate, ticks = float(work.source.rate), []

    def tick(new: bool) -> None:
        ticks.append(time.monotonic())
        begun = len(ticks) - 1
        slow = begun >= CLEAR and ticks[-1] - ticks[0] > FAR_TOO_SLOW * begun / rate
        timed = begun - FILLING
        full = timed >= MOST or (timed >= CLEAR and ticks[-1] - ticks[FILLING] > SECONDS)
        if full or slow:
            raise _Enough

    sinks = work.sinks(TRIAL)
    statistics = None
    if normalises(engine):
        statistics = shot_statistics.survey(islice(work.frames(sinks), 1), engine.measure)  # type: ignore[attr-defined]
    try:
        with contextlib.ExitStack() as stack, contextlib.suppress(_Enough):
            for sink in sinks:
                stack.enter_context(sink)
            work.run(engine, statistics, _again(work, sinks), sinks, tick, over)
    finally:
        shutil.rmtree(work.folder / TRIAL, ignore_errors=True)
    first = FILLING if len(ticks) > FILLING + CLEAR else 0
    return (len(ticks) - 1 - first) / (ticks[-1] - ticks[first]) if len(ticks) > 1 else 0.0


def _again(work: FilmWork, sinks: Sequence[Sink]) -> Iterator[TimedFrame]:
    """A film's first frames over and over, numbered on."""
    number = 0
    while True:
        before = number
        for frame in islice(work.frames(sinks), FILLING + MOST + 1):
            yield replace(frame, number=number, repeats=frame.shown)
            number += 1
        if number == before:
            return


def _unchanged(rgb: np.ndarray) -> np.ndarray:
    return rgb
