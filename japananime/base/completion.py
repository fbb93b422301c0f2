"""What the Tab key of a shell offers, by argcomplete (the extra `completion`).

The shell starts the command with `_ARGCOMPLETE` set and the line so far in `COMP_LINE`; what can follow is written to
a file descriptor of argcomplete's, and the process ends.
"""

import argparse
import os
from collections.abc import Iterable, Sequence

ASKED = "_ARGCOMPLETE"


def asked() -> bool:
    """Whether a shell asks what can follow."""
    return ASKED in os.environ


def words() -> list[str]:
    """What stands on the line behind the program's name, but for the word that is being typed."""
    from argcomplete import lexers

    line = lexers.split_line(os.environ["COMP_LINE"], int(os.environ["COMP_POINT"]))
    return line[3][1:]


def skip_command() -> None:
    """Let the parser that answers begin behind the name of a command."""
    os.environ[ASKED] = "2"


def suggest(action: argparse.Action, choices: Sequence[str]) -> None:
    """Have some names offered as the value of a flag, where there are any."""
    if choices:
        action.completer = lambda **_: choices  # type: ignore[attr-defined]  # argcomplete looks for it there


def offer(parser: argparse.ArgumentParser) -> None:
    """Write what the parser takes next, and end the process."""
    import argcomplete

    argcomplete.autocomplete(parser)


def offer_first(commands: Iterable[str], parser: argparse.ArgumentParser) -> None:
    """Write the commands and files that the first word can be, and end the process. parser: a bare one."""
    from argcomplete.completers import FilesCompleter

    def matching(prefix: str, **_: object) -> list[str]:
        return [*(name for name in commands if name.startswith(prefix)), *FilesCompleter()(prefix)]

    parser.add_argument("first").completer = matching  # type: ignore[attr-defined]  # argcomplete looks for it there
    offer(parser)
