"""Scores of pictures that were made of no photo, such as characters, beside anime; and what each may be a copy of."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from japananime.base.errors import UserError
from japananime.evaluation import set_statistics, working_size
from japananime.evaluation.set_statistics import SetStatistics
from japananime.evaluation.tables import ANIME, Evaluation
from japananime.image import files as image_files
from japananime.image.resize import LANCZOS, middle_square, resize
from japananime.inference.characters import Characters
from japananime.perception import neighbours


class Made(NamedTuple):
    """A picture by its name; `read` gives it: uint8 (height, width, 3)."""

    name: str
    read: Callable[[], np.ndarray]


class Twin(NamedTuple):
    """A made picture beside the training picture that is nearest to it, which is called `of`.

    distance: between the two, as a share of what lies between a training picture and its own nearest, by the median.
    """

    maker: str
    name: str
    of: str
    distance: float
    made: np.ndarray
    nearest: np.ndarray


def characters(style, count: int, seed: int) -> list[Made]:
    """The first characters of a seed, as `generate` numbers them."""
    pictures = Characters(style)(count, seed)
    return [Made(f"character {number}", partial(np.asarray, rgb)) for number, rgb in enumerate(pictures, 1)]


def from_files(paths: Sequence[Path]) -> list[Made]:
    """Pictures that lie on the disk."""
    return [Made(path.name, partial(image_files.read_rgb, path)) for path in paths]


def evaluate(
    network,
    anime: Sequence[Path],
    sets: Mapping[str, Sequence[Made]],
    training: Sequence[Path] = (),
    *,
    shown: int = 24,
    progress: Callable[[], object] = lambda: None,
    report: Callable[[str], object] = lambda text: None,
) -> tuple[Evaluation, list[Twin]]:
    """Look at everything once: the scores, and of each maker the `shown` pictures that are nearest to a training one.

    training: what the makers learnt from; the anime unless there are any. All pictures are seen as middle squares, at
    the detail of the smallest that was made. progress: called after each picture. report: called with each line about
    what had to be skipped.
    """
    skipped: list[str] = []
    detail = min(map(_side, sets.values()))

    def look(pictures):
        statistics, seen = SetStatistics(), []
        for picture in pictures:
            try:
                square = middle_square(picture.read())
                rgb = resize(square, (min(detail, len(square)),) * 2, LANCZOS)
                statistics.look(network, working_size.bring(rgb))
                seen.append(picture)
            except UserError as error:
                skipped.append(str(error))
                report(str(error))
            progress()
        return statistics, seen

    drawn, learnt = look(from_files(anime))
    points = drawn.points if learnt else np.zeros((0, 1))
    found = {name: look(pictures) for name, pictures in sets.items()}
    if training:
        statistics, learnt = look(from_files(training))
        points = statistics.points if learnt else points
    of_each = {"anime pictures": len(drawn.own), "training pictures": len(learnt)}
    for what, count in (of_each | {name: statistics.pictures for name, (statistics, _) in found.items()}).items():
        if count < 2:
            raise UserError(f"{what}: {count} usable; scores of a set need 2 or more")
    rows = [set_statistics.row(network, name, statistics, drawn) for name, (statistics, _) in found.items()]
    twins = [
        twin
        for name, (statistics, seen) in found.items()
        for twin in _twins(name, statistics.points, seen, points, learnt, shown)
    ]
    rows.append(set_statistics.row(network, ANIME, drawn, drawn))
    return Evaluation(network.name, rows, skipped, network.headings), twins


def _twins(maker, points, seen, training_points, learnt, shown):
    between = neighbours.distances(points, training_points)
    usual = max(float(np.median(neighbours.reach(training_points, 1))), np.finfo(np.float32).tiny)
    nearest = between.argmin(axis=1)
    shares = between.min(axis=1) / usual
    for place in np.argsort(shares, kind="stable")[:shown]:
        made, twin = seen[place], learnt[nearest[place]]
        yield Twin(maker, made.name, twin.name, float(shares[place]), made.read(), twin.read())


def _side(pictures):
    """The short side of the first picture that can be read, or what pictures are compared at where that is less."""
    for picture in pictures:
        try:
            return min(working_size.SHORT_SIDE, *picture.read().shape[:2])
        except UserError:
            continue
    return working_size.SHORT_SIDE
