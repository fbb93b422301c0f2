"""`python -m japananime.generate`: anime characters from scratch, by a style that was trained to make them."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.base.terminal import Bar
from japananime.image import files as image_files
from japananime.image.sheets import grid
from japananime.styles import folder as style_folder

MOST = 10_000
# Height of the line with a character's number above it, in pixels.
NUMBERS = 14
# Rows of the sheet of ways from one character to another.
WAYS = 8
# Pictures a second of the film of all ways.
RATE = 12
MOST_MIXED = 12

EXAMPLES = """\
examples:
  python -m japananime.generate
      64 characters in the folder characters: character-0001.png and so on, all of them in sheet.png
  python -m japananime.generate --count 16 --seed 7 --out more
      16 others; a seed always makes the same characters, so it is all that you need to share, and the first of 64 are
      the 16
  python -m japananime.generate --variety 0.6
      closer to the average: softer and paler
  python -m japananime.generate --interpolate
      also interpolation.png and interpolation.mp4: from each of the first characters to the next
  python -m japananime.generate --mix 3 7 12
      also mix.png: numbers 3, 7 and 12, crossed pairwise
  python -m japananime.generate --like portrait.png
      also like.png: the character that looks most like a picture
train your own with: python -m japananime.train --family characters --anime FACES --out runs/faces
and use it with: python -m japananime.generate --style runs/faces
"""


@dataclass(frozen=True)
class Choice(Settings):
    """Which characters are made, and how many pictures lie between two."""

    count: int = setting(64, "how many", least=1, most=MOST)
    seed: int = setting(1, "which ones", least=0, most=2**31 - 1)
    variety: float = setting(1.0, "how far they may differ from the average", above=0, most=1)
    steps: int = setting(8, "pictures from one to the next", least=2, most=64)


def parse(arguments: Sequence[str] | None = None) -> tuple[argparse.Namespace, Choice]:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.generate",
        description="Make anime characters from scratch. Needs neither a photo nor TensorFlow.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--style",
        metavar="NAME",
        default=style_folder.DEFAULT_CHARACTERS,
        help="run directory, style folder or bundled style that makes them (default %(default)s)",
    )
    add_flags(parser, Choice)
    parser.add_argument(
        "--interpolate", action="store_true", help=f"also the ways between the first {WAYS + 1} (--count 2 or more)"
    )
    parser.add_argument(
        "--mix", type=int, nargs="+", metavar="N", help=f"also these characters crossed, 2 to {MOST_MIXED} numbers"
    )
    parser.add_argument("--like", metavar="FILE", help="also the character that looks most like this picture")
    parser.add_argument(
        "--out", metavar="DIR", default="characters", help="the folder to write to (default %(default)s)"
    )
    parsed = parser.parse_args(arguments)
    choice = from_flags(Choice, parsed)
    if parsed.interpolate and choice.count < 2:
        raise UserError(f"--count is {choice.count}; with --interpolate it must be 2 to {MOST}")
    if parsed.mix and not (2 <= len(parsed.mix) <= MOST_MIXED and all(1 <= number <= MOST for number in parsed.mix)):
        raise UserError(
            f"--mix is {' '.join(map(str, parsed.mix))}; accepted: 2 to {MOST_MIXED} numbers of characters, each 1 to "
            f"{MOST}"
        )
    return parsed, choice


@cli.command
def main(arguments):
    """Run the command; returns the exit status."""
    parsed, choice = parse(arguments)
    style, out = style_folder.find(parsed.style), Path(parsed.out)
    style.need("latent")
    target = image_files.read_rgb(parsed.like) if parsed.like else None
    if out.is_file() or out.suffix.lower() in image_files.EXTENSIONS:
        raise UserError(f"--out is '{out}', which is a file; it must be a folder")
    make_folders([out])
    from japananime.inference.characters import Characters

    characters = Characters(style)
    pictures = characters(choice.count, choice.seed, choice.variety)
    digits = max(4, len(str(choice.count)))
    for number, picture in enumerate(Bar(pictures, unit="character", delay=2, leave=False), 1):
        _write(out / f"character-{number:0{digits}}.png", picture)
    numbers = [str(number) for number in range(1, choice.count + 1)]
    _write(out / "sheet.png", grid(pictures, round(choice.count**0.5), numbers, line=NUMBERS, letters=NUMBERS - 2))
    written = [f"{choice.count} characters", "sheet.png"]
    if parsed.interpolate:
        written += _interpolate(choice, characters, out)
    if parsed.mix:
        mixed = characters.mixed(parsed.mix, choice.seed, choice.variety)
        _write(out / "mix.png", grid(mixed.reshape(-1, *mixed.shape[2:]), across=len(parsed.mix)))
        written.append("mix.png")
    if target is not None:
        written.append(_like(choice.seed, characters, target, out))
    print(f"{', '.join(written)} written to {out}")
    return 0


def _interpolate(choice, characters, out):
    from japananime.video import clips

    ways = characters.between(min(choice.count, WAYS + 1), choice.seed, choice.steps, choice.variety)
    pictures = ways.reshape(-1, *ways.shape[2:])
    _write(out / "interpolation.png", grid(pictures, across=choice.steps))
    clips.write(out / "interpolation.mp4", pictures, RATE)
    return ["interpolation.png", "interpolation.mp4"]


def _like(seed, characters, target, out):
    from japananime.inference import latent_search

    with Bar(total=latent_search.STEPS, desc="looking for a character", unit="step", delay=2, leave=False) as bar:
        numbers = characters.like(target, seed, bar.update)
    _write(out / "like.png", characters.make(numbers[None])[0])
    return "like.png"


def _write(path, rgb):
    image_files.write(path, image_files.Picture(rgb))


if __name__ == "__main__":
    sys.exit(main())
