"""The workers of a Dask cluster: reaching them, starting some on this machine, and whether they can do the work."""

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from japananime.base import cli, temporary
from japananime.base.errors import UserError, reason
from japananime.stylizing.planning import Task

LOCAL = "local:"
PATIENCE = 60  # seconds until the first worker must be there


@contextlib.contextmanager
def connected(address: str) -> Iterator[tuple[Any, int]]:
    """(client, how many workers there are) of the cluster at an address."""
    if importlib.util.find_spec("distributed") is None:
        raise UserError(cli.not_installed("--cluster", ["Dask"], "cluster"))
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
        raise UserError(cli.not_installed("--cluster local:N", ["the package cryptography"], "cluster"))
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


def check(client: Any, address: str, tasks: Sequence[Task]) -> None:
    """See that all workers can do the work and see the files; raises UserError."""
    threads = {name: known["nthreads"] for name, known in client.scheduler_info(n_workers=-1)["workers"].items()}
    for name, count in threads.items():
        if count > 1:
            raise UserError(
                f"--cluster is '{address}', where worker {name} has {count} threads; the network uses all cores by "
                "itself, so start workers with: dask worker ADDRESS --nthreads 1"
            )
    # A file that has just been made: an old copy of the folder would not have it.
    probes = []
    try:
        for task in tasks[:1]:
            descriptor, probe = temporary.new_file(task.target.parent)
            os.close(descriptor)
            probes.append(probe)
        wanted = [str(path) for path in [*probes, *(task.source for task in tasks[:100])]]
        answers = client.run(_sees, wanted, on_error="return")
    finally:
        for probe in probes:
            probe.unlink(missing_ok=True)
    for name, answer in answers.items():
        if isinstance(answer, ImportError):
            raise UserError(
                f"--cluster is '{address}': its workers cannot run japananime ({reason(answer)}); install the same "
                "version there"
            ) from answer
        # One that has gone meanwhile does not count: what it would have done goes to others.
        if isinstance(answer, list) and answer:
            raise UserError(
                f"--cluster is '{address}', and worker {name} does not see '{answer[0]}': all machines must share the "
                "folders of --in and --out under the same names"
            )
        if isinstance(answer, Exception) and not isinstance(answer, OSError):
            raise answer


def _sees(paths: Sequence[str]) -> list[str]:
    """Those of some paths that this machine does not see."""
    return [path for path in paths if not Path(path).exists()]
