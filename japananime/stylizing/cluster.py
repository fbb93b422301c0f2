"""Films and folders of photos made by the workers of a Dask cluster.

The units of work are batches of photos, and for each film a look through it, chunks of it and their joining. Every unit
writes what it makes itself, to files that appear whole or not at all, so one that is lost with its worker is simply
done again by another. All machines must see the same files under the same names.
"""

import contextlib
import functools
import sys
import uuid
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from japananime.base import temporary, terminal
from japananime.base.errors import UserError, reason
from japananime.base.files import make_folders
from japananime.base.terminal import Bar
from japananime.faces import film_overlay
from japananime.faces.film_overlay import FilmFaces
from japananime.faces.flags import FacesOptions
from japananime.inference.loading import EngineOptions
from japananime.styles import folder as style_folder
from japananime.stylizing import cluster_workers, failures, film_chunks
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_chunks import Chunk
from japananime.stylizing.film_work import FULL, FilmEngine, FilmSettings, FilmWork
from japananime.stylizing.pictures import PictureEngine, make_picture
from japananime.stylizing.planning import Task
from japananime.video.writing import encoders

PHOTOS = 8  # in a unit
# Units of photos handed out for every worker: none ever waits, and a million photos do not flood the scheduler.
AHEAD = 4


@dataclass(frozen=True)
class Order:
    """All that a worker must know besides its unit.

    style: as `styles.folder.find` takes it. settings: of films; photos take their finish and quality from it.
    faces: what the command line says of faces drawn by themselves, or None.
    mark: of the temporary files, see `temporary.marked`.
    """

    style: str
    engine: EngineOptions
    settings: FilmSettings
    faces: FacesOptions | None = None
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:8])


def make_all(address: str, order: Order, films: Iterable[Task], photos: Iterable[Task]) -> int:
    """Make films and photos, Tasks of `planning`, on a cluster, saying what came of them; returns how many failed.

    address: of a Dask scheduler, or "local:N" for N workers on this machine, for as long as it takes.
    """
    _check_order(order)
    films, photos = ([_absolute(task) for task in tasks] for tasks in (films, photos))
    with cluster_workers.connected(address) as (client, workers):
        if address.startswith(cluster_workers.LOCAL):
            order = replace(order, engine=_divided(order.engine, workers))
        folders = {task.target.parent for task in [*films, *photos]}
        make_folders(folders)
        temporary.clear_abandoned(folders)
        cluster_workers.check(client, address, [*films, *photos])
        with terminal.without_chatter(), Bar(desc=f"{workers} workers", unit="part") as bar:
            work = _Work(client, workers, order, bar)
            try:
                with work.held:
                    for task in films:
                        work.hand_out_film(task)
                    return work.finish(photos)
            except (OSError, CancelledError) as error:
                raise UserError(
                    f"--cluster is '{address}': its scheduler has gone ({reason(error)}); what is made is kept, and "
                    "the same command continues from there"
                ) from error
            finally:
                _clear(folders, order.mark)


def _check_order(order: Order) -> None:
    """Raise UserError for what is found out by trying on one machine, and would be another thing on the next."""
    if order.settings.speed != FULL:
        raise UserError(f"--speed is {order.settings.speed}, measured on this machine alone; leave out --cluster")
    if order.settings.encoder == encoders.AUTO:
        raise UserError("--encoder auto tries this machine; with --cluster give the name of one that all workers have")


def _clear(folders: Iterable[Path], mark: str) -> None:
    """Remove what workers have left that died over it: others have done their work again, under other names."""
    for folder in folders:
        with contextlib.suppress(OSError):
            temporary.clear(folder, mark=mark)


