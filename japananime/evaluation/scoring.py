"""From styles and files to scores and to what the page shows, with a bar: pictures made of photos, or of nothing."""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from japananime.base.jobs import progress_bar
from japananime.evaluation import film_scores, paired, unconditional
from japananime.evaluation.tables import Evaluation
from japananime.inference.stylizer import Stylizer
from japananime.styles.folder import Style
from japananime.stylizing import filtering


def of_photos(
    looking,
    photos: Sequence[Path],
    anime: Sequence[Path],
    styles: Mapping[str, Style],
    outputs: Mapping[str, str],
    shown: int,
    films: Sequence[Path] = (),
) -> tuple[Evaluation, list]:
    """Scores of styles and of folders of pictures made of the same photos; `shown` of the photos for the page.

    films: on which the styles' flicker is measured besides.
    """
    stylizers = {name: Stylizer(style) for name, style in styles.items()}
    makers = {name: paired.style_maker(stylizer) for name, stylizer in stylizers.items()}
    makers |= {name: paired.folder_of_outputs(folder) for name, folder in outputs.items()}
    wanted = set(photos[:: max(1, -(-len(photos) // shown))]) if shown else set()
    sections = []
    with _bar(len(anime) + len(photos) * (1 + len(makers))) as told:
        result = paired.evaluate(
            looking,
            photos,
            anime,
            makers,
            show=lambda path, pictures: sections.append((path.name, pictures)) if path in wanted else None,
            **told,
        )
        # Frames of films are drawn otherwise than photos.
        draw = {name: filtering.applied(stylizer.engine) for name, stylizer in stylizers.items()}
        return film_scores.with_films(result, films, draw, told["report"]), sections


def sets(
    styles: Mapping[str, Style], outputs: Mapping[str, Sequence[Path]], count: int, seed: int
) -> dict[str, list[unconditional.Made]]:
    """What styles make of nothing, and pictures that lie in folders."""
    made = {name: unconditional.characters(style, count, seed) for name, style in styles.items()}
    return made | {name: unconditional.from_files(paths) for name, paths in outputs.items()}


def of_nothing(
    looking, anime: Sequence[Path], sets: Mapping[str, Sequence], training: Sequence[Path], shown: int
) -> tuple[Evaluation, list]:
    """Scores of pictures made of no photo; for the page those that are nearest to a training picture, nearest first."""
    with _bar(len(anime) + len(training) + sum(map(len, sets.values()))) as told:
        result, twins = unconditional.evaluate(looking, anime, sets, training, shown=shown, **told)
    return result, [
        (f"{twin.maker}: {twin.distance:.2f} of the usual distance", {twin.name: twin.made, twin.of: twin.nearest})
        for twin in twins
    ]


@contextlib.contextmanager
def _bar(total: int) -> Iterator[dict]:
    with progress_bar(total, "picture") as bar:
        yield {"progress": bar.update, "report": lambda text: bar.write(f"skipped: {text}", file=sys.stderr)}
