"""Films and folders of photos made by the workers of a Dask cluster.

The units of work are batches of photos, and for each film a look through it, chunks of it and their joining. Every unit
writes what it makes itself, to files that appear whole or not at all, so one that is lost with its worker is simply
done again by another. All machines must see the same files under the same names.
"""

import contextlib
import functools
import importlib.util
import logging
import sys
import uuid
from asyncio import CancelledError
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import psutil

from japananime.base import cli, terminal
from japananime.base.errors import UserError, reason
from japananime.base.files import make_folders
from japananime.base.terminal import Bar
from japananime.inference.loading import EngineOptions
from japananime.styles import folder as style_folder
from japananime.styles.folder import Style
from japananime.stylizing import failures, film_chunks
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_chunks import Chunk
from japananime.stylizing.film_work import FULL, FilmEngine, FilmSettings, FilmWork, Overlay
from japananime.stylizing.pictures import PictureEngine, make_picture
from japananime.stylizing.planning import Task
from japananime.video import encoders

LOCAL = "local:"
PHOTOS = 8  # in a unit
# Units of photos handed out for every worker: none ever waits, and a million photos do not flood the scheduler.
AHEAD = 4
PATIENCE = 60  # seconds until the first worker must be there


@dataclass(frozen=True)
class Order:
    """All that a worker must know besides its unit.

    style: as `styles.folder.find` takes it. settings: of films; photos take their finish and quality from it.
    faces: what loads the engine where faces are drawn by themselves, or None.
    """

    style: str
    engine: EngineOptions
    settings: FilmSettings
    faces: "FacesLoader | None" = None


class FacesLoader(Hashable, Protocol):
    """What a command line says of faces, for a worker that sees the same files."""

    def load(self, style: Style, options: EngineOptions) -> PictureEngine:
        """The engine of photos."""

    def divided(self, engine: PictureEngine) -> tuple[FilmEngine, Overlay | None]:
        """The engine of a film's pictures, and what draws faces over them, of one for photos."""


def make_all(address: str, order: Order, films: Iterable[Task], photos: Iterable[Task]) -> int:
    """Make films and photos, Tasks of `planning`, on a cluster, saying what came of them; returns how many failed.

    address: of a Dask scheduler, or "local:N" for N workers on this machine, for as long as it takes.
    """
    _check_order(order)
    films, photos = ([_absolute(task) for task in tasks] for tasks in (films, photos))
    with _connected(address) as (client, workers):
        if address.startswith(LOCAL):
            order = replace(order, engine=_divided(order.engine, workers))
        make_folders(task.target.parent for task in [*films, *photos])
        _check_workers(client, address, [*films, *photos])
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


def _check_order(order: Order) -> None:
    """Raise UserError for what is found out by trying on one machine, and would be another thing on the next."""
    if order.settings.speed != FULL:
        raise UserError(f"--speed is {order.settings.speed}, measured on this machine alone; leave out --cluster")
    if order.settings.encoder == encoders.AUTO:
        raise UserError("--encoder auto tries this machine; with --cluster give the name of one that all workers have")


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


def _film_engine(order: Order) -> tuple[FilmEngine, Overlay | None]:
    engine: Any = _engine(order)
    return order.faces.divided(engine) if order.faces else (engine, None)


@functools.lru_cache(maxsize=1)
def _loaded(style: str, options: EngineOptions, faces: FacesLoader | None) -> PictureEngine:
    opened = style_folder.find(style)
    return faces.load(opened, options) if faces else options.load(opened)


def _sees(paths: Sequence[str]) -> list[str]:
    """Those of some paths that this machine does not see."""
    return [path for path in paths if not Path(path).exists()]


# And this again where the command was given.


@contextlib.contextmanager
def _connected(address: str) -> Iterator[tuple[Any, int]]:
    """(client, how many workers there are) of the cluster at an address."""
    if importlib.util.find_spec("distributed") is None:
        raise UserError(
            "--cluster needs Dask, which is not installed; install it with: " + cli.how_to_install("cluster")
        )
    from dask.distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if address.startswith(LOCAL):
            count = address.removeprefix(LOCAL)
            if not count.isdecimal() or not int(count):
                raise UserError(f"--cluster is '{address}'; after local: it must be a number of workers of 1 or more")
            address = stack.enter_context(_workers_here(int(count)))
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError, TypeError, TimeoutError) as error:
            raise UserError(
                f"--cluster is '{address}': no Dask scheduler with workers there in {PATIENCE} seconds "
                f"({reason(error)}); accepted: tcp://HOST:PORT, tls://HOST:PORT with certificates in Dask's "
                "configuration, or local:N"
            ) from error
        yield client, len(client.scheduler_info(n_workers=-1)["workers"])


def _workers_here(count: int) -> Any:
    """A Dask LocalCluster, in which nobody takes part who was not started by it.

    What reaches a worker can run anything as this person, so its processes know each other by certificates that are in
    memory alone. Its servers for browsers cannot be left out; they are on this machine alone, and know no page.
    """
    import dask
    from dask.distributed import LocalCluster
    from distributed.security import Security

    if importlib.util.find_spec("cryptography") is None:
        raise UserError(
            "--cluster local:N needs the package cryptography, which is not installed; install it with: "
            + cli.how_to_install("cluster")
        )
    dask.config.set({"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []})
    return LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        security=Security.temporary(),
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=logging.CRITICAL,
    )


def _check_workers(client: Any, address: str, tasks: Sequence[Task]) -> None:
    """See that all workers can do the work and see the files; raises UserError."""
    threads = {name: known["nthreads"] for name, known in client.scheduler_info(n_workers=-1)["workers"].items()}
    for name, count in threads.items():
        if count > 1:
            raise UserError(
                f"--cluster is '{address}', where worker {name} has {count} threads; the network uses all cores by "
                "itself, so start workers with: dask worker ADDRESS --nthreads 1"
            )
    # A file that has just been made: an old copy of the folder would not have it.
    probes = [folder / f".japananime-{uuid.uuid4().hex}" for folder in {task.target.parent for task in tasks[:1]}]
    try:
        for probe in probes:
            probe.touch()
        unseen = client.run(_sees, [str(path) for path in [*probes, *(task.source for task in tasks[:100])]])
    except ImportError as error:
        raise UserError(
            f"--cluster is '{address}': its workers cannot run japananime ({reason(error)}); install the same "
            "version there"
        ) from error
    finally:
        for probe in probes:
            probe.unlink(missing_ok=True)
    for name, paths in unseen.items():
        if paths:
            raise UserError(
                f"--cluster is '{address}', and worker {name} does not see '{paths[0]}': all machines must share the "
                "folders of --in and --out under the same names"
            )


def _divided(engine: EngineOptions, workers: int) -> EngineOptions:
    """The same options, with the memory of one machine divided among its workers."""
    return replace(engine, max_memory=engine.max_memory or psutil.virtual_memory().available // (2 * workers))


def _absolute(task: Task) -> Task:
    comparison = task.comparison and task.comparison.resolve()
    return replace(task, source=task.source.resolve(), target=task.target.resolve(), comparison=comparison)
