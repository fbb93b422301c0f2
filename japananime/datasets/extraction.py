"""A film into a folder of its frames, in one pass, interrupted and continued at will.

The folder holds the frames, `frames.csv` with a line for every frame chosen, on request `scores.csv` with a line for
every frame of the film, and `state.json`, by which an interrupted run goes on and a finished one is known.
"""

import itertools
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from japananime.base import jobs as base_jobs
from japananime.base import locking, temporary
from japananime.base import settings as base_settings
from japananime.base.errors import UserError
from japananime.base.files import fitting, whole
from japananime.base.settings import setting
from japananime.datasets import black_bars, keyframes, rejection
from japananime.datasets.extraction_notes import State, Table, read_table
from japananime.image import files as image_files
from japananime.video.reading import film_frames

METHODS = ("keyframes", "scenes")
SECONDS_BETWEEN_STATES = 5
# Every thread holds a few frames; more than this many would wait for the decoder anyway.
MOST_THREADS = 8
CHOSEN, SCORES, PLOT = "frames.csv", "scores.csv", "scores.svg"  # no picture that a later step would take for a frame
CHOSEN_COLUMNS = ("number", "time", "score", "file", "left_out")
SCORES_COLUMNS = ("number", "time", "score", "smoothed")


@dataclass(frozen=True)
class Settings(base_settings.Settings):
    """How frames are chosen and written. alpha: None for no smoothing. seconds: for the method `every`."""

    method: str = "keyframes"
    window: int = setting(100, "about one key frame per so many frames", least=2)
    alpha: float | None = None
    blur: int = setting(3, "blur before comparing, in pixels, odd; 1 for none", least=1)
    seconds: float | None = None
    keep_all: bool = setting(False, "also keep black, flat, faded and repeated frames")
    keep_bars: bool = setting(False, "do not cut off black bars")
    format: str = setting("jpg", "of frames", choices=image_files.WRITTEN, flag="--frame-format")

    def __post_init__(self):
        super().__post_init__()
        if self.blur % 2 == 0:
            raise UserError(f"--blur is {self.blur}; it must be odd and positive, 1 for none")


@dataclass(frozen=True)
class Method(base_settings.Settings):
    """What a command line says of the method."""

    method: str = setting("keyframes", "key frames, or one frame per scene", choices=METHODS)
    every: float | None = setting(None, "take a frame every so many seconds instead", above=0, metavar="SECONDS")
    smooth: bool = setting(False, "smooth the scores first", switch=True)
    alpha: float = setting(0.07, "smoothing, lower is smoother", above=0, most=1)


def add_flags(parser):
    """A flag for every setting."""
    group = base_settings.add_flags(parser, Settings, "frames of films")
    base_settings.add_flags(group, Method)


def settings(parsed):
    """The Settings on a parsed command line, checked."""
    chosen = base_settings.from_flags(Method, parsed)
    return base_settings.from_flags(
        Settings,
        parsed,
        method=chosen.method if chosen.every is None else "every",
        alpha=chosen.alpha if chosen.smooth else None,
        seconds=chosen.every,
    )


@dataclass(frozen=True)
class Extracted:
    """What came of a film. rows: the lines of frames.csv, dicts of text. before: whether all was there already."""

    folder: Path
    rows: list
    before: bool

    @property
    def written(self):
        """The rows of frames that are in the folder."""
        return [row for row in self.rows if row["file"]]


