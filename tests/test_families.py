"""Each family's losses, worked out anew from its networks' outputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from japananime import features, images
from japananime.families import FAMILIES, japananimegan

SEED = tf.constant([0, 0], tf.int32)
STREAMS = ("photo", "anime", "smooth", "flat")
SMALL = {"width": 4, "residual_blocks": 1, "discriminator_width": 4}


@pytest.fixture
def batch(random):
    return {name: tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for name in STREAMS}


def extractor(taps):
    """A stand-in for VGG19: three channels of whatever the picture is, at the scale of its input."""
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, keras.layers.Rescaling(255.0)(picture))


def softplus(x):
    return np.log1p(np.exp(np.asarray(x, np.float64)))


def gram(features):
    flat = np.asarray(features, np.float64).reshape(features.shape[0], -1, features.shape[-1])
    return np.einsum("bnc,bnd->bcd", flat, flat) / (flat.shape[1] * flat.shape[2])


def build(**changes):
    settings = japananimegan.Settings(**{**SMALL, **changes})
    return settings, japananimegan.build(settings, extractor)


def test_published_defaults():
    settings = japananimegan.Settings()
    assert (settings.width, settings.residual_blocks, settings.discriminator_width) == (64, 8, 32)
    assert (settings.activation, settings.upsampling, settings.output) == ("relu", "transposed", "picture")
    assert (settings.adversarial, settings.adversarial_weight, settings.smooth_weight) == ("cross_entropy", 1, 1)
    assert (settings.content_weight, settings.style_weight, settings.pretrain_epochs) == (10, 1, 2)
    assert settings.generator_rate == settings.discriminator_rate == settings.pretrain_rate == 1e-4
    assert settings.beta_1 == 0.5
    assert settings.variation_weight == settings.color_weight == 0


def test_phases_follow_each_other():
    _, program = build(pretrain_epochs=2)
    due = [[phase.name for phase in program.phases if phase.due(epoch, 0)] for epoch in range(4)]
    assert due == [["pretrain"]] * 2 + [["discriminator", "generator"]] * 2


def test_losses_are_those_of_the_text(batch):
    settings, program = build(style_weight=3.0, color_weight=2.0, variation_weight=0.5, smooth_weight=0.25)
    generator, discriminator = program.state["generator"], program.state["discriminator"]
    photo, anime, smooth = (np.asarray(batch[name]) for name in ("photo", "anime", "smooth"))
    made = np.asarray(generator(photo))
    tensors = {**batch, **program.forward(batch, SEED)}
    pretrain, judge, make = (phase.losses(tensors, SEED) for phase in program.phases)
    logits = {name: np.asarray(discriminator(x)) for name, x in (("anime", anime), ("made", made), ("smooth", smooth))}
    roughness = np.abs(np.diff(made, axis=1)).mean() + np.abs(np.diff(made, axis=2)).mean()
    chroma = np.asarray(images.to_chroma(photo)) - np.asarray(images.to_chroma(made))
    expected = {
        "real": (softplus(-logits["anime"]).mean(), 1.0),
        "fake": (softplus(logits["made"]).mean(), 1.0),
        "smooth": (softplus(logits["smooth"]).mean(), 0.25),
        "adversarial": (softplus(-logits["made"]).mean(), 1.0),
        "content": (np.abs(photo - made).mean(), 10.0),
        "pixel": (np.abs(photo - made).mean(), 0.0),
        "style": (np.abs(gram(anime) - gram(made)).mean(), 3.0),
        "color": (np.abs(chroma).mean(), 2.0),
        "variation": (roughness, 0.5),
    }
    assert {**judge, **make}.keys() == expected.keys()
    for name, (value, weight) in expected.items():
        term = {**judge, **make}[name]
        assert float(term.value) == pytest.approx(value, rel=1e-4), name
        assert term.weight == weight, name
    assert list(pretrain) == ["content", "pixel"]
    assert float(pretrain["content"].value) == pytest.approx(expected["content"][0], rel=1e-4)


def test_flat_content_target(batch):
    _, program = build(content_target="flat", pixel_weight=5.0)
    assert program.streams == STREAMS
    tensors = {**batch, **program.forward(batch, SEED)}
    distance = np.abs(np.asarray(batch["flat"]) - np.asarray(tensors["picture"])).mean()
    for phase in (program.phases[0], program.phases[2]):
        terms = phase.losses(tensors, SEED)
        assert float(terms["content"].value) == pytest.approx(distance, rel=1e-4)
        assert float(terms["pixel"].value) == pytest.approx(distance, rel=1e-4)
        assert terms["pixel"].weight == 5.0


def test_the_generator_that_is_given_away_is_the_average(batch):
    _, program = build()
    (pair,) = program.averages
    assert pair == (program.state["generator"], program.state["generator_average"])
    assert program.export.model is program.state["generator_average"]
    np.testing.assert_array_equal(program.preview(batch["photo"]), program.state["generator"](batch["photo"]))
    again = keras.utils.serialize_keras_object(program.export.arguments)
    assert again == {
        "width": 4,
        "residual_blocks": 1,
        **{k: again[k] for k in ("activation", "upsampling", "output", "normalisation")},
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_keeps_the_contract(name, batch):
    family = FAMILIES[name]
    small = {key: value for key, value in SMALL.items() if hasattr(family.Settings, key)}
    program = family.build(family.Settings(**small), lambda taps: features.vgg19("random", taps))
    assert program.streams == family.streams(family.Settings())
    trained = {id(variable) for phase in program.phases for variable in phase.variables}
    kept = {id(variable) for thing in program.state.values() for variable in thing.variables}
    assert trained <= kept  # a checkpoint that misses a trained variable could not be resumed
    assert len({phase.name for phase in program.phases}) == len(program.phases)
