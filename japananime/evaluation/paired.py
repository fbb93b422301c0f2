"""Scores of whole sets of pictures: each picture is looked at once, and only a few kilobytes are kept of it.

Photos, what was made of them, and anime go through one feature network; `metrics` does the arithmetic.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import lack_of_folder
from japananime.evaluation import set_statistics, working_size
from japananime.evaluation.set_statistics import SetStatistics
from japananime.evaluation.tables import ANIME, PHOTOS, Evaluation
from japananime.image import files as image_files
from japananime.image.resize import LANCZOS, resize
from japananime.perception import metrics

# A picture whose proportions differ more than this from its photo's was not made of it.
LARGEST_DISTORTION = 0.1


def evaluate(network, photos, anime, makers, *, progress=lambda: None, report=lambda text: None, show=None):
    """Look at everything once and score it: an Evaluation.

    photos, anime: paths. makers: {name: (path, rgb) -> rgb}, raising UserError where a photo has no picture.
    progress: called after each picture. report: called with each line about what had to be skipped.
    show: called with (path, {name: picture at its working size}) for every photo, the photo itself first.
    """
    skipped = []

    def skip(text):
        skipped.append(text)
        report(text)

    drawn, taken = SetStatistics(), SetStatistics()
    made = {name: SetStatistics() for name in makers}
    for path in anime:
        try:
            drawn.look(network, working_size.bring(image_files.read_rgb(path)))
        except UserError as error:
            skip(str(error))
        progress()
    for path in photos:
        try:
            rgb = image_files.read_rgb(path)
        except UserError as error:
            skip(str(error))
            for _ in range(1 + len(makers)):
                progress()
            continue
        shown = {PHOTOS: working_size.bring(rgb)}
        photo = taken.look(network, shown[PHOTOS])
        progress()
        for name, make in makers.items():
            try:
                shown[name] = _like(make(path, rgb), shown[PHOTOS])
                picture = made[name].look(network, shown[name])
                made[name].changes.append(_change(network, picture, photo))
            except UserError as error:
                skip(f"{name}: {error}")
            progress()
        if show:
            show(path, shown)
    for what, statistics in (("photos", taken), ("anime pictures", drawn), *made.items()):
        if statistics.pictures < 2:
            raise UserError(f"{what}: {statistics.pictures} usable; scores of a set need 2 or more")
    sets = ((PHOTOS, taken), *made.items(), (ANIME, drawn))
    rows = [set_statistics.row(network, name, statistics, drawn, taken) for name, statistics in sets]
    return Evaluation(network.name, rows, skipped, network.headings)


def folder_of_outputs(folder):
    """A maker that finds pictures made elsewhere: by the photo's name, whatever the extension."""
    found: dict[Any, Any] = {}
    for path in image_files.find(folder)[0]:
        if (other := found.setdefault(path.stem, path)) is not path:
            raise UserError(f"--outputs: '{path}' and '{other}' have the same name; each photo has one output")

    def make(photo, rgb):
        if photo.stem not in found:
            raise UserError(f"{photo}: no picture of that name in '{folder}'")
        return image_files.read_rgb(found[photo.stem])

    return make


def style_maker(stylizer: Callable):
    """A maker that applies a style."""

    def make(photo, rgb):
        try:
            return stylizer(rgb)
        except UserError as error:
            raise UserError(f"{photo}: {error}") from error

    return make


def find(flag, folder):
    """The pictures of a folder and below; raises UserError where there are none."""
    folder = Path(folder)
    if fault := lack_of_folder(folder):
        raise UserError(f"--{flag} is '{folder}', which {fault}; it must be a folder of pictures")
    found = image_files.find(folder)[0]
    if len(found) < 2:
        raise UserError(
            f"--{flag} is '{folder}', with {len(found)} pictures; 2 or more are needed "
            f"({', '.join(image_files.EXTENSIONS)})"
        )
    return found


def _change(network, picture, photo):
    (squares, content), (photo_squares, photo_content) = picture, photo
    lines = [metrics.lines_in_smooth_parts(*pair) for pair in zip(squares, photo_squares, strict=True)]
    known = [value for value in lines if not np.isnan(value)]
    drift = metrics.color_drift(squares, photo_squares)
    return metrics.content_distance(content, photo_content), drift, np.mean(known) if known else np.nan


def _like(picture, photo):
    """A made picture at the working size of its photo."""
    proportions = picture.shape[1] / picture.shape[0] / (photo.shape[1] / photo.shape[0])
    if abs(np.log(proportions)) > LARGEST_DISTORTION:
        raise UserError(f"a picture of {picture.shape[1]}×{picture.shape[0]} pixels has not its photo's proportions")
    return resize(picture, photo.shape, LANCZOS)
