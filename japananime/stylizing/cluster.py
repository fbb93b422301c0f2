"""Films and folders of photos made by the workers of a Dask cluster.

The units of work are batches of photos, and for each film a look through it, shares of it and their joining. Every unit
writes what it makes itself, to files that appear whole or not at all, so one that is lost with its worker is simply
done again by another. All machines must see the same files under the same names.
"""

import contextlib
import functools
import importlib.util
import sys
import uuid
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import psutil
from tqdm import tqdm

from japananime.base import jobs
from japananime.base.errors import UserError, reason
from japananime.base.files import make_folders
from japananime.image.color import Finish
from japananime.inference.loading import EngineOptions
from japananime.styles import folder as style_folder
from japananime.stylizing import film_chunks
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.pictures import make_picture

LOCAL = "local:"
PHOTOS = 8  # in a unit
AHEAD = (
    4  # units of photos handed out for every worker: none ever waits, and a million photos do not flood the scheduler
)
PATIENCE = 60  # seconds until the first worker must be there


@dataclass(frozen=True)
class Order:
    """All that a worker must know besides its unit.

    style: as `styles.folder.find` takes it. quality: of JPEG and WebP.
    """

    style: str
    engine: EngineOptions
    finish: Finish
    films: film_stylizing.Settings
    quality: int = 95


def make_all(address, order, films, photos):
    """Make films and photos, Tasks of `planning`, on a cluster, saying what came of them; returns how many failed.

    address: of a Dask scheduler, or "local:N" for N workers on this machine, for as long as it takes.
    """
    films, photos = [_absolute(task) for task in films], [_absolute(task) for task in photos]
    with _connected(address) as (client, workers):
        if address.startswith(LOCAL):
            order = replace(order, engine=_divided(order.engine, workers))
        make_folders(task.target.parent for task in [*films, *photos])
        _check_workers(client, address, [*films, *photos])
        with tqdm(desc=f"{workers} workers", unit="part", disable=None) as bar:
            work = _Work(client, workers, order, bar)
            for task in films:
                work.hand_out_film(task)
            return work.finish(photos)


class _Work:
    """What has been handed out, and what came of it."""

    def __init__(self, client, workers, order, bar):
        from dask.distributed import as_completed

        self.client, self.workers, self.order, self.bar = client, workers, order, bar
        self.handed_out, self.running = {}, as_completed()
        self.failures = 0

    def hand_out_film(self, task):
        """Divide a film, and hand out all of it at once: what waits for what is the scheduler's to see to."""
        settings = self.order.films
        if not film_chunks.divisible(task):
            return self._expect(self._submit(_make_film, task), task)
        try:
            shares, notes = film_chunks.begin(task, settings, film_chunks.division(task, self.workers))
        except UserError as error:
            return self._failed(error)
        for sentence in notes:
            self.bar.write(f"note: {task.source}: {sentence}", file=sys.stderr)
        looked = self._submit(_look, task)
        frames = [self._submit(_make_share, task, share, looked) for share in shares]
        return self._expect(self._submit(_join, task, shares, frames), task)

    def finish(self, photos):
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
            if isinstance(what, list) and (unit := next(waiting, None)):
                self._expect(self._submit(_make_pictures, unit, count=0), unit)
        if photos:
            self.bar.write(f"{made} of {len(photos)} pictures made")
        return self.failures

    def _take(self, future, what):
        """Say what came of a film or a list of photos; returns how many pictures were made."""
        several = isinstance(what, list)
        error = future.exception()
        if error is None:
            result = future.result()
            for text in result if several else ():
                self._failed(text)
            if not several:
                self.bar.write(result)
            return len(what) - len(result) if several else 0
        if not isinstance(error, (UserError, OSError)) and type(error).__name__ != "KilledWorker":
            raise error
        for task in what if several else [what]:
            lost = "every worker that was given it has died"
            self._failed(lost if type(error).__name__ == "KilledWorker" else jobs.describe(error), task.source)
        return 0

    def _submit(self, work, *arguments, count=1):
        future = self.client.submit(_unit, work, self.order, *arguments, pure=False)
        self.bar.total = (self.bar.total or 0) + count
        future.add_done_callback(lambda _: self.bar.update())
        return future

    def _expect(self, future, what):
        self.handed_out[future.key] = what
        self.running.add(future)

    def _failed(self, error, source=None):
        self.failures += 1
        about = f"{source}: " if source and str(source) not in str(error) else ""
        self.bar.write(f"skipped: {about}{error}", file=sys.stderr)


# What follows runs on the workers.


def _unit(work, order, *arguments):
    return work(order, *arguments)


def _make_pictures(order, tasks):
    """Make photos' pictures; returns why some could not be made."""
    problems = []
    for task in tasks:
        try:
            make_picture(task, _engine(order), order.finish, order.quality)
        except UserError as error:
            problems.append(str(error))
    return problems


def _make_film(order, task):
    return film_stylizing.make(task, _engine(order), order.films, order.finish)


def _look(order, task):
    film_chunks.look(task, order.films, _engine(order))


def _make_share(order, task, share, looked):
    del looked  # only to come after it
    return film_chunks.make(task, order.films, _engine(order), order.finish, share)


def _join(order, task, shares, frames):
    return film_chunks.join(task, order.films, shares, frames)


def _engine(order):
    return _loaded(order.style, order.engine)


@functools.lru_cache(maxsize=1)
def _loaded(style, engine):
    return engine.load(style_folder.find(style))


def _sees(paths):
    """Those of some paths that this machine does not see."""
    return [path for path in paths if not Path(path).exists()]


# And this again where the command was given.


@contextlib.contextmanager
def _connected(address):
    """(client, how many workers there are) of the cluster at an address."""
    if importlib.util.find_spec("distributed") is None:
        raise UserError(
            "--cluster needs Dask, which is not installed; install it with: pip install 'japananime[cluster]'"
        )
    from dask.distributed import Client, LocalCluster

    with contextlib.ExitStack() as stack:
        if address.startswith(LOCAL):
            count = address.removeprefix(LOCAL)
            if not count.isdecimal() or not int(count):
                raise UserError(f"--cluster is '{address}'; after local: it must be a number of workers of 1 or more")
            address = stack.enter_context(
                LocalCluster(n_workers=int(count), threads_per_worker=1, processes=True, dashboard_address=None)
            )
        try:
            client = stack.enter_context(Client(address, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            raise UserError(
                f"--cluster is '{address}': no Dask scheduler with workers there in {PATIENCE} seconds "
                f"({reason(error)}); accepted: tcp://HOST:PORT, or local:N"
            ) from error
        yield client, len(client.scheduler_info(n_workers=-1)["workers"])


def _check_workers(client, address, tasks):
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


def _divided(engine, workers):
    """The same options, with the memory of one machine divided among its workers."""
    return replace(engine, max_memory=engine.max_memory or psutil.virtual_memory().available // (2 * workers))


def _absolute(task):
    comparison = task.comparison and task.comparison.resolve()
    return replace(task, source=task.source.resolve(), target=task.target.resolve(), comparison=comparison)
