"""`python -m japananime COMMAND`, also installed as `japananime`: every command behind one name.

What is no command is taken for something to stylise, so that `japananime photo.jpg` is all one needs to know.
"""

import difflib
import importlib
import sys
from pathlib import Path

from japananime import __version__
from japananime.base import cli, completion
from japananime.base.errors import UserError

# Command -> what it does, in the order of the help. Each is the module of its name, but for those of MODULES.
COMMANDS = {
    "stylize": "photos, films and folders of them into anime",
    "live": "a camera, the screen or a stream, while it happens",
    "train": "a style from photos and anime pictures",
    "generate": "characters from scratch",
    "neural-style": "one picture painted like another",
    "evaluate": "how good styles are, in numbers and side by side",
    "vote": "which pictures people prefer, asked two at a time",
    "experiment": "the trainings of a report, side by side",
    "styles": "styles to share: list, add, remove, pack, card",
    "export": "a style as a file for other programs",
    "devices": "the chips that styles can be computed on here",
    "demo": "a page to try it all in the browser",
}
MODULES = {"styles": "shared_styles"}  # a room has that name
USAGE = """\
usage: japananime PATH ...            photos, films and folders into anime
       japananime COMMAND ...         japananime COMMAND --help tells more

commands:
{commands}

options:
  -h, --help     this text
  --version      the version
"""


@cli.command
def main(arguments: list[str] | None) -> int:
    """Run a command; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if completion.asked():
        given = completion.words()
        if not given:
            completion.offer_first(COMMANDS, cli.Parser())
        if given[0].replace("_", "-") in COMMANDS:
            completion.skip_command()
    first = given[0] if given else "--help"
    if first in ("-h", "--help"):
        width = max(map(len, COMMANDS))
        lines = (f"  {name:{width}}   {words}" for name, words in COMMANDS.items())
        print(USAGE.format(commands="\n".join(lines)), end="")
        return 0
    if first == "--version":
        print(f"japananime {__version__}")
        return 0
    name = first.replace("_", "-")
    if name in COMMANDS:
        del given[0]
    elif first.startswith("-") or Path(first).exists():
        name = "stylize"
    else:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UserError(f"'{first}' is neither a command nor a file or folder{hint} (commands: {', '.join(COMMANDS)})")
    return importlib.import_module(f"japananime.{module_of(name)}").main(given)


def module_of(command: str) -> str:
    """The module in which a command is."""
    return MODULES.get(command, command.replace("-", "_"))


if __name__ == "__main__":
    sys.exit(main())
