"""Commands in a home of their own, watched by `watched/sitecustomize.py`: what they did that nobody asked for."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WATCHED = Path(__file__).resolve().parent / "watched"
# Programs that tell of this computer: `platform` asks the first, matplotlib the second; PySceneDetect tries whether
# there is the third.
HARMLESS = (
    *("subprocess.Popen: ('uname', ", "subprocess.Popen: ('fc-list', "),
    "subprocess.Popen: ('ffmpeg', ['ffmpeg', '-v', 'quiet'])",
)
# A random number that Gradio, when first used, writes beside its own code.
SEED = "/gradio/hash_seed.txt'"
# What Keras and matplotlib keep for the next time, as docs/reliability.md says.
CACHES = {".keras", ".keras/keras.json", ".cache", ".cache/matplotlib", ".config", ".config/matplotlib"}
SCRATCH = {"dask-scratch-space"}  # an empty folder that all clusters of a person share


class Watch:
    """Runs Python in a home of its own, and tells what it did that it was not asked for."""

    def __init__(self, folder):
        self.out, self.home, self.temporary, self.log = (folder / name for name in ("out", "home", "temporary", "log"))
        for place in (self.out, self.home, self.temporary):
            place.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": os.pathsep.join([str(WATCHED), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "WATCHED_LOG": str(self.log),
            "WATCHED_PLACES": os.pathsep.join(map(str, (self.out, self.home, self.temporary))),
        }

    def start(self, *arguments):
        """A process of Python, watched."""
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)], cwd=self.out, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *arguments):
        """Run one to its end: the exit status and what it said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def seen(self):
        """Lines on everything that went out or elsewhere."""
        lines = self.log.read_text().splitlines()
        lines = [line for line in lines if not line.startswith(HARMLESS) and not line.endswith(SEED)]
        kept = {path.relative_to(self.home).as_posix() for path in self.home.rglob("*")}
        fonts = {name for name in kept if name.startswith(".cache/matplotlib/fontlist-")}
        left = [f"left: {path.name}" for path in self.temporary.iterdir() if path.name not in SCRATCH]
        return lines + sorted(kept - CACHES - fonts) + left


def calls(*commands):
    """Python that runs commands one after another in one process, and says how each ended.

    commands: (module or its name, argument, ...).
    """
    lines = ["from importlib import import_module", "def end(module, arguments):"]
    lines += ["    try:", "        return import_module(module).main(arguments)"]
    lines += ["    except SystemExit as exit:", "        return exit.code", "statuses = ["]
    named = [(getattr(module, "__name__", module), list(map(str, arguments))) for module, *arguments in commands]
    lines += [f"    end({name!r}, {arguments!r})," for name, arguments in named]
    return "\n".join([*lines, "]", "print('statuses:', statuses)"])