def extract_all(places, settings, *, scores=False, plot=False, problems=(), tell=None):
    """Several films at once: ([(Film, Extracted), or None where it failed], exit status).

    places: [(path of a film, folder for its frames)]. problems: as for base.jobs.run. tell: from (Film, Extracted) to a
    line to print.
    """
    opened, status = base_jobs.run(
        places, lambda place: film_frames.open_film(place[0]), "film", problems=problems, name=_path
    )
    cores = os.cpu_count() or 1
    jobs = max(1, min(cores, sum(film is not None for film in opened)))
    frames = sum(film.frames or 0 for film in opened if film)
    stop = threading.Event()
    with base_jobs.progress_bar(frames or None, "frame") as bar:

        def progress(count):
            if stop.is_set():
                raise KeyboardInterrupt
            bar.update(count)

        def warn(text):
            bar.write(f"warning: {text}", file=sys.stderr)

        def work(film, folder):
            extracted = extract(
                *(film, folder, settings),
                scores=scores,
                plot=plot,
                threads=min(MOST_THREADS, max(1, cores // jobs)),
                progress=progress,
                warn=warn,
            )
            if tell:
                bar.write(tell(film, extracted))
            return film, extracted

        pairs = [(film, folder) for film, (_, folder) in zip(opened, places, strict=True)]
        results, failed = base_jobs.run(
            pairs, lambda pair: pair[0] and work(*pair), "film", workers=jobs, bar=bar, stop=stop, name=_path
        )
    return results, max(status, failed)


def _path(pair):
    return getattr(pair[0], "path", pair[0])


def extract(film, folder, settings, *, scores=False, plot=False, threads=2, progress=None, warn=print):
    """Write the chosen frames of a video.reading.film_frames.Film into a folder: Extracted.

    scores, plot: leave scores.csv, scores.svg there as well. progress: called with how many frames have been done since
    the last call. warn: called with a sentence about damage that did not stop the work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary.clear_abandoned([folder])
    with locking.exclusive_lock(folder, "the folder of a film's frames"):
        return _extract(film, folder, settings, scores, plot, threads, progress, warn)


def _extract(film, folder, settings, scores, plot, threads, progress, warn):
    state = State(folder, film, settings)
    wanted = [folder / name for name, want in ((SCORES, scores), (PLOT, plot)) if want]
    if state.finished and all(path.exists() for path in wanted):
        return Extracted(folder, read_table(folder / CHOSEN), before=True)
    if state.finished or (wanted and not state.scores):
        state.forget()
    state.scores = bool(wanted)
    if state.box is None:
        state.box = _box(film, settings)

    past, frames = _start(film, state.past, settings, threads, warn)
    chosen = Table(folder / CHOSEN, CHOSEN_COLUMNS, past)
    every = Table(folder / SCORES, SCORES_COLUMNS, past) if wanted else None
    tables = [table for table in (chosen, every) if table]
    choice = _choice(film, settings, past, every)
    saved = time.monotonic()
    try:
        for scored in keyframes.choose(_counted(frames, past, progress), choice, threads):
            chosen.add(_numbers(scored) | _write(scored, film, folder, settings, state.box))
            if settings.method == "keyframes" and time.monotonic() > saved + SECONDS_BETWEEN_STATES:
                for table in tables:
                    table.flush()
                state.save(choice.decided())
                saved = time.monotonic()
    finally:
        for table in tables:
            table.close()
    rows = read_table(folder / CHOSEN)
    if plot:
        draw(folder / SCORES, rows, folder / PLOT, film.path.name)
    if wanted and not scores:
        (folder / SCORES).unlink()
    state.finish()
    return Extracted(folder, rows, before=False)


def draw(scores, chosen, path, title):
    """Draw the scores, standardised, over time. scores: path of a table; chosen: rows of frames.csv, to be marked."""
    from matplotlib.figure import Figure

    times, levels = np.loadtxt(scores, delimiter=",", skiprows=1, usecols=(1, 3), ndmin=2).T
    levels = (levels - levels.mean()) / (levels.std() or 1.0)
    # A film of two hours gets a picture five times as wide as a clip.
    figure = Figure(figsize=(min(60, max(12, times[-1] / 120)), 4), layout="constrained")
    axes = figure.subplots()
    shown = _extremes(levels)
    axes.plot(times[shown], levels[shown], linewidth=0.8, color="tab:blue", label="difference from frame to frame")
    for label, filled, rows in (
        ("written", "tab:red", [row for row in chosen if row["file"]]),
        ("left out", "none", [row for row in chosen if not row["file"]]),
    ):
        places = [int(row["number"]) - 1 for row in rows]
        if places:
            axes.scatter(
                times[places],
                levels[places],
                s=24,
                zorder=3,
                label=f"{len(places)} key frames {label}",
                facecolors=filled,
                edgecolors="tab:red",
            )
    axes.set(xlabel="seconds", ylabel="score, standardised")
    # The font that comes with matplotlib has no Japanese: better no name than a row of boxes.
    axes.set_title(title if title.isascii() else "key frames", loc="left")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
    with whole(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})


def _extremes(levels, parts=4000):
    """Indices of the lowest and the highest of each of many parts: a curve through them looks like one through all."""
    edges = np.unique(np.linspace(0, len(levels), parts + 1).astype(int))
    parts = [(low, levels[low:high]) for low, high in itertools.pairwise(edges)]
    return np.unique([low + place for low, part in parts for place in (part.argmin(), part.argmax())])


def _box(film, settings):
    """The part of the upright picture to keep, (top, bottom, left, right), or an empty tuple for all of it."""
    samples = () if settings.keep_bars else film_frames.sample(film.path)
    return black_bars.inside_bars(samples) or ()


def _choice(film, settings, past, table):
    """What settings.method names. table: where key frames note every frame's score, or None."""
    if settings.method == "scenes":
        return keyframes.Scenes(film.rate)
    if settings.method == "every":
        return keyframes.Regular(settings.seconds)

    def log(scored):
        table.add(_numbers(scored) | {"smoothed": f"{scored.level:.2f}"})

    return keyframes.KeyFrames(settings.window, settings.alpha, settings.blur, log if table else None, past)


def _start(film, past, settings, threads, warn):
    """(Past, frames to go on with), or (None, all frames) where nothing is known or the place is not found again."""
    if past:
        frames = film_frames.frames(film.path, after=past, threads=threads, warn=warn)
        try:
            first = next(frames)
            if keyframes.checksum(keyframes.prepare(first.bgr(), settings.blur)) == past.picture:
                return past, itertools.chain([first], frames)
        except (LookupError, StopIteration):
            pass
    return None, film_frames.frames(film.path, threads=threads, warn=warn)


def _counted(frames, past, progress):
    if progress and past:
        progress(past.number - 1)
    for frame in frames:
        yield frame
        if progress:
            progress(1)


def _numbers(scored):
    return {
        "number": scored.frame.number,
        "time": f"{scored.frame.time:.3f}",
        "score": f"{scored.score:.0f}",
    }


def _write(scored, film, folder, settings, box):
    """Write a chosen frame unless it is worthless: {"file": its name or "", "left_out": why or ""}."""
    rgb = scored.frame.rgb()
    if box:
        top, bottom, left, right = box
        rgb = np.ascontiguousarray(rgb[top:bottom, left:right])
    if not settings.keep_all:
        # A score of 0 is a frame equal to the one before; the first has none before.
        repeats = settings.method == "keyframes" and scored.score == 0 and scored.before
        if why := rejection.underexposed(rgb) or (repeats and "repeats"):
            return {"file": "", "left_out": why}
    ending = f"-{scored.frame.number:06d}-{_clock(scored.frame.time)}.{settings.format}"
    name = fitting(film.path.stem, ending)
    image_files.write(folder / name, image_files.Picture(rgb))
    return {"file": name, "left_out": ""}


def _clock(seconds):
    """3725.5 -> "01h02m05.500s"."""
    milliseconds = round(max(0.0, seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}h{minutes % 60:02d}m{rest // 1000:02d}.{rest % 1000:03d}s"
