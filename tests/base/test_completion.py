"""What the Tab key offers: a shell's question is put as argcomplete's scripts put it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def offered(tmp_path):
    """A function: line -> what is offered for its last word, in `tmp_path`, where photo.jpg lies."""
    (tmp_path / "photo.jpg").touch()

    def ask(line):
        told = tmp_path / ".told"
        question = {
            "_ARGCOMPLETE": "1",
            "_ARGCOMPLETE_STDOUT_FILENAME": str(told),
            "COMP_LINE": line,
            "COMP_POINT": str(len(line)),
            "PYTHONPATH": str(Path.cwd()),
        }
        command = [sys.executable, "-m", "japananime"]
        done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **question}, capture_output=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return [word.rstrip() for word in told.read_text().split("\013")]

    return ask


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("japananime st", ["stylize", "styles"]),
        ("japananime p", ["photo.jpg"]),
        ("japananime stylize --bol", ["--boldness"]),
        ("japananime photo.jpg --bol", ["--boldness"]),
        ("japananime styles pa", ["pack"]),
        ("japananime li", ["live"]),
        ("japananime live --mi", ["--mirror"]),
        ("japananime stylize --codec h", ["h264", "h265"]),
    ],
)
def test_what_can_follow(offered, line, expected):
    assert offered(line) == expected
