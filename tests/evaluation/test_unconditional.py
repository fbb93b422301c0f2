"""Pictures made of no photo: their scores, and the training picture that is nearest to each."""

import json

import keras
import numpy as np
import pytest
from PIL import Image
from samples import paint

from japananime import evaluate
from japananime.base.errors import UserError
from japananime.evaluation import keras_features, unconditional, working_size
from japananime.evaluation.feature_network import FeatureNetwork
from japananime.evaluation.tables import ANIME
from japananime.networks import dcgan_generator
from japananime.perception import metrics
from japananime.styles import generators
from japananime.training.program import Exportable

RECIPE = {"latent": 6, "size": 16, "width": 2}


@pytest.fixture(scope="module")
def network():
    """Sees the mean colour of a whole picture, from -1 to 1."""
    picture = keras.Input((None, None, 3))
    return FeatureNetwork(
        "mean colours", keras.Model(picture, keras.layers.AveragePooling2D(32)(picture)), squares=0, side=32
    )


def gray(folder, **levels):
    """Pictures of one gray each."""
    folder.mkdir()
    paths = [folder / f"{name}.png" for name in levels]
    for path, level in zip(paths, levels.values(), strict=True):
        Image.fromarray(np.full((40, 50, 3), level, np.uint8)).save(path)
    return paths


def test_the_nearest_training_picture_stands_beside_each(network, tmp_path):
    anime = gray(tmp_path / "anime", a=10, b=240)
    # Each training picture is 20 levels from its nearest: that is the usual distance.
    training = gray(tmp_path / "training", dark=40, darker=20, bright=200, brighter=220)
    made = gray(tmp_path / "made", new=130, near=205, copy=40)
    steps = []
    result, twins = unconditional.evaluate(
        network, anime, {"them": unconditional.from_files(made)}, training, shown=2, progress=lambda: steps.append(1)
    )
    assert [(twin.maker, twin.name, twin.of) for twin in twins] == [
        ("them", "copy.png", "dark.png"),
        ("them", "near.png", "bright.png"),
    ]
    assert [twin.distance for twin in twins] == pytest.approx([0.0, 5 / 20], abs=1e-4)
    assert [int(twin.made.max()) for twin in twins] == [40, 205]
    assert [int(twin.nearest.max()) for twin in twins] == [40, 200]
    assert len(steps) == 2 + 4 + 3
    assert [(row.name, row.pictures) for row in result.rows] == [("them", 3), (ANIME, 2)]


def test_scores_are_those_of_the_metrics(network, tmp_path):
    anime, made = gray(tmp_path / "anime", a=0, b=255), gray(tmp_path / "made", c=51, d=102, e=160)
    result, _ = unconditional.evaluate(network, anime, {"them": unconditional.from_files(made)})
    own, wanted = (np.repeat(np.array(levels)[:, None] / 127.5 - 1, 3, axis=1) for levels in ((51, 102, 160), (0, 255)))
    scores = result.rows[0].scores
    assert scores["kid_anime"] == pytest.approx(1e3 * metrics.squared_discrepancy(own, wanted), rel=1e-4)
    assert scores["frechet_anime"] == pytest.approx(metrics.frechet_distance(own, wanted), rel=1e-4)
    assert scores["precision"] == 1.0  # either anime picture reaches as far as the other one
    assert scores["recall"] == 1.0  # c reaches 109 levels far and is 51 from a, e reaches as far and is 95 from b
    assert scores["diversity"] == pytest.approx((51 + 58 + 109) / 127.5 / 3 * np.sqrt(3), rel=1e-4)
    assert not {"frechet_photos", "content", "color_drift"} & scores.keys()
    assert result.ratios(result.rows[0]) == {}


