"""`japananime styles`: the styles installed here, and packages to send one to others or to take theirs."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.terminal import line
from japananime.styles import folder as style_folder

EXAMPLES = """\
examples:
  japananime styles list
      what is installed: bundled, added and fetched styles
  japananime styles add https://example.org/style.zip --name mine
      from now on --style mine; hf://USER/NAME and FILE.zip work too
  japananime styles remove mine
      or the address or path of what was fetched once
  japananime styles pack runs/first --out first.zip --license CC-BY-4.0
      a style of your own as one file
  japananime styles card runs/first
      its card with the metadata that model hubs read, for a README.md there
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = cli.Parser(prog="japananime styles", description="Styles to share, each in one file.", epilog=EXAMPLES)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="the styles installed here")
    adding = actions.add_parser("add", help="a package, by its path or address, under a name")
    adding.add_argument("source", metavar="SOURCE", help="FILE.zip, https://HOST/style.zip or hf://USER/NAME")
    adding.add_argument("--name", default="", metavar="NAME", help="to find it by (default: the style's own)")
    removing = actions.add_parser("remove", help="a style that was added or fetched")
    removing.add_argument("name", metavar="NAME", help="or the address or path that it was fetched from")
    packing = actions.add_parser("pack", help="pack a style into one file to share")
    showing = actions.add_parser("card", help="print a style's card with the metadata that model hubs read")
    for one in (packing, showing):
        one.add_argument("style", metavar="STYLE", help="a style's name, its folder, or a run directory")
        one.add_argument("--license", default="", metavar="NAME", help="in place of the one that the style says")
    packing.add_argument("--out", metavar="FILE", help="the package (default: the style's name with .zip, here)")
    return parser.parse_args(arguments)


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status."""
    parsed = parse(arguments)
    ACTIONS[parsed.action](parsed)
    return 0


def _list(parsed: argparse.Namespace) -> None:
    from japananime.styles import installed

    for name in style_folder.bundled():
        usual = " (used where no --style is given)" if name == style_folder.DEFAULT else ""
        print(line(f"{name}{usual}: {style_folder.find(name).words}"))
    for folder in installed.every_added():
        print(line(f"{folder.name}: added from {installed.origin(folder)['from']}"))
    for folder in installed.kept():
        print(line(f"{installed.origin(folder)['from']}: fetched once"))


def _add(parsed: argparse.Namespace) -> None:
    from japananime.styles import installed

    folder = installed.add(parsed.source, parsed.name, style_folder.bundled())
    print(line(f"added; use it with --style {folder.name}"))


def _remove(parsed: argparse.Namespace) -> None:
    from japananime.styles import installed

    print(line(f"removed what came from {installed.remove(parsed.name)}"))


def _pack(parsed: argparse.Namespace) -> None:
    from japananime.styles import packages

    style = _in_folder(parsed.style)
    target = Path(parsed.out or f"{style.title}{packages.SUFFIX}")
    if target.suffix != packages.SUFFIX:
        raise UserError(f"--out is '{target}'; accepted: a name that ends in {packages.SUFFIX}")
    make_folders([target.parent])
    found = packages.pack(style.path, target, parsed.license)
    print(line(f"{target}: {target.stat().st_size / 1e6:.1f} MB"))
    print(line(f"put anywhere on the web, it is --style https://HOST/{target.name}#sha256={found}"))


def _card(parsed: argparse.Namespace) -> None:
    from japananime.styles import cards

    print(cards.card(_in_folder(parsed.style).path, parsed.license), end="")


def _in_folder(name: str) -> style_folder.Style:
    style = style_folder.find(name)
    if style.description is None:
        raise UserError(f"'{name}' is a single file; accepted: a style in a folder, or a run directory")
    return style


ACTIONS = {"list": _list, "add": _add, "remove": _remove, "pack": _pack, "card": _card}
