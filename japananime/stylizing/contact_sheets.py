"""One photo in every bundled style on one sheet, to choose by: `stylize --style all`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import from_flags
from japananime.base.terminal import tell_skipped
from japananime.image import sheets
from japananime.image.color import Finish
from japananime.image.resize import LANCZOS, resize
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import pictures, planning
from japananime.stylizing.pictures import PictureFiles

# The name that stands for every style, and that of the first cell.
ALL, PHOTO = "all", "the photo"
# Widest cell, height of the line of names below each, and its letters, in pixels; cells in a row.
WIDTH, LABEL, LETTERS, ACROSS = 640, 36, 22, 3


def sheet(shown: Mapping[str, np.ndarray], width: int = WIDTH, across: int = ACROSS) -> np.ndarray:
    """{name: picture uint8 (height, width, 3), all of one size} -> a sheet of them with their names below.

    width: of a cell at most; smaller pictures keep their size. across: cells in a row.
    """
    first = next(iter(shown.values()))
    width = min(width, first.shape[1])
    height = max(1, round(first.shape[0] * width / first.shape[1]))
    cells = [resize(picture, (height, width), LANCZOS) for picture in shown.values()]
    return sheets.grid(cells, across, list(shown), line=LABEL, letters=LETTERS, below=True)


def make_all(parsed: argparse.Namespace, inputs: Sequence[Path | str]) -> int:
    """Make a sheet of every photo named on `stylize`'s command line; returns how many could not be made."""
    for flag in ("faces", "cluster", "preview", "compare"):
        if vars(parsed).get(flag):
            raise UserError(f"--{flag} does not work with --style {ALL}, which makes a sheet of every photo")
    options, finish, written = loading.options(parsed), from_flags(Finish, parsed), from_flags(PictureFiles, parsed)
    plan = planning.plan(inputs, parsed.out, planning.Wanted(ALL, written.format))
    if plan.films:
        raise UserError(f"'{plan.films[0].source}' is a film; --style {ALL} takes photos, and a film takes one style")
    styles = style_folder.opened(tell_skipped)
    engines = {style.title: options.load(style) for style in styles}
    make_folders(path.parent for path in plan.targets)
    return pictures.make_all(
        plan.photos, in_every_style(engines, finish), Finish(), written.quality, options.max_memory
    )


def in_every_style(
    engines: Mapping[str, Callable[[np.ndarray], np.ndarray]], finish: Finish
) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 (height, width, 3) -> the `sheet` of what every engine makes of it, the photo first."""

    def make(rgb: np.ndarray) -> np.ndarray:
        return sheet({PHOTO: rgb, **{name: finish(rgb, engine(rgb)) for name, engine in engines.items()}})

    return make
