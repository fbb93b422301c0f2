"""`python -m japananime.generate`: anime characters out of nothing, by a style that was trained to make them."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.terminal import Bar
from japananime.image import files as image_files
from japananime.styles import folder as style_folder

MOST = 10_000
# Rows of the sheet of ways from one character to another.
WAYS = 8

EXAMPLES = """\
examples:
  python -m japananime.generate --style runs/faces --out faces
      64 characters: each as faces/character-0001.png and so on, all of them in faces/sheet.png
  python -m japananime.generate --style runs/faces --count 16 --seed 7 --out more
      16 others; the same seed always makes the same characters, and the first of 64 are the 16
  python -m japananime.generate --style runs/faces --interpolate --out faces
      also faces/interpolation.png: from each of the first characters to the next
train such a style with: python -m japananime.train --family dcgan --anime FACES --out runs/faces
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.generate",
        description="Make anime characters out of nothing, by a style of the family dcgan.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--style", metavar="NAME", required=True, help="run directory, style folder or bundled style that makes them"
    )
    parser.add_argument("--count", type=int, default=64, metavar="N", help=f"how many, 1 to {MOST} (default 64)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones, 0 or more (default 1)")
    parser.add_argument(
        "--interpolate", action="store_true", help=f"also the ways between the first {WAYS + 1} (--count 2 or more)"
    )
    parser.add_argument("--steps", type=int, default=8, metavar="N", help="pictures of a way, 2 to 64 (default 8)")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to write to, made if it is not there")
    parsed = parser.parse_args(arguments)
    cli.within(parsed, count=(2 if parsed.interpolate else 1, MOST), seed=(0, 2**31 - 1), steps=(2, 64))
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    return cli.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    style, out = style_folder.find(parsed.style), Path(parsed.out)
    style.need("latent")
    if out.is_file():
        raise UserError(f"--out is '{out}', which is a file; it must be a folder")
    make_folders([out])
    cli.load_tensorflow()
    from japananime.inference.characters import Characters, sheet

    characters = Characters(style)
    pictures = characters(parsed.count, parsed.seed)
    digits = max(4, len(str(parsed.count)))
    for number, picture in enumerate(Bar(pictures, unit="character", delay=2, leave=False), 1):
        image_files.write(out / f"character-{number:0{digits}}.png", image_files.Picture(picture))
    image_files.write(out / "sheet.png", image_files.Picture(sheet(pictures, across=round(parsed.count**0.5))))
    written = f"{parsed.count} characters and sheet.png"
    if parsed.interpolate:
        ways = characters.between(min(parsed.count, WAYS + 1), parsed.seed, parsed.steps)
        page = sheet(ways.reshape(-1, *ways.shape[2:]), across=parsed.steps)
        image_files.write(out / "interpolation.png", image_files.Picture(page))
        written += " and interpolation.png"
    print(f"{written} written to {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
