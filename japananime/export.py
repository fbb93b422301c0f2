"""`python -m japananime.export`: a style as a file for other programs, checked in their own runtime."""

import argparse
import importlib.util
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.styles import folder as style_folder

# What each kind needs beside TensorFlow; known here without importing any of it.
NEEDED = {"onnx": ("onnx", "onnxruntime"), "tflite": ("ai_edge_litert",), "savedmodel": (), "keras": ()}
# The web page is written without TensorFlow.
PAGE, PAGE_NEEDED = "page", ("onnx",)

EXAMPLES = """\
examples:
  python -m japananime.export --to onnx
      the bundled style as cel.onnx
  python -m japananime.export --style runs/first --to tflite --precision float16 --out phone/first.tflite
      a style of your own for a phone, at half the size
  python -m japananime.export --to page --out anime
      a web page that turns photos in the browser; see it with python -m http.server -d anime

The file takes a photo as float32 (batch, height, width, 3) from -1 to 1 and gives the picture in the same way, of any
size whose sides the network can halve. A page is a folder for any web server, with the styles that are named or else
all bundled ones. docs/export.md shows how each kind is loaded.
"""


@dataclass(frozen=True)
class Exactness(Settings):
    """How exact the numbers of a file are, and must be."""

    precision: str = setting(
        "float32", "of the weights in a tflite file; the others are float32", choices=("float32", "float16", "int8")
    )
    tolerance: float | None = setting(
        None,
        "largest difference from Keras, in levels of 255, that is accepted",
        above=0,
        usual="0.5; float16 1.5; int8 16",
    )


def parse(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, Exactness]:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.export",
        description="Write a style as a file for another program, run it there, and compare the pictures with Keras'.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--style",
        metavar="NAME",
        nargs="+",
        help="bundled style, run directory, style folder or .keras file (default: bundled); several for a page",
    )
    parser.add_argument("--to", required=True, choices=(*NEEDED, PAGE), help="the kind of file")
    parser.add_argument("--out", metavar="PATH", type=Path, help="where to (default: the style's name, here)")
    add_flags(parser, Exactness)
    parser.add_argument(
        "--runtime-archive",
        metavar="FILE",
        type=Path,
        help="for a page: ONNX Runtime Web's npm package, if you have it (default: fetched once)",
    )
    parsed = parser.parse_args(arguments)
    if parsed.to != PAGE and parsed.style and len(parsed.style) > 1:
        raise UserError(f"--style names {len(parsed.style)} styles; accepted with --to {parsed.to}: one")
    if parsed.to != PAGE and parsed.runtime_archive:
        raise UserError(f"--runtime-archive is given with --to {parsed.to}; accepted: with --to {PAGE} alone")
    exactness = from_flags(Exactness, parsed)
    if parsed.to == PAGE and exactness != Exactness():
        raise UserError(f"--precision and --tolerance are not for --to {PAGE}; accepted: without them")
    return parsed, exactness


@cli.command
def main(arguments):
    """Run the command; returns the exit status."""
    parsed, exactness = parse(arguments)
    if parsed.to == PAGE:
        return _page(parsed)
    style = style_folder.find(parsed.style[0] if parsed.style else style_folder.DEFAULT)
    _check_installed(parsed.to, ("tensorflow", *NEEDED[parsed.to]))
    cli.load_tensorflow()
    from japananime.exporting import export as style_export

    target = parsed.out or Path(style.title + style_export.KINDS[parsed.to].suffix)
    _check_target(target, style_export.KINDS[parsed.to].suffix, style)
    difference = style_export.write(style, parsed.to, target, exactness.precision, exactness.tolerance)
    print(
        f"{target}: {_size(target) / 1e6:.2f} MB; against Keras {difference.levels:.3f} levels of 255 at the worst "
        f"pixel, {difference.decibels:.1f} dB"
    )
    return 0


def _page(parsed):
    _check_installed(PAGE, PAGE_NEEDED)
    bundled = sorted(style_folder.bundled_for_photos(), key=lambda name: name != style_folder.DEFAULT)
    styles = [style_folder.find(name) for name in parsed.style or bundled]
    from japananime.exporting import page

    target = parsed.out or Path("page")
    page.write(styles, target, parsed.runtime_archive)
    print(
        f"{target}: {_size(target) / 1e6:.1f} MB, {len(styles)} style{'s' if len(styles) > 1 else ''}; see it with: "
        f"python -m http.server -d {shlex.quote(str(target))}"
    )
    return 0


def _check_installed(kind, needed):
    if missing := [name for name in needed if importlib.util.find_spec(name) is None]:
        raise UserError(cli.not_installed(f"--to {kind}", missing, "export"))


def _check_target(target, suffix, style):
    if target.suffix.lower() != suffix and suffix:
        raise UserError(f"--out is '{target}'; accepted: a name that ends in {suffix}")
    if target.exists() and target.resolve() == style.path.resolve():
        raise UserError(f"--out is '{target}', the style itself")
    target.parent.mkdir(parents=True, exist_ok=True)


def _size(path):
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


if __name__ == "__main__":
    sys.exit(main())
