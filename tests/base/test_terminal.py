"""Nothing that a stranger's file holds, and nothing that a library says, acts upon the terminal."""

import io
import logging
import os
import signal
import subprocess
import sys
import warnings

import pytest

from japananime.base import cli, terminal
from japananime.base.errors import UserError
from japananime.base.terminal import Bar, Guarded


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 京都 é 🎞", "plain 京都 é 🎞"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b[2J\x9b1m", "\\x1b[2J\\x9b1m"),
        ("a\rb\x08c", "a\\rb\\x08c"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        ("\u2066x\u2069\u200f", "\\u2066x\\u2069\\u200f"),
        ("\udcff", "\\udcff"),
        ("a\u2028b\x85c", "a\\u2028b\\x85c"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_what_a_terminal_would_act_upon_is_written_out(text, expected):
    assert terminal.shown(text) == expected


def test_every_command_is_guarded(capsys):
    def work(_):
        print("made \x1b[31m.jpg")
        print("skipped: \u202e", file=sys.stderr)
        raise UserError("a name\nof two lines\r")

    before = sys.stdout
    assert cli.command(work)() == 2
    assert sys.stdout is before
    told = capsys.readouterr()
    assert told.out == "made \\x1b[31m.jpg\n"
    assert told.err == "skipped: \\u202e\nerror: a name\\nof two lines\\r\n"


def test_a_bar_moves_the_cursor_and_its_names_do_not(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", Guarded(screen))
    with Bar(total=2, desc="a\x1b[2J", mininterval=0) as bar:
        bar.set_postfix_str("\rb\n")
        bar.update()
        bar.write("skipped: c\x07", file=sys.stderr)
    sent = screen.getvalue()
    assert "a\\x1b[2J" in sent and "\\rb\\n" in sent and "skipped: c\\x07\n" in sent
    assert "\x1b[2J" not in sent and "\rb" not in sent and "\x07" not in sent
    # The bar is wiped away before a line is written.
    assert sent.startswith("\r") and sent[: sent.index("skipped")].endswith("\r")


def test_a_bar_is_drawn_in_a_terminal_alone(monkeypatch):
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", Guarded(file))
    with Bar(total=2, mininterval=0) as bar:
        bar.update()
    assert file.getvalue() == ""


def test_warnings_and_log_records_of_libraries_are_not_shown(capsys, monkeypatch):
    monkeypatch.setattr(sys, "warnoptions", [])

    def work(_):
        warnings.showwarning("of a library", UserWarning, "file.py", 1)
        logging.getLogger("a library").warning("hello")

    assert cli.command(work)() == 0
    assert capsys.readouterr().err == ""


CHATTER = """\
import os, sys
from japananime.base import cli, terminal
def work(_):
    with terminal.without_chatter():
        os.write(2, b"banner")
        print("ours \\x1b", file=sys.stderr)
    os.write(2, b"after")
cli.command(work)()
"""


def test_what_libraries_in_c_write_is_not_shown():
    done = subprocess.run([sys.executable, "-c", CHATTER], cwd=cli.ROOT, capture_output=True, text=True)
    assert done.stderr == "ours \\x1b\nafter"


def test_being_ended_is_being_interrupted(capsys):
    def work(_):
        os.kill(os.getpid(), signal.SIGTERM)

    assert cli.command(work)() == 143
    assert capsys.readouterr().err == "interrupted\n"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_library_draws_its_own_bar(capsys):
    def work(_):
        with terminal.unguarded():
            print("50 %\r", end="")
        print("\r")

    assert cli.command(work)() == 0
    assert capsys.readouterr().out == "50 %\r\\r\n"
