"""Scores of folders, with a small network that can be followed by hand in place of the large ones."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image
from samples import paint

from japananime import evaluate
from japananime.base.errors import UserError
from japananime.evaluation import keras_features, paired, tables, working_size
from japananime.evaluation.feature_network import FeatureNetwork
from japananime.evaluation.tables import ANIME, PHOTOS
from japananime.image import files as image_files
from japananime.networks import residual_generator
from japananime.perception import metrics, neighbours
from japananime.styles import generators
from japananime.training.program import Exportable

RECIPE = {"width": 2, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


def network(squares=1):
    """Sees the mean colour of each quarter of a square, from 0 to 2."""
    picture = keras.Input((None, None, 3))
    model = keras.Model(picture, keras.layers.AveragePooling2D(128)(picture) + 1.0)
    return FeatureNetwork("mean colours", model, squares)


@pytest.fixture
def sets(tmp_path, random):
    """Folders of three photos and four anime pictures: ([photos], [anime])."""
    photos = [paint(tmp_path / "photos" / f"{name}.png", random, (300, 340)) for name in "abc"]
    anime = [paint(tmp_path / "anime" / f"{name}.png", random, (290, 300)) for name in "wxyz"]
    return photos, anime


def unchanged(path, rgb):
    return rgb


def inverted(path, rgb):
    return 255 - rgb


def row(found, name):
    return next(row for row in found.rows if row.name == name)


def test_scores_are_those_of_the_metrics_on_the_pictures(sets):
    photos, anime = sets
    found = paired.evaluate(network(squares=2), photos, anime, {"inverted": inverted})
    assert [(row.name, row.pictures) for row in found.rows] == [(PHOTOS, 3), ("inverted", 3), (ANIME, 4)]
    assert (found.features, found.skipped) == ("mean colours", [])

    def cloud(paths, change):
        squares = [
            change(working_size.cut(working_size.bring(image_files.read_rgb(path)), 2) / 127.5) for path in paths
        ]
        return np.concatenate(squares).reshape(-1, 2, 128, 2, 128, 3).mean(axis=(2, 4))

    made, photo, drawn = cloud(photos, lambda x: 2.0 - x), cloud(photos, lambda x: x), cloud(anime, lambda x: x)
    points = [maps.mean(axis=(1, 2)) for maps in (made, photo, drawn)]
    scored = row(found, "inverted").scores
    # Levels are rounded when a picture is brought to its working size after being inverted, hence the tolerance.
    close = {"rel": 0.01, "abs": 0.05}
    assert scored["frechet_anime"] == pytest.approx(metrics.frechet_distance(points[0], points[2]), rel=0.01)
    assert scored["frechet_photos"] == pytest.approx(metrics.frechet_distance(points[0], points[1]), rel=0.01)
    assert scored["kid_anime"] == pytest.approx(1e3 * metrics.squared_discrepancy(points[0], points[2]), **close)
    assert scored["kid_photos"] == pytest.approx(1e3 * metrics.squared_discrepancy(points[0], points[1]), **close)
    assert scored["diversity"] == pytest.approx(metrics.diversity(points[0]), rel=0.01)
    content = [metrics.content_distance(made[i : i + 2], photo[i : i + 2]) for i in (0, 2, 4)]
    assert scored["content"] == pytest.approx(np.mean(content), rel=0.01)
    grams = [np.mean([metrics.gram(maps[i : i + 2]) for i in range(0, len(maps), 2)], axis=0) for maps in (made, drawn)]
    assert scored["gram"] == pytest.approx(metrics.gram_distance([grams[0]], [grams[1]]), rel=0.02)
    drift = []
    for path in photos:
        squares = working_size.cut(working_size.bring(image_files.read_rgb(path)), 2).astype(float)
        drift.append(metrics.color_drift(255.0 - squares, squares))
    assert scored["color_drift"] == pytest.approx(np.mean(drift), rel=0.01)
    intervals = row(found, "inverted").intervals
    assert list(intervals) == [
        "kid_anime",
        "gaussian_anime",
        "kid_photos",
        "precision",
        "recall",
        "content",
        "color_drift",
        "edge_clarity",
        "flat_share",
        "diversity",
    ]
    assert intervals["diversity"][0] < scored["diversity"] < intervals["diversity"][1]
    by_picture = [cloud.reshape(-1, 2, 3).mean(axis=1) for cloud in (points[0], points[2])]
    covered = neighbours.coverage(*by_picture)
    assert (scored["precision"], scored["recall"]) == (covered.precision.mean(), covered.recall.mean())
    lengths = [cloud / np.linalg.norm(cloud, axis=1, keepdims=True) for cloud in by_picture]
    wanted = metrics.squared_discrepancy(*lengths, kernel=metrics.gaussian)
    assert scored["gaussian_anime"] == pytest.approx(1e3 * wanted, abs=0.01)
    low, high = intervals["content"]
    assert min(content) * 0.99 <= low <= scored["content"] <= high <= max(content) * 1.01
    assert intervals["kid_anime"][0] < scored["kid_anime"] < intervals["kid_anime"][1]
    low, high = intervals["kid_anime"]
    assert f" [{low:.2f}, {high:.2f}]" in tables.text(found)
    assert tables.text(found).endswith(
        "Warning: 3 photos are few, so the scores scatter widely; use 30 or more to tell styles apart."
    )


def test_lines_are_looked_for_where_photos_are_smooth(tmp_path, random):
    photos = [paint(tmp_path / f"photos/{name}.png", random, (300, 340)) for name in "ab"]
    Image.new("RGB", (340, 300), (100, 100, 100)).save(tmp_path / "photos" / "c.png")

    def lined(path, rgb):
        made = rgb.copy()
        made[:, ::40] = 255
        return made

    found = paired.evaluate(network(), [*photos, tmp_path / "photos" / "c.png"], photos, {"lined": lined})
    scores, (low, high) = row(found, "lined").scores, row(found, "lined").intervals["smooth_lines"]
    gray = np.full((300, 340, 3), 100, np.uint8)
    wanted = metrics.lines_in_smooth_parts(
        *(working_size.cut(working_size.bring(x), 1)[0] for x in (lined(0, gray), gray))
    )
    assert low == high == scores["smooth_lines"] == pytest.approx(wanted)  # of the gray photo alone
    assert wanted > 20.0


def test_unchanged_photos_score_as_the_photos(sets):
    found = paired.evaluate(network(), *sets, {"nothing": unchanged})
    base, same = row(found, PHOTOS).scores, row(found, "nothing").scores
    assert {key: same[key] for key in base} == pytest.approx(base)
    assert same["content"] == same["color_drift"] == 0.0
    assert same["frechet_photos"] == pytest.approx(0.0, abs=1e-6)
    assert found.ratios(row(found, "nothing")) == pytest.approx(dict.fromkeys(found.ratios(found.rows[0]), 1.0))
    assert set(row(found, ANIME).scores) == {"frechet_photos", "kid_photos", "edge_clarity", "flat_share", "diversity"}


def test_collapse_is_seen(sets):
    found = paired.evaluate(network(), *sets, {"gray": lambda path, rgb: np.full_like(rgb, 128)})
    assert row(found, "gray").scores["diversity"] == 0.0
    assert row(found, "gray").scores["flat_share"] == 1.0
    assert row(found, PHOTOS).scores["diversity"] > 0.0


def test_scaled_features_give_one_kid_whatever_their_size(sets):
    first = network()
    large = FeatureNetwork("large", keras.Model(first.model.input, first.model.output * 100.0), 1, scaled=True)
    small = FeatureNetwork("small", first.model, 1, scaled=True)
    found = [row(paired.evaluate(e, *sets, {}), PHOTOS).scores["kid_anime"] for e in (large, small)]
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_bad_files_are_told_and_left_out(sets, tmp_path):
    photos, anime = sets
    broken = tmp_path / "broken.png"
    broken.write_text("text")

    def refuses(path, rgb):
        if path.stem == "b":
            raise UserError(f"{path}: no")
        return rgb[:, :200]  # cropped: not the photo's proportions

    told, steps = [], []
    with pytest.raises(UserError, match="narrow: 0 usable; scores of a set need 2"):
        paired.evaluate(network(), photos, anime, {"narrow": refuses}, report=told.append)
    assert [line.split(":")[0] for line in told] == ["narrow"] * 3
    assert "200×300 pixels has not its photo's proportions" in told[0]
    told.clear()
    found = paired.evaluate(
        network(),
        [*photos, broken],
        [*anime, broken],
        {"some": lambda path, rgb: refuses(path, rgb) if path.stem == "b" else rgb},
        progress=lambda: steps.append(1),
        report=told.append,
    )
    assert told == [f"{broken}: not an image (4 bytes)", f"some: {photos[1]}: no", f"{broken}: not an image (4 bytes)"]
    assert found.skipped == told
    assert [(row.name, row.pictures) for row in found.rows] == [(PHOTOS, 3), ("some", 2), (ANIME, 4)]
    assert len(steps) == 5 + 2 * 4


def test_squares_are_cut_alike_and_lie_inside(random):
    picture = random.integers(0, 256, (288, 400, 3)).astype(np.uint8)
    squares = working_size.cut(picture, 5)
    assert squares.shape == (5, 256, 256, 3)
    assert np.array_equal(squares, 255 - working_size.cut(255 - picture, 5))
    assert working_size.bring(picture[:, :150]).shape == (553, 288, 3)


def test_inception_is_tapped_where_its_maps_are_of_these_depths():
    model = keras_features.inception("random").model
    assert [maps.shape[-1] for maps in model.outputs] == [256, 288, 768, 2048]


def test_mobilenet_is_tapped_where_its_maps_are_of_these_depths():
    model = keras_features.asked_for("mobilenet_v2", "random").model
    assert [maps.shape[-1] for maps in model.outputs] == [24, 32, 96, 1280]


def test_vectors_have_no_gram(sets):
    vectors = dataclasses.replace(network(), gram=())
    assert "gram" not in row(paired.evaluate(vectors, *sets, {}), PHOTOS).scores


def test_without_squares_whole_pictures_are_seen_as_inception_wants_them(random):
    tiny = keras.Input((None, None, 3))
    looking = FeatureNetwork("as they are", keras.Model(tiny, tiny * 1.0), squares=0, side=299)
    picture = random.integers(0, 256, (288, 300, 3)).astype(np.uint8)
    squeezed = np.asarray(Image.fromarray(picture).resize((299, 299), Image.Resampling.BICUBIC), np.float32)[None]
    wanted = keras.applications.inception_v3.preprocess_input(squeezed)
    np.testing.assert_allclose(looking(picture, None)[0], wanted, atol=1e-6)


@pytest.fixture
def style(tmp_path):
    folder = tmp_path / "tiny"
    generators.save(folder, Exportable("residual", RECIPE, residual_generator.build(**RECIPE)), name="tiny")
    return str(folder)


def command(tmp_path, *more):
    return [
        "--photos",
        str(tmp_path / "photos"),
        "--anime",
        str(tmp_path / "anime"),
        "--out",
        str(tmp_path / "out"),
        *more,
    ]


def test_command_writes_table_markdown_json_and_page(sets, tmp_path, style, monkeypatch, capsys):
    monkeypatch.setattr(keras_features, "asked_for", lambda *asked: network())
    for name in "abc":
        Image.fromarray(255 - image_files.read_rgb(tmp_path / "photos" / f"{name}.png")).save(tmp_path / f"{name}.jpg")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in "abc":
        (tmp_path / f"{name}.jpg").rename(elsewhere / f"{name}.jpg")
    assert (
        evaluate.main(command(tmp_path, "--style", style, "--outputs", f"in|verted={elsewhere}", "--shown", "2")) == 0
    )
    printed = capsys.readouterr().out
    assert "(the photos themselves)  tiny" in printed
    stored = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert [row["name"] for row in stored["rows"]] == [PHOTOS, "tiny", "in|verted", ANIME]
    assert stored["features"] == "mean colours"
    content = stored["rows"][2]["scores"]["content"]
    assert f"{content:.4f}" in printed
    markdown = (tmp_path / "out" / "scores.md").read_text()
    assert "Features: mean colours" in markdown
    assert "| in\\|verted | 3 |" in markdown
    assert all(line.replace("\\|", "").count("|") == 16 for line in markdown.splitlines() if line.startswith("|"))
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2 * 3  # every other of three photos, each three times
    assert "http" not in page
    assert "mean colours" in page


def test_command_status_is_1_if_something_was_skipped(sets, tmp_path, style, monkeypatch, capsys):
    monkeypatch.setattr(keras_features, "asked_for", lambda *asked: network())
    (tmp_path / "photos" / "broken.jpg").write_text("text")
    assert evaluate.main(command(tmp_path, "--style", style)) == 1
    assert "broken.jpg: not an image" in capsys.readouterr().err
    assert "- " + str(tmp_path / "photos" / "broken.jpg") in (tmp_path / "out" / "scores.md").read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--outputs", "folder"], "--outputs is 'folder'; it must be NAME=DIR"),
        (["--outputs", "a=x", "a=y"], "two folders of one name"),
        (["--outputs", "a=nowhere"], "--outputs is 'nowhere', which does not exist"),
        (["--features", "dinov2"], "--features is 'dinov2'; accepted: inception, vgg19, mobilenet_v2 or FILE.onnx"),
        (["--squares", "0"], "--squares is 0; it must be 1 to 16"),
        (["--style", "nothing"], "--style is 'nothing', neither a bundled style"),
        (["--features-weights", "gone.h5"], "--features-weights is 'gone.h5': no such file; accepted: a path to Incep"),
        (["--features", "vgg19", "--features-weights", "gone.h5"], "accepted: a path to VGG19's no-top .h5 file"),
        (["--anime", "nowhere"], "--anime is 'nowhere', which does not exist; it must be a folder of pictures"),
        (["--anime", "."], "with 0 pictures; 2 or more are needed"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(sets, tmp_path, monkeypatch, capsys, more, message):
    monkeypatch.chdir(tmp_path / "photos")
    (tmp_path / "empty").mkdir()
    more = [str(tmp_path / "empty") if argument == "." else argument for argument in more]
    assert evaluate.main(command(tmp_path, *more)) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


def test_without_inceptions_weights_vgg19_looks_and_says_so(monkeypatch, capsys):
    def fail(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "InceptionV3", fail)
    monkeypatch.setenv("JAPANANIME_VGG_WEIGHTS", "random")
    monkeypatch.delenv("JAPANANIME_INCEPTION_WEIGHTS", raising=False)
    assert keras_features.asked_for(None, None).name == "VGG19, 1 square of 256 pixels a picture"
    assert "VGG19 looks at the pictures instead of Inception" in capsys.readouterr().out
    with pytest.raises(UserError, match="--features-weights FILE.*JAPANANIME_INCEPTION_WEIGHTS.*URL fetch failure"):
        keras_features.asked_for("inception", None)


def test_a_name_with_markup_stays_text(tmp_path):
    found = tables.Evaluation("eyes", [tables.Row("<b>", 2, {"diversity": 1.0})], [])
    tables.write(tmp_path, found, [("<i>.png", {"<b>": np.zeros((4, 4, 3), np.uint8)})])
    page = (tmp_path / "index.html").read_text()
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;" in page
