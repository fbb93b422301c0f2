"""Distillation's loss, worked out anew from the pupil's output, and what a teacher is."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from japananime.base.errors import UserError
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.training import derived_cache, preflight, settings, teacher
from japananime.training.families import FAMILIES, distillation

SEED = tf.constant([0, 0], tf.int32)


def extractor(taps):
    """A stand-in for a trained network: the picture as it is, and doubled."""
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, [picture, keras.layers.Rescaling(2.0)(picture)])


def steps(picture):
    return [np.diff(np.asarray(picture, np.float64), axis=axis) for axis in (1, 2)]


def test_the_loss_is_that_of_the_text(random):
    chosen = distillation.Settings(width=6, pixel_weight=2.0, edge_weight=3.0, feature_weight=0.5)
    program = distillation.Distillation.build(chosen, extractor)
    batch = {name: tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for name in program.streams}
    for variable in program.state["generator"].trainable_variables:  # so that it is not the photo that comes out
        variable.assign(random.normal(0, 0.2, variable.shape))
    made = np.asarray(program.state["generator"](batch["photo"]), np.float64)
    wanted = np.asarray(batch["taught"], np.float64)
    (phase,) = program.phases
    terms = phase.losses({**batch, **program.forward(batch, SEED)}, SEED)
    expected = {
        "pixels": (np.abs(made - wanted).mean(), 2.0),
        "edges": (sum(np.abs(a - b).mean() for a, b in zip(steps(made), steps(wanted), strict=True)), 3.0),
        "features": (1.5 * np.abs(made - wanted).mean(), 0.5),
    }
    assert {name: term.weight for name, term in terms.items()} == {
        name: weight for name, (_, weight) in expected.items()
    }
    for name, (value, _) in expected.items():
        assert float(terms[name].value) == pytest.approx(value, rel=1e-5), name


def test_without_features_no_trained_network_is_asked_for():
    chosen = distillation.Settings(width=6, feature_weight=0.0)
    program = distillation.Distillation.build(chosen, lambda taps: pytest.fail("asked for"))
    assert (chosen.multiple, distillation.Settings().multiple) == (8, 32)
    assert program.streams == ("photo", "taught")


def test_families_that_take_no_anime_are_known_without_loading_them():
    without = [name for name, family in FAMILIES.items() if "anime" not in family.streams(family.Settings())]
    assert sorted(without) == sorted(settings.WITHOUT_ANIME)


def test_a_teacher_draws_as_its_style_does_and_is_told_from_others(random, tmp_path):
    photo = random.integers(0, 256, (40, 48, 3), np.uint8)
    found = teacher.streams(distillation.Settings(teacher="watercolor"))
    ((stream, (source, draws)),) = found.items()
    assert (stream, source) == ("taught", "photo")
    assert np.array_equal(draws(photo), loading.load(style_folder.find("watercolor"), drawn_at=0)(photo))
    kept = [derived_cache.kept(teacher.Teacher(style), tmp_path) for style in ("watercolor", "forest", "watercolor")]
    assert [change(photo).shape for change in kept] == [photo.shape] * 3
    assert len(list(tmp_path.iterdir())) == 2
    assert stream in preflight.SLOW


def test_no_other_family_has_a_teacher_and_an_unknown_one_is_refused():
    asked = [name for name, family in FAMILIES.items() if hasattr(family.Settings(), "teacher")]
    assert asked == ["distillation"]
    assert teacher.streams(FAMILIES["dcgan"].Settings()) == {}
    with pytest.raises(UserError, match="--teacher is 'nobody', neither"):
        teacher.Teacher("nobody")
