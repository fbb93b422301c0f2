"""Photos in all bundled styles at once: for each a sheet of small pictures, to choose a style by."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from japananime.base import terminal
from japananime.base.errors import ROOM, UserError, disk_is_full
from japananime.base.files import make_folders
from japananime.base.terminal import Bar
from japananime.image import files as image_files
from japananime.image.color import Finish, on_white
from japananime.image.contact_sheet import contact_sheet
from japananime.image.resize import resize
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import failures, planning
from japananime.stylizing.pictures import PictureEngine
from japananime.stylizing.planning import Task

# What --style is for this.
ALL = "all"
# Longest side in pixels of a picture on a sheet; larger photos are made smaller first.
LONGEST_SIDE = 960


def run(parsed: argparse.Namespace, inputs: Sequence[str]) -> int:
    """Make the sheets that a command line of `stylize` asks for; returns how many photos have none."""
    plan = planning.plan(inputs, parsed.out, planning.Wanted("styles", "png"))
    _check(parsed, plan)
    make_folders(task.target.parent for task in plan.photos)
    options = loading.options(parsed)
    styles = style_folder.opened(lambda sentence: print(f"skipped: {terminal.line(sentence)}", file=sys.stderr))
    engines: dict[str, PictureEngine] = {style.title: options.load(style) for style in styles}
    return make_all(plan.photos, engines, Finish(parsed.strength, parsed.keep_colors), options.max_memory)


def make_all(
    tasks: Sequence[Task], engines: Mapping[str, PictureEngine], finish: Finish, memory: int | None = None
) -> int:
    """Make every photo's sheet, the photo first, then it by each engine, {title: engine}; how many failed."""
    made: list[Path] = []
    with terminal.without_chatter(), Bar(tasks, unit="sheet") as bar:
        for task in bar:
            try:
                photo = _small(image_files.read(task.source, memory))
                pictures = [("photo", photo)]
                for title, engine in engines.items():
                    drawn = engine(photo)
                    pictures.append((title, photo if drawn is None else finish(photo, drawn)))
                image_files.write(task.target, image_files.Picture(contact_sheet(pictures)))
                made.append(task.target)
            except Exception as error:
                text = failures.describe(error, task.source)
                if disk_is_full(error):
                    raise UserError(f"{text}; {ROOM}") from error
                bar.write(f"skipped: {terminal.line(text)}", file=sys.stderr)
    names = ", ".join(map(str, made[:3])) + (" ..." if len(made) > 3 else "")
    print(terminal.line(f"{len(made)} of {len(tasks)} sheets of {len(engines)} styles made: {names or 'none'}"))
    return len(tasks) - len(made)


def _check(parsed: argparse.Namespace, plan: planning.Plan) -> None:
    """Raise UserError where a command line asks for what there is no sheet of."""
    if not parsed.compare:
        raise UserError(f"--style is {ALL}, which makes one sheet of all styles for each photo; give --compare too")
    if parsed.faces or parsed.cluster:
        flag = "--faces" if parsed.faces else "--cluster"
        raise UserError(f"--style is {ALL}; {flag} takes one style, named by itself")
    if parsed.direction != style_folder.DIRECTIONS[0] or parsed.format not in (None, "png"):
        raise UserError(f"--style is {ALL}, whose sheets are png, and of photos into anime; leave out other choices")
    if plan.films:
        raise UserError(f"--style is {ALL}, and '{plan.films[0].source}' moves; give photos alone")


def _small(photo: image_files.Picture) -> np.ndarray:
    """A photo as a sheet shows it, transparency laid on white: uint8 (height, width, 3)."""
    rgb = photo.rgb if photo.alpha is None else on_white(photo.rgb, photo.alpha)
    height, width = rgb.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    if scale == 1.0:
        return rgb
    return resize(rgb, (max(1, round(scale * height)), max(1, round(scale * width))))
