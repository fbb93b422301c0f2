"""What every command does around its work."""

import argparse
import importlib.util

import pytest

from japananime import demo, evaluate, generate, train
from japananime.base import cli
from japananime.base.errors import UserError


@pytest.fixture
def without_tensorflow(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        cli.importlib.util, "find_spec", lambda name, *more: None if name == "tensorflow" else find(name, *more)
    )


def test_where_tensorflow_is_missing_one_line_says_what_to_do(without_tensorflow):
    with pytest.raises(UserError, match=r"TensorFlow, which is not installed; .*pip install 'japananime\[train\]'"):
        cli.load_tensorflow()


@pytest.mark.parametrize(
    ("run", "flags"),
    [
        (train.main, ["--photos", "x", "--anime", "y", "--out", "z"]),
        (generate.main, ["--style", "daylight", "--out", "z"]),
        (evaluate.main, ["--photos", "x", "--anime", "y", "--out", "z"]),
    ],
)
def test_commands_end_with_a_line_and_nothing_written(without_tensorflow, tmp_path, monkeypatch, capsys, run, flags):
    monkeypatch.chdir(tmp_path)
    assert run(flags) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_flags_outside_of_their_ranges():
    parsed = argparse.Namespace(face_size=16, quality=101)
    cli.within(parsed, face_size=(16, 64), quality=(1, 101))
    with pytest.raises(UserError, match="--face-size is 16; it must be 17 to 64"):
        cli.within(parsed, face_size=(17, 64))
    with pytest.raises(UserError, match="--quality is 101; it must be 1 to 100"):
        cli.within(parsed, quality=(1, 100))


def test_a_port_that_is_none(capsys):
    assert demo.main(["--port", "65536"]) == 2
    assert capsys.readouterr().err == "error: --port is 65536; it must be 1 to 65535\n"
