"""Scores as people read them: a table for the terminal, Markdown, JSON, and a page with the pictures beside them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

import japananime
from japananime.base import html_sheets, markdown
from japananime.base.files import write_bytes

# Photos from which on scores tell styles apart.
ENOUGH = 30
PHOTOS, ANIME = "(the photos themselves)", "(the anime)"


@dataclass(frozen=True)
class Score:
    """A column of the tables: its key, its heading, its decimals, and whether a ratio to the photos' own says anything.

    better: what is wanted of it, in a word.
    """

    key: str
    heading: str
    decimals: int
    better: str
    relative: bool = False

    @property
    def better_alone(self):
        """What is wanted of pictures that were made of no photo."""
        return self.better.replace("photos", "anime")


SCORES = (
    Score("kid_anime", "KID to anime ×1000", 2, "lower", relative=True),
    Score("gaussian_anime", "Gaussian MMD to anime ×1000", 3, "lower", relative=True),
    Score("frechet_anime", "Fréchet to anime", 2, "lower", relative=True),
    Score("frechet_photos", "Fréchet to photos", 2, ""),
    Score("kid_photos", "KID to photos ×1000", 2, ""),
    Score("precision", "precision", 3, "higher"),
    Score("recall", "recall", 3, "higher"),
    Score("gram", "Gram to anime", 4, "lower", relative=True),
    Score("content", "content distance", 4, "lower"),
    Score("color_drift", "colour drift", 2, "lower"),
    Score("smooth_lines", "lines in smooth parts", 2, "lower"),
    Score("edge_clarity", "edge clarity", 2, "as the anime", relative=True),
    Score("flat_share", "flat share", 3, "as the anime", relative=True),
    Score("diversity", "diversity", 2, "as the photos", relative=True),
    Score("flicker", "flicker in films", 2, "lower"),
)


@dataclass(frozen=True)
class Row:
    """One line of the tables. scores: by `Score.key`; those that make no sense for this row are missing.

    intervals: {key: (low, high)} of those that are known by how much they could have come out otherwise.
    """

    name: str
    pictures: int
    scores: dict[str, float]
    kid_deviation: float = 0.0
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """features: the network's name. rows: the photos' first where there are any, each maker's, the anime's last.

    skipped: lines on what could not be used. headings: in place of a score's own, by `Score.key`.
    """

    features: str
    rows: list[Row]
    skipped: list[str]
    headings: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_photos(self):
        """Whether the pictures were made of photos, which then have the first row."""
        return self.rows[0].name == PHOTOS

    def ratios(self, row):
        """{key: a row's score as a share of the photos' own}, for the scores where that says something."""
        base = self.rows[0].scores if self.of_photos else {}
        keys = [score.key for score in SCORES if score.relative and score.key in row.scores and score.key in base]
        return {key: row.scores[key] / base[key] for key in keys if base[key] > 0}


def table(evaluation):
    """Rows of cells, the headings first, of the scores that any row has; ratios to the photos' own in brackets."""
    scores = [score for score in SCORES if any(score.key in row.scores for row in evaluation.rows)]
    lines = [
        ["", "pictures", *(evaluation.headings.get(score.key, score.heading) for score in scores)],
        ["better", "", *(score.better if evaluation.of_photos else score.better_alone for score in scores)],
    ]
    for row in evaluation.rows:
        ratios = evaluation.ratios(row) if row is not evaluation.rows[0] else {}
        lines.append([row.name, str(row.pictures), *(_cell(score, row, ratios) for score in scores)])
    return lines


def text(evaluation):
    """The table turned for the terminal, where names are short and scores are many: a score a line."""
    turned = [list(line) for line in zip(*table(evaluation), strict=True)]
    widths = [max(len(line[column]) for line in turned) for column in range(len(turned[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in turned]
    return "\n".join([*lines, "", words(evaluation)])


def words(evaluation):
    """What the numbers were taken with, and how far they can be trusted."""
    round_brackets = "In round brackets: as a share of the photos' own score. " if evaluation.of_photos else ""
    return (
        f"Features: {evaluation.features}. {round_brackets}In square brackets: where 95 of 100 such scores would lie "
        "with other pictures drawn from the same source; rows whose brackets overlap are not told apart."
        f"{small_set_warning(evaluation)}"
    )


def small_set_warning(evaluation):
    """A warning where there are too few photos, or pictures made of none, to tell styles apart by, or ""."""
    count = evaluation.rows[0].pictures
    if count >= ENOUGH:
        return ""
    what = "photos" if evaluation.of_photos else "pictures"
    return f" Warning: {count} {what} are few, so the scores scatter widely; use {ENOUGH} or more to tell styles apart."


def write(folder, evaluation, shown):
    """Write `scores.md`, `scores.json` and `index.html` into a folder.

    shown: [(heading, {name: picture uint8 (height, width, 3)})], for the page.
    """
    write_bytes(folder / "scores.md", _markdown(evaluation).encode("utf-8", "surrogateescape"))
    stored = {
        "japananime": japananime.__version__,
        "features": evaluation.features,
        "rows": [
            {
                "name": row.name,
                "pictures": row.pictures,
                "scores": row.scores,
                "ratios_to_photos": evaluation.ratios(row),
                "kid_anime_deviation": row.kid_deviation,
                "intervals": row.intervals,
            }
            for row in evaluation.rows
        ],
        "skipped": evaluation.skipped,
    }
    write_bytes(folder / "scores.json", (json.dumps(stored, indent=2) + "\n").encode())
    sections = [(heading, [(_jpeg(picture), name) for name, picture in beside.items()]) for heading, beside in shown]
    html_sheets.write(
        folder / "index.html", "Scores", words=words(evaluation), table=table(evaluation), sections=sections
    )


def _cell(score, row, ratios):
    if score.key not in row.scores:
        return "–"
    ratio = f" ({ratios[score.key]:.2f})" if score.key in ratios else ""
    interval = ""
    if score.key in row.intervals:
        low, high = (f"{value:.{score.decimals}f}" for value in row.intervals[score.key])
        interval = f" [{low}, {high}]"
    return f"{row.scores[score.key]:.{score.decimals}f}{ratio}{interval}"


def _markdown(evaluation):
    first, *rest = table(evaluation)
    lines = ["# Scores", "", words(evaluation), "", *markdown.table(first, rest)]
    if evaluation.skipped:
        lines += ["", "Skipped:", "", *(f"- {line}" for line in evaluation.skipped)]
    return "\n".join(lines) + "\n"


def _jpeg(picture):
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=88)
    return encoded.getvalue()
