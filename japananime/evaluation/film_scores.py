"""How much flicker styles add to films, as a score beside those of pictures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from japananime.base.errors import UserError
from japananime.evaluation import steadiness
from japananime.evaluation.tables import PHOTOS, Evaluation
from japananime.image.resize import resize
from japananime.video.frames import middle
from japananime.video.reading import source as film_source

# What is seen of a film: so many seconds from its middle, the short side brought to so many pixels.
SECONDS, SIDE = 2.0, 360
FLICKER = "flicker"


def with_films(
    evaluation: Evaluation,
    films: Sequence[Path],
    makers: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    report: Callable[[str], object],
) -> Evaluation:
    """The same Evaluation with the score `flicker`, the mean over films, in the rows of some makers and the photos'.

    makers: {name of a row: frame, uint8 (height, width, 3) -> picture}. report: called with each line about a film that
    had to be left out.
    """
    found: dict[str, list[float]] = {}
    skipped = []
    for path in films:
        try:
            for name, score in scores(path, makers).items():
                found.setdefault(name, []).append(score)
        except UserError as error:
            skipped.append(str(error))
            report(str(error))
    means = {name: float(np.mean(each)) for name, each in found.items()} | ({PHOTOS: 1.0} if found else {})
    rows = [
        replace(row, scores=row.scores | {FLICKER: means[row.name]}) if row.name in means else row
        for row in evaluation.rows
    ]
    return replace(evaluation, rows=rows, skipped=[*evaluation.skipped, *skipped])


def scores(path: Path, makers: Mapping[str, Callable[[np.ndarray], np.ndarray]]) -> dict[str, float]:
    """The score of every maker on one film; raises UserError where it is none, or nothing in it changes."""
    found = steadiness.follow(_excerpt(path), makers)
    if not all(sum(each.film) for each in found.values()):
        raise UserError(f"{path}: nothing changes from one frame to the next, so there is nothing to compare with")
    return {name: each.score for name, each in found.items()}


def _excerpt(path: Path) -> Iterator[np.ndarray]:
    source = film_source.open_film(path)
    scale = min(1.0, SIDE / min(source.width, source.height))
    for frame in source.frames(middle(source, SECONDS)):
        yield resize(frame.load().rgb, (round(source.height * scale), round(source.width * scale)))
