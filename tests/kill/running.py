"""Starting what is to be disturbed, and comparing what comes of it."""

import contextlib
import importlib
import os
import runpy
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from contents import contents
from subjects import Subject

from japananime.base import cli, private_imports

LONGEST = 1800
# What commands spend most of their first seconds on.
WANTED = (
    "cv2",
    "imagehash",
    "scenedetect",
    "matplotlib.pyplot",
    "japananime.training.loop",
    "japananime.stylizing.films",
    "stand_ins",
)


def prepare() -> None:
    """Import what commands import, so that they need not; nothing of it is used here, and no thread may run."""
    cli.load_tensorflow()
    private_imports.openvino()
    for name in WANTED:
        importlib.import_module(name)


class Command:
    """The command that fits what stands in a folder, as a process of its own: a copy of this one, which has imported.

    What it says is added to `log`.
    """

    def __init__(self, subject: Subject, folder: Path, log: Path):
        self.status: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self._number = os.fork()
        if not self._number:
            _become(subject, folder, log)

    def poll(self) -> int | None:
        """Its status, negative where a signal ended it; None while it runs."""
        if self.status is None:
            number, status = os.waitpid(self._number, os.WNOHANG)
            if number:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait(self, seconds: float = LONGEST) -> int:
        """Its status, once it has ended; one that still runs after so long is killed."""
        last = time.monotonic() + seconds
        while (status := self.poll()) is None:
            if time.monotonic() > last:
                self.kill()
            time.sleep(0.005)
        return status

    def kill(self) -> None:
        """End it as nothing can be done about."""
        os.kill(self._number, signal.SIGKILL)


def _become(subject: Subject, folder: Path, log: Path) -> None:
    """Be the command, and never come back."""
    import stand_ins  # TensorFlow comes with it, which `prepare` imports without its chatter

    status = 1
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        module, *sys.argv[1:] = subject.again(folder)
        stand_ins.take_places()
        os.chdir(folder)
        tempfile.tempdir = str(log.parent)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        os._exit(status)


def finish(subject: Subject, folder: Path, log: Path) -> None:
    """Let it come to its end; raises AssertionError with what it said where it fails."""
    check(Command(subject, folder, log).wait(), log)


def check(status: int, log: Path) -> None:
    """Raise AssertionError with what was said unless a status is 0."""
    assert status == 0, f"status {status}: {log.read_text(errors='replace')[-1500:]}"


def outcome(folder: Path) -> dict[str, object]:
    """What a command has made, and what it has left of the photos that it was given."""
    return {f"{place}/{name}": what for place in ("out", "photos") for name, what in contents(folder / place).items()}


def different(one: dict[str, object], other: dict[str, object]) -> list[str]:
    """Files that only one has, or whose contents differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