class _Work:
    """What has been handed out, and what came of it."""

    def __init__(self, client: Any, workers: int, order: Order, bar: Bar):
        from dask.distributed import as_completed

        self.client, self.workers, self.order, self.bar = client, workers, order, bar
        self.handed_out: dict[str, Task | list[Task]] = {}
        self.running = as_completed()
        self.failures = 0
        # The films that are being made, so that no other process makes them as well.
        self.held = contextlib.ExitStack()

    def hand_out_film(self, task: Task) -> None:
        """Divide a film, and hand out all of it at once: what waits for what is the scheduler's to see to."""
        settings = self.order.settings
        try:
            if not film_chunks.divisible(task, settings):
                return self._expect(self._submit(_make_film, task), task)
            pieces = film_chunks.division(task, settings, self.workers)
            self.held.enter_context(FilmWork(task, settings).held())
            chunks, notes = film_chunks.begin(task, settings, pieces)
        except Exception as error:
            return self._failed(error, task.source)
        for sentence in notes:
            self.bar.write(f"note: {terminal.line(f'{task.source}: {sentence}')}", file=sys.stderr)
        looked = self._submit(_look, task)
        counts = [self._submit(_make_chunk, task, chunk, looked) for chunk in chunks]
        return self._expect(self._submit(_join, task, chunks, counts), task)

    def finish(self, photos: list[Task]) -> int:
        """Hand out the photos, never too many at a time, and wait for everything; returns how many failed."""
        units = [photos[start : start + PHOTOS] for start in range(0, len(photos), PHOTOS)]
        self.bar.total = (self.bar.total or 0) + len(units)
        waiting = iter(units)
        for unit in islice(waiting, AHEAD * self.workers):
            self._expect(self._submit(_make_pictures, unit, count=0), unit)
        made = 0
        for future in self.running:
            what = self.handed_out.pop(future.key)
            made += self._take(future, what)
            if isinstance(what, list) and (following := next(waiting, None)):
                self._expect(self._submit(_make_pictures, following, count=0), following)
        if photos:
            self.bar.write(f"{made} of {len(photos)} pictures made")
        return self.failures

    def _take(self, future: Any, what: Task | list[Task]) -> int:
        """Say what came of a film or a list of photos; returns how many pictures were made."""
        error = future.exception()
        if error is None and isinstance(what, list):
            problems, unchanged = future.result()
            for text in problems:
                self._failed(text)
            for path in unchanged:
                self.bar.write(f"no face found, left unchanged: {terminal.line(path)}")
            return len(what) - len(problems)
        if error is None:
            self.bar.write(terminal.line(future.result()))
        elif not isinstance(error, Exception):
            raise error
        else:
            lost = type(error).__name__ == "KilledWorker"
            for task in what if isinstance(what, list) else [what]:
                self._failed("every worker that was given it has died" if lost else error, task.source)
        return 0

    def _submit(self, work: Callable, *arguments: Any, count: int = 1) -> Any:
        future = self.client.submit(_unit, work, self.order, *arguments, pure=False)
        self.bar.total = (self.bar.total or 0) + count
        future.add_done_callback(lambda _: self.bar.update())
        return future

    def _expect(self, future: Any, what: Task | list[Task]) -> None:
        self.handed_out[future.key] = what
        self.running.add(future)

    def _failed(self, error: Exception | str, source: Path | None = None) -> None:
        self.failures += 1
        text = failures.describe(error, source) if isinstance(error, Exception) and source else str(error)
        about = f"{source}: " if source and str(source) not in text else ""
        self.bar.write(f"skipped: {terminal.line(f'{about}{text}')}", file=sys.stderr)


# What follows runs on the workers.


def _unit(work: Callable, order: Order, *arguments: Any) -> Any:
    with temporary.marked(order.mark):
        return work(order, *arguments)


def _make_pictures(order: Order, tasks: list[Task]) -> tuple[list[str], list[str]]:
    """Make photos' pictures; returns why some could not be made, and the photos in which nothing was to be changed."""
    finish, quality, memory = order.settings.finish, order.settings.quality, order.engine.max_memory
    problems, unchanged = [], []
    for task in tasks:
        try:
            if not make_picture(task, _engine(order), finish, quality, memory):
                unchanged.append(str(task.source))
        except Exception as error:
            problems.append(failures.describe(error, task.source))
    return problems, unchanged


def _make_film(order: Order, task: Task) -> str:
    engine, overlay = _film_engine(order)
    return film_stylizing.make(task, engine, order.settings, overlay=overlay)


def _look(order: Order, task: Task) -> None:
    film_chunks.look(task, order.settings, *_film_engine(order))


def _make_chunk(order: Order, task: Task, chunk: Chunk, looked: None) -> int:
    del looked  # only to come after it
    engine, overlay = _film_engine(order)
    return film_chunks.make(task, order.settings, engine, chunk, overlay)


def _join(order: Order, task: Task, chunks: Sequence[Chunk], counts: Sequence[int]) -> str:
    return film_chunks.join(task, order.settings, chunks, counts)


def _engine(order: Order) -> PictureEngine:
    return _loaded(order.style, order.engine, order.faces)


def _film_engine(order: Order) -> tuple[FilmEngine, FilmFaces | None]:
    return film_overlay.divided(_engine(order))


@functools.lru_cache(maxsize=1)
def _loaded(style: str, options: EngineOptions, faces: FacesOptions | None) -> PictureEngine:
    opened = style_folder.find(style)
    return faces.load(opened, options) if faces else options.load(opened)


# And this again where the command was given.


def _divided(engine: EngineOptions, workers: int) -> EngineOptions:
    """The same options, with the memory of one machine divided among its workers."""
    return replace(engine, max_memory=engine.max_memory or psutil.virtual_memory().available // (2 * workers))


def _absolute(task: Task) -> Task:
    comparison = task.comparison and task.comparison.resolve()
    return replace(task, source=task.source.resolve(), target=task.target.resolve(), comparison=comparison)
