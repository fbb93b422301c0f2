"""Trainings as processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def start(arguments):
    """A training as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "japananime.train", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def finish(process):
    """(exit status, everything it said) of a process that `start` started."""
    output, _ = process.communicate(timeout=600)
    return process.returncode, output
