"""Flicker in films as a score beside those of pictures."""

import numpy as np
import pytest
from film_samples import film

from japananime import evaluate
from japananime.base.errors import UserError
from japananime.evaluation import film_scores, tables
from japananime.evaluation.tables import ANIME, PHOTOS, Evaluation, Row


def brightening(number, height, width):
    """Gray, two levels lighter with every frame."""
    return np.full((height, width, 3), 40 + 2 * number, np.uint8)


def thrice(rgb):
    return 3 * (rgb - 40)


@pytest.fixture(scope="module")
def brighter(tmp_path_factory):
    """One second, lossless: two of it are not there to be seen."""
    return film(tmp_path_factory.mktemp("films") / "film.mkv", 25, codec="ffv1", kind="bgr0", picture=brightening)


def test_a_score_is_how_much_more_changes_than_in_the_film(brighter):
    assert film_scores.scores(brighter, {"same": lambda rgb: rgb, "thrice": thrice}) == {"same": 1.0, "thrice": 3.0}


def test_large_films_are_seen_small(tmp_path):
    sizes = set()
    large = film(tmp_path / "film.mkv", 2, size=(400, 720), codec="ffv1", kind="bgr0", picture=brightening)
    film_scores.scores(large, {"same": lambda rgb: sizes.add(rgb.shape) or rgb})
    assert sizes == {(360, 648, 3)}


def test_what_does_not_change_is_no_film_to_see_flicker_on(tmp_path):
    still = film(tmp_path / "film.mkv", 3, codec="ffv1", kind="bgr0", picture=lambda n, *size: brightening(0, *size))
    with pytest.raises(UserError, match=r"film.mkv: nothing changes from one frame to the next"):
        film_scores.scores(still, {"same": lambda rgb: rgb})


def test_it_stands_in_the_rows_of_photos_and_styles_alone(brighter, tmp_path):
    rows = [Row(name, 40, {"content": 0.5}) for name in (PHOTOS, "thrice", "others", ANIME)]
    said = []
    films = [brighter, tmp_path / "none.mp4", brighter]
    found = film_scores.with_films(Evaluation("eyes", rows, ["before"]), films, {"thrice": thrice}, said.append)
    assert [row.scores.get("flicker") for row in found.rows] == [1.0, 3.0, None, None]
    assert len(said) == 1 and "none.mp4" in said[0]
    assert found.skipped == ["before", *said]
    table = tables.table(found)
    assert [line[-1] for line in table] == ["flicker in films", "lower", "1.00", "3.00", "–", "–"]
    without = film_scores.with_films(Evaluation("eyes", rows, []), [], {"thrice": thrice}, said.append)
    assert without.rows == rows


def test_films_want_photos_too(capsys):
    assert evaluate.main(["--anime", "film", "--out", "scores", "--films", "film.mp4"]) == 2
    assert "--films are for styles that make pictures of photos; give some by --photos" in capsys.readouterr().err
