"""One name for every command."""

import sys

import pytest

from japananime import __main__, __version__, export, stylize


@pytest.fixture
def called(monkeypatch):
    """What the commands were called with, in place of their work."""
    calls = []
    for module, status in ((stylize, 0), (export, 3)):
        name = module.__name__.split(".")[1]
        monkeypatch.setattr(module, "main", lambda given, n=name, s=status: calls.append((n, given)) or s)
    return calls


def test_a_command_gets_what_follows_it_and_gives_the_status(called):
    assert __main__.main(["export", "--to", "onnx"]) == 3
    assert called == [("export", ["--to", "onnx"])]


def test_a_path_or_a_flag_is_stylised(called, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.touch()
    assert __main__.main([str(photo), "--style", "pastel"]) == 0
    assert __main__.main(["--list-styles"]) == 0
    assert called == [("stylize", [str(photo), "--style", "pastel"]), ("stylize", ["--list-styles"])]


def test_a_file_named_like_a_command_takes_the_command(called, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export").mkdir()
    __main__.main(["export"])
    assert called == [("export", [])]


def test_what_is_neither_is_told(called, capsys):
    assert __main__.main(["stylise", "photo.jpg"]) == 2
    assert "'stylise' is neither a command nor a file or folder; did you mean stylize?" in capsys.readouterr().err
    assert called == []


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_lists_the_commands(arguments, capsys):
    assert __main__.main(arguments) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.split("commands:\n")[1].split("\n\n")[0].splitlines()] == [
        *__main__.COMMANDS
    ]


def test_version(capsys):
    assert __main__.main(["--version"]) == 0
    assert capsys.readouterr().out == f"japananime {__version__}\n"


def test_errors_name_the_command_as_it_was_typed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/japananime", "neural-style"])
    with pytest.raises(SystemExit):
        __main__.main(["neural-style", "--help"])
    assert capsys.readouterr().out.startswith("usage: japananime neural-style ")
