"""What every command does around its work."""

import argparse
import importlib.util
import subprocess
import sys

import pytest

from japananime import __version__, demo, evaluate, generate, stylize, train
from japananime.base import cli
from japananime.base.errors import UserError


@pytest.fixture
def without_tensorflow(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        cli.importlib.util, "find_spec", lambda name, *more: None if name == "tensorflow" else find(name, *more)
    )


def test_where_tensorflow_is_missing_one_line_says_what_to_do(without_tensorflow):
    with pytest.raises(UserError, match=r"TensorFlow, which is not installed; install with: pip install .*\[train\]'"):
        cli.load_tensorflow()


def test_what_to_install_is_what_can_be_found(tmp_path, monkeypatch):
    """From the checkout, from elsewhere, and as pip notes where it had a package from."""
    monkeypatch.chdir(cli.ROOT)
    assert cli.how_to_install("train") == "pip install '.[train]'"
    monkeypatch.chdir(tmp_path)
    assert cli.how_to_install("train") == f"pip install '{cli.ROOT}[train]'"
    notes = {"info": None}
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    monkeypatch.setattr(
        cli.importlib.metadata,
        "distribution",
        lambda name: argparse.Namespace(read_text=lambda file: notes["info"]),
    )
    assert cli.how_to_install("train") == "pip install 'japananime[train]'"
    notes["info"] = '{"url": "file:///home/me/japananime", "dir_info": {}}'
    assert cli.how_to_install("demo") == "pip install 'japananime[demo] @ file:///home/me/japananime'"
    notes["info"] = '{"url": "https://example.org/it.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}'
    assert cli.how_to_install("demo") == "pip install 'japananime[demo] @ git+https://example.org/it.git'"


COMMANDS = ("train", "stylize", "live", "export", "demo", "evaluate", "vote", "experiment", "neural_style", "generate")
WITHOUT_TENSORFLOW = """\
import runpy, sys
sys.modules.update(tensorflow=None, keras=None, gradio=None, cv2=None, matplotlib=None)
sys.argv = sys.argv[2:]
import importlib
sys.exit(importlib.import_module("japananime." + sys.argv[-1]).main())
"""


def start(argv, module):
    """A command as its own process where only what stylising takes is installed."""
    code = WITHOUT_TENSORFLOW.replace("sys.argv[-1]", repr(module))
    return subprocess.run([sys.executable, "-c", code, "", *argv], cwd=cli.ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_needs_nothing_and_names_what_was_typed(name):
    typed = "japananime-" + name.replace("_", "-")
    done = start([f"/usr/bin/{typed}", "--help"], name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {typed} ")
    assert f"\n  {typed}" in done.stdout and "python -m japananime" not in done.stdout
    done = start([f"/checkout/japananime/{name}.py", "--help"], name)
    assert done.stdout.startswith(f"usage: python -m japananime.{name} ")
    if name in ("train", "neural_style"):
        assert "With TensorFlow this lists the settings as well: pip install '.[train]'" in done.stdout


def test_version(capsys):
    for main in (train.main, generate.main, stylize.main):
        with pytest.raises(SystemExit) as ended:
            main(["--version"])
        assert (ended.value.code, capsys.readouterr().out) == (0, f"japananime {__version__}\n")


def test_an_error_names_commands_as_they_were_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.sys, "argv", ["/bin/japananime-stylize"])
    assert stylize.main([]) == 2
    assert capsys.readouterr().err == (
        "error: nothing to turn into anime; name photos, films or folders of them: japananime-stylize photo.jpg\n"
    )


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


def test_a_port_that_is_none(capsys):
    assert demo.main(["--port", "65536"]) == 2
    assert capsys.readouterr().err == "error: --port is 65536; it must be 1 to 65535\n"


def test_what_is_said_of_packages_that_are_missing(monkeypatch):
    monkeypatch.setattr(cli, "how_to_install", lambda extra: f"pip install x[{extra}]")
    assert (
        cli.not_installed("this", ["A"], "train")
        == "this needs A, which is not installed; install with: pip install x[train]"
    )
    assert cli.not_installed("--x", ["A", "B", "C"], "y").startswith("--x needs A, B and C, which are not installed; ")
