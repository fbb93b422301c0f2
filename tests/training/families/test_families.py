"""Each family's losses, worked out anew from its networks' outputs."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from stepping import changed, seed, variables

from japananime.base.errors import UserError
from japananime.networks import blocks, pixels
from japananime.perception import features, losses
from japananime.training.families import FAMILIES, featuregan, japananimegan
from japananime.training.families.parts import averaged_generator, feature_discriminators
from japananime.training.families.parts.camera_noise import disturb, move
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.runner import Runner

SEED = tf.constant([0, 0], tf.int32)
STREAMS = ("photo", "anime", "smooth", "flat")
ALL = (*STREAMS, "drawing", "finer_drawing", "faces", "taught")
SMALL = {"width": 4, "residual_blocks": 1, "discriminator_width": 4}
# Whose usual network has no such blocks.
OTHER = {"distillation": {"network": "residual"}}
# What else it takes for a family to have all of its parts.
WHOLE = {"autoencoder": {"adversarial_weight": 1.0, "depth": 2}}


@pytest.fixture
def batch(random):
    return {name: tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for name in ALL}


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
    return settings, japananimegan.JapananimeGan.build(settings, extractor)


def test_published_defaults():
    settings = japananimegan.Settings()
    assert (settings.network, settings.residual_blocks, settings.discriminator_width) == ("residual", 8, 32)
    assert averaged_generator.recipe(settings) == {
        "residual_blocks": 8,
        "activation": "relu",
        "upsampling": "transposed",
        "output": "picture",
        "normalisation": "instance",
    }
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
    chroma = np.asarray(pixels.to_chroma(photo)) - np.asarray(pixels.to_chroma(made))
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
    np.testing.assert_array_equal(program.preview(batch)["picture"], program.state["generator"](batch["photo"]))
    assert program.export.arguments == {
        "width": 4,
        **averaged_generator.recipe(japananimegan.Settings()),
        "residual_blocks": 1,
    }


def test_recipe_takes_what_the_network_knows():
    light = {"network": "light", "width": 4, "residual_blocks": 2, "activation": "leaky_relu"}
    assert averaged_generator.recipe(japananimegan.Settings(**light)) == {
        key: value for key, value in light.items() if key != "network"
    }
    with pytest.raises(UserError, match="--upsampling is resize with --network light"):
        averaged_generator.recipe(japananimegan.Settings(network="light", upsampling="resize"))


def test_the_published_generator_in_the_light_game_begins_as_the_photo(batch):
    settings = featuregan.Settings(network="residual", width=4, residual_blocks=1, discriminator_width=4)
    assert averaged_generator.recipe(settings) == {
        "width": 4,
        "residual_blocks": 1,
        "activation": "leaky_relu",
        "upsampling": "transposed",
        "output": "change",
        "normalisation": "none",
    }
    program = featuregan.FeatureGan.build(settings, taps)
    # A change of nothing: the photo within the reach that a change leaves it.
    shown = program.preview(batch)["picture"]
    np.testing.assert_allclose(shown, blocks.REACH * np.asarray(batch["photo"]), atol=1e-6)


def test_light_generator_in_the_published_game(batch):
    _, program = build(network="light")
    assert program.export.network == "light"
    np.testing.assert_allclose(program.preview(batch)["picture"], 0.92 * np.asarray(batch["photo"]), atol=1e-5)


def taps(names):
    """A stand-in for VGG19's taps of 64 to 512 channels, each a stretch of the picture at some scale."""
    picture = keras.Input((None, None, 3))
    channels = [feature_discriminators.VGG19_TAPS[name] for name in names]
    spread = [keras.layers.Concatenate()([picture] * -(-count // 3))[..., :count] for count in channels]
    return keras.Model(picture, [keras.layers.Rescaling(10.0 * n)(x) for n, x in enumerate(spread, 1)])


def hinge(x):
    return np.maximum(0.0, 1.0 + np.asarray(x, np.float64)).mean()


def test_losses_of_the_game_on_features(batch):
    weights = {"adversarial_weight": 3.0, "content_weight": 0.5, "drawing_weight": 5.0, "color_weight": 2.0}
    settings = featuregan.Settings(
        **weights,
        style_weight=0.1,
        calm_weight=7.0,
        smooth_weight=0.25,
        width=4,
        residual_blocks=1,
        discriminator_width=4,
        feature_scale=10.0,
    )
    program = featuregan.FeatureGan.build(settings, taps)
    assert program.streams == ("photo", "anime", "drawing", "smooth")
    leave = program.state["generator"].get_layer("leave_conv")
    leave.bias.assign([0.3, -0.2, 0.1])
    tensors = {**batch, **program.forward(batch, SEED)}
    pretrain, judge, make = (phase.losses(tensors, SEED) for phase in program.phases)
    photo, drawing, made = (np.asarray(tensors[name]) for name in ("photo", "drawing", "picture"))
    extract = taps(feature_discriminators.VGG19_TAPS)
    seen = {name: [np.asarray(tap) / 10.0 for tap in extract(tensors[name])] for name in ("anime", "picture")}
    logits = program.state["discriminator"](seen["picture"])
    roughness = np.abs(np.diff(made, axis=1)).mean() + np.abs(np.diff(made, axis=2)).mean()
    shapes = [[gram(tap).mean(axis=0) for tap in seen[name]] for name in ("anime", "picture")]
    shapes = [[shape / np.trace(shape) for shape in side] for side in shapes]
    expected = {
        "adversarial": (-np.mean([np.asarray(tap).mean() for tap in logits]), 3.0),
        "content": (np.abs(np.subtract(*(extract(x)[3] for x in (photo, made)))).mean() / 10.0, 0.5),
        "drawing": (np.abs(drawing - made).mean(), 5.0),
        "color": (np.abs(np.asarray(pixels.to_chroma(drawing)) - np.asarray(pixels.to_chroma(made))).mean(), 2.0),
        "style": (np.mean([np.abs(a - b).sum() for a, b in zip(*shapes, strict=True)]), 0.1),
        "variation": (roughness, 0.0),
        "calm": (float(losses.roughness_beyond(drawing, made)), 7.0),
    }
    assert make.keys() == expected.keys()
    for name, (value, weight) in expected.items():
        assert float(make[name].value) == pytest.approx(value, rel=1e-3), name
        assert make[name].weight == weight, name
    assert float(pretrain["drawing"].value) == pytest.approx(expected["drawing"][0], rel=1e-4)
    assert float(pretrain["calm"].value) == pytest.approx(expected["calm"][0], rel=1e-4)
    assert pretrain["calm"].weight == settings.pretrain_calm_weight
    assert list(judge) == ["real", "fake", "smooth"]
    assert judge["smooth"].weight == 0.25
    assert float(judge["fake"].value) == pytest.approx(np.mean([hinge(tap) for tap in logits]), rel=1e-3)


def small_program(name):
    """A family's program, a few filters wide, with all of its parts: dropout, scores, a discriminator."""
    family = FAMILIES[name]
    small = {**SMALL, "inverted_blocks": 1, "dropout": 0.5, "fid_epochs": 1, "fid_pictures": 4, "grid": 2}
    small |= {"augmentation_strength": 0.5, "augmentation_target": 0.6, "pixel_width": 2, "face_weight": 1.0}
    small |= OTHER.get(name, {}) | WHOLE.get(name, {})
    settings = family.Settings(**{key: value for key, value in small.items() if hasattr(family.Settings, key)})
    return family.build(settings, seen_by(settings), size=16)


def seen_by(settings):
    """What a family with these settings looks through, with random weights."""
    return lambda taps: frozen(getattr(settings, "perception", "vgg19"), tuple(taps))


@functools.cache  # nothing changes it, and it takes as long to build as all that is tested
def frozen(perception, taps):
    return features.PERCEPTIONS[perception].build("random", taps)


def few_taps(names):
    """A stand-in for MobileNetV2's taps: means of ever larger parts of the picture, as many channels as it has."""
    counts = feature_discriminators.LOOKS["mobilenet_v2"].taps
    picture = keras.Input((None, None, 3))
    maps = []
    for number, name in enumerate(names):
        x = keras.layers.AveragePooling2D(4 * 2**number)(picture)
        maps.append(keras.layers.Concatenate()([x] * -(-counts[name] // 3))[..., : counts[name]])
    return keras.Model(picture, maps)


def few_eyed(random, **changes):
    settings = featuregan.Settings(
        network="far", width=6, perception="mobilenet_v2", discriminator_width=4, pixel_width=2, **changes
    )
    program = featuregan.FeatureGan.build(settings, few_taps)
    program.state["generator"].get_layer("leave_conv").bias.assign([0.3, -0.2, 0.1])
    batch = {name: tf.constant(random.uniform(-1, 1, (2, 64, 64, 3)), tf.float32) for name in ALL}
    return program, {**batch, **program.forward(batch, SEED)}


def test_losses_of_the_game_through_mobilenet(random):
    program, tensors = few_eyed(random, content_weight=2.0)
    _, judge, make = (phase.losses(tensors, SEED) for phase in program.phases)
    photo, picture, anime = (np.asarray(tensors[name]) for name in ("photo", "picture", "anime"))
    taps = list(feature_discriminators.LOOKS["mobilenet_v2"].taps)

    def means(values, side):
        return values.reshape(2, 64 // side, side, 64 // side, side, 3).mean((2, 4))

    # The second of its taps, which nothing scales: of 32 channels, eleven are the first two colours, ten the third.
    content = np.abs(means(photo, 8) - means(picture, 8)).mean((0, 1, 2)) @ [11, 11, 10] / 32
    assert float(make["content"].value) == pytest.approx(content, rel=1e-4)
    assert make["content"].weight == 2.0

    def verdicts(values):
        heads = program.state["discriminator"](few_taps(taps)(values))
        return [*heads, program.state["discriminator_pixels"](values)]

    assert len(verdicts(picture)) == 5
    fooled = -np.mean([np.asarray(logits).mean() for logits in verdicts(picture)])
    assert float(make["adversarial"].value) == pytest.approx(fooled, rel=1e-3, abs=1e-6)
    real = np.mean([np.maximum(0, 1 - np.asarray(logits)).mean() for logits in verdicts(anime)])
    assert float(judge["real"].value) == pytest.approx(real, rel=1e-3)


def test_content_of_faces_counts_more(random):
    program, tensors = few_eyed(random, content_weight=2.0, face_weight=3.0)
    assert program.streams == ("photo", "anime", "finer_drawing", "smooth", "faces")
    terms = program.phases[2].losses(tensors, SEED)
    photo, picture, faces, finer = (
        np.asarray(tensors[name]) for name in ("photo", "picture", "faces", "finer_drawing")
    )
    content = terms["content"]
    assert float(terms["drawing"].value) == pytest.approx(
        np.abs(np.asarray(tensors["finer_drawing"]) - picture).mean(), rel=1e-4
    )

    def means(values):
        return values.reshape(2, 8, 8, 8, 8, values.shape[-1]).mean((2, 4))

    # Of 32 channels, eleven are the first two colours, ten the third.
    difference = np.abs(means(photo) - means(picture)) @ [11, 11, 10] / 32
    weights = 1.0 + 3.0 * (means(faces[..., :1])[..., 0] + 1.0) / 2.0
    assert float(content.value) == pytest.approx((weights * difference).mean(), rel=1e-4)
    assert content.weight == 2.0


def test_all_judges_are_trained_and_kept_at_their_norms(random):
    program, tensors = few_eyed(random)
    trained = {id(variable) for variable in program.phases[1].variables}
    for name in ("discriminator", "discriminator_pixels"):
        assert {id(variable) for variable in program.state[name].trainable_variables} <= trained
    before = [np.asarray(variable) for variable in program.state["discriminator_pixels"].non_trainable_variables]
    program.phases[1].after(tensors, SEED)
    after = program.state["discriminator_pixels"].non_trainable_variables
    assert not all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_what_a_disturbed_photo_must_not_change(random):
    program, tensors = few_eyed(random, consistency_weight=4.0)
    pretrain, _, make = (phase.losses(tensors, SEED) for phase in program.phases)
    generator, photo = program.state["generator"], tensors["photo"]
    chance = SeededRandom()
    shares, noise = chance.uniform((2, 3), SEED, 0), chance.normal((2, 64, 64, 3), SEED, 1)
    expected = np.abs(
        np.asarray(move(generator(photo), shares[:, :2])) - np.asarray(generator(disturb(photo, shares, noise)))
    ).mean()
    assert expected > 0.01
    for terms in (pretrain, make):
        assert float(terms["consistency"].value) == pytest.approx(expected, rel=1e-4)
        assert terms["consistency"].weight == 4.0


def test_sides_that_networks_and_features_take():
    for network, perception, multiple in (("light", "vgg19", 4), ("far", "vgg19", 8), ("far", "mobilenet_v2", 32)):
        assert featuregan.Settings(network=network, perception=perception).multiple == multiple
    assert japananimegan.Settings(network="far").multiple == 8


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_keeps_the_contract(name, batch):
    family = FAMILIES[name]
    small = {key: value for key, value in SMALL.items() if hasattr(family.Settings, key)}
    settings = family.Settings(**small, **OTHER.get(name, {}))
    program = family.build(settings, seen_by(settings), size=16)
    assert program.streams == family.streams(family.Settings())
    trained = {id(variable) for phase in program.phases for variable in phase.variables}
    kept = {id(variable) for thing in program.state.values() for variable in thing.variables}
    assert trained <= kept  # a checkpoint that misses a trained variable could not be resumed
    assert len({phase.name for phase in program.phases}) == len(program.phases)


@pytest.mark.parametrize("name", FAMILIES)
def test_only_updates_change_what_a_training_holds(name, batch):
    program = small_program(name)
    # A phase that learns from nothing in the batch would go on with a broken one: so all its losses are broken as well.
    sound = tf.Variable(1.0)
    runner = Runner(program, combine=lambda nest: tf.nest.map_structure(lambda tensor: tensor * sound, nest))
    broken = {stream: images * float("nan") for stream, images in batch.items()}
    rates = {phase.name: 1e-2 for phase in program.phases}
    # After a first step the averages differ from what they follow, and every optimizer has something to go on with.
    runner.step(program.phases, batch, seed(0), rates, 0.5)

    def refused():
        sound.assign(float("nan"))
        reports = runner.step(program.phases, broken, seed(3), dict.fromkeys(rates, 1e-3), 0.5)
        assert not any(report.applied for report in reports.values())

    looks = {
        "validation": lambda: runner.losses(program.phases, batch, seed(2)),
        "preview": lambda: program.preview(batch),
        "scores": lambda: [score.against([batch[program.streams[0]]] * 2)() for score in program.scores],
        "refused step": refused,
    }
    for what, look in looks.items():
        before = variables(runner)
        look()
        assert changed(before, variables(runner)) == set(), what
    before = variables(runner)
    sound.assign(1.0)
    runner.step(program.phases, batch, seed(4), rates, 0.5)
    assert changed(before, variables(runner)) == set(runner.state())  # what was looked for can be seen to change