def test_all_are_middle_squares_with_no_more_detail_than_the_smallest_made(network, tmp_path, random, monkeypatch):
    seen = []
    monkeypatch.setattr(working_size, "bring", lambda rgb: seen.append(rgb) or np.zeros((288, 288, 3), np.uint8))
    picture = random.integers(0, 256, (16, 24, 3)).astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "small.png")
    large = [paint(tmp_path / f"{name}.png", random, (60, 40)) for name in "ab"]
    unconditional.evaluate(network, large, {"small": unconditional.from_files([tmp_path / "small.png"] * 2)})
    assert [rgb.shape for rgb in seen] == [(16, 16, 3)] * 4
    assert np.array_equal(seen[2], picture[:, 4:20])


def test_bad_files_are_told_and_left_out(network, tmp_path):
    anime, broken = gray(tmp_path / "anime", a=0, b=255), tmp_path / "broken.png"
    broken.write_text("text")
    told = []
    result, twins = unconditional.evaluate(
        network,
        [broken, *anime],
        {"them": unconditional.from_files([broken, *anime])},
        [*anime, broken],
        report=told.append,
    )
    assert told == result.skipped == [f"{broken}: not an image (4 bytes)"] * 3
    assert [(twin.name, twin.of) for twin in twins] == [("a.png", "a.png"), ("b.png", "b.png")]
    with pytest.raises(UserError, match="them: 0 usable; scores of a set need 2 or more"):
        unconditional.evaluate(network, anime, {"them": unconditional.from_files([broken] * 2)})
    with pytest.raises(UserError, match="training pictures: 1 usable"):
        unconditional.evaluate(network, anime, {"them": unconditional.from_files(anime)}, anime[:1])


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """A style that makes characters of 16 by 16 pixels."""
    folder = tmp_path_factory.mktemp("styles") / "faces"
    model = dcgan_generator.build(**RECIPE)
    generators.save(folder, Exportable("dcgan", RECIPE, model, takes="latent"), name="faces")
    return str(folder)


def test_command_scores_characters_and_shows_what_they_are_near_to(network, faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(keras_features, "asked_for", lambda *asked: network)
    gray(tmp_path / "anime", a=0, b=100, c=255)
    gray(tmp_path / "learnt", one=10, two=20)
    gray(tmp_path / "others", x=30, y=60)
    command = ["--style", faces, "--anime", str(tmp_path / "anime"), "--outputs", f"others={tmp_path / 'others'}"]
    command += ["--training", str(tmp_path / "learnt"), "--out", str(tmp_path / "out"), "--count", "4", "--shown", "3"]
    assert evaluate.main(command) == 0
    printed = capsys.readouterr().out
    assert "Warning: 4 pictures are few" in printed
    assert "photo" not in printed.replace(str(tmp_path), "")  # no line of a score that needs one, nor of what they want
    stored = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert [(row["name"], row["pictures"]) for row in stored["rows"]] == [("faces", 4), ("others", 2), (ANIME, 3)]
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("of the usual distance</h2>") == 3 + 2
    assert "photos' own score" not in page
    assert "<figcaption>character 1</figcaption>" in page or "<figcaption>character 4</figcaption>" in page
    assert "<figcaption>one.png</figcaption>" in page or "<figcaption>two.png</figcaption>" in page


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "--style is 'cel', which makes its pictures of photos; give some by --photos DIR"),
        (["--style", "portraits", "--photos", "p"], "which makes its pictures of no photo; leave --photos out"),
        (["--photos", "p", "--training", "t"], "give either --photos or --training"),
        (["--style", "portraits", "--count", "1"], "--count is 1; it must be 2 to 10000"),
        (["--style", "portraits", "--training", "gone"], "--training is 'gone', which does not exist"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(tmp_path, capsys, more, message):
    gray(tmp_path / "anime", a=0, b=255)
    assert evaluate.main(["--anime", str(tmp_path / "anime"), "--out", str(tmp_path / "out"), *more]) == 2
    assert message in capsys.readouterr().err.strip().splitlines()[-1]
