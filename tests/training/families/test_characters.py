"""The families for people: losses by hand, augmentation by hand, what each phase changes, and steps that repeat."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from stepping import changed, seed, take, variables

from japananime.base.errors import UserError
from japananime.networks import latent_encoder, projected_discriminator, skip_excitation_generator
from japananime.networks.layers import GatedLinearUnit
from japananime.perception import losses
from japananime.training.families import faces
from japananime.training.families.characters import Characters
from japananime.training.families.faces import Faces
from japananime.training.families.parts import augmentation, projected_game, shadows
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.runner import Runner

SMALL = {"width": 4, "discriminator_width": 4, "pixel_width": 4}
OF_FAMILY = {Characters: {**SMALL, "latent": 5, "grid": 2}, Faces: {**SMALL, "residual_blocks": 1}}


def eyes(taps):
    """A stand-in for MobileNetV2: the picture's means over ever larger blocks, a map for each tap."""
    picture = keras.Input((None, None, 3))
    maps = [keras.layers.AveragePooling2D(4 * 2**n)(picture) for n in range(len(taps))]
    return keras.Model(picture, maps if len(taps) > 1 else maps[0])


@pytest.fixture
def batch(random):
    return {name: tf.constant(random.uniform(-1, 1, (2, 32, 32, 3)), tf.float32) for name in ("anime", "photo")}


def make(family, **settings):
    keras.utils.set_random_seed(0)
    return Runner(family.build(family.Settings(**{**OF_FAMILY[family], **settings}), eyes, 32))


def softplus(x):
    return np.log1p(np.exp(np.asarray(x, np.float64)))


def test_gated_linear_unit_by_hand():
    found = np.asarray(GatedLinearUnit()(np.array([2.0, -3.0, 0.0, 100.0], "float32").reshape(1, 1, 1, 4)))
    np.testing.assert_allclose(found.ravel(), [2.0 * 0.5, -3.0], rtol=1e-6)


def test_self_similarity_by_hand():
    # Two places with features at an angle of 60 degrees, of lengths 2 and 3.
    one = np.array([[2.0, 0.0], [1.5, 1.5 * 3**0.5]], "float32").reshape(1, 1, 2, 2)
    np.testing.assert_allclose(np.asarray(losses.self_similarity(one))[0], [[1.0, 0.5], [0.5, 1.0]], atol=1e-6)
    same = np.ones((1, 1, 2, 2), "float32")
    # |1 - 1|, |0.5 - 1|, |0.5 - 1|, |1 - 1| over four pairs.
    assert float(losses.layout_difference(one, same)) == pytest.approx(0.25, abs=1e-6)
    assert float(losses.layout_difference(one, 7.0 * one)) == pytest.approx(0.0, abs=1e-6)


def test_block_colors_by_hand():
    picture = np.zeros((1, 4, 4, 3), "float32")
    picture[0, :2, :2] = [[[1.0, 0, 0], [0, 0, 0]], [[1.0, 0, 0], [0, 0, 0]]]  # means half red in one of four blocks
    assert float(losses.block_color_difference(picture, 0 * picture, blocks=2)) == pytest.approx(0.5 / 12)
    moved = np.roll(picture, 1, axis=2)  # within the block: nothing has changed
    assert float(losses.block_color_difference(picture, moved, blocks=2)) == 0.0


def test_relative_colors_know_neither_light_nor_tint():
    photo = np.random.default_rng(5).uniform(-1, 1, (4, 2, 2, 3)).astype(np.float32).repeat(3, axis=1).repeat(3, axis=2)
    lit = photo * np.array([0.5, 2.0, 1.0], np.float32) + np.array([0.3, -0.1, 0.0], np.float32)
    assert float(losses.relative_color_difference(photo, lit, 2)) == pytest.approx(0.0, abs=1e-4)
    # Two pictures of one part each: black and white become -1 and 1, and so they are turned round.
    pair = np.stack([np.full((4, 4, 3), level, np.float32) for level in (-1.0, 0.5)])
    assert float(losses.relative_color_difference(pair, pair[::-1], 1)) == pytest.approx(2.0)
    # What hardly differs is not made much of: 0.02 apart counts as 0.01 / 0.05 either way.
    near = np.stack([np.full((4, 4, 3), level, np.float32) for level in (0.0, 0.02)])
    assert float(losses.relative_color_difference(near, near[::-1], 1)) == pytest.approx(0.4)


def test_lit_skin_is_of_one_tone():
    # Four parts a side; of sixteen pixels a side, rows 8 to 11 and columns 5 to 10 are skin, and parts 2, 1 and 2, 2.
    photo = np.full((2, 16, 16, 3), -0.5, np.float32)
    photo[0, 8:12, 5:11] = 0.2
    shadowed = photo.copy()
    shadowed[0, 8:12, 5:7] = -0.9  # a third of the skin, fewer than are left out
    even = np.full((2, 16, 16, 3), -0.5, np.float32)
    even[0, 8:12, 4:12] = 0.2
    for face in (photo, shadowed):
        assert float(losses.lit_color_difference(face, even, 4, faces.SKIN)) == pytest.approx(0.0, abs=1e-6)
    # A picture that keeps the shadow pays: half of one part of 32 is 1.1 darker, an eighth of two misses 0.7.
    kept = even.copy()
    kept[0, 8:12, 4:6] = -0.9
    assert float(losses.lit_color_difference(shadowed, kept, 4, faces.SKIN)) == pytest.approx(0.5 * 1.1 / 32)


def test_paired_games_by_hand(random):
    real, fake = random.normal(size=(2, 2, 3, 3, 1)).astype("float32")
    hinge, relativistic = losses.PAIRED["hinge"], losses.PAIRED["relativistic"]
    expected = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    assert float(hinge.judge(real, fake)) == pytest.approx(expected, rel=1e-5)
    assert float(hinge.fool(real, fake)) == pytest.approx(-fake.mean(), rel=1e-5)
    assert float(relativistic.judge(real, fake)) == pytest.approx(softplus(fake - real).mean(), rel=1e-5)
    assert float(relativistic.fool(real, fake)) == pytest.approx(softplus(real - fake).mean(), rel=1e-5)


def test_slope_penalty_by_hand():
    slopes = np.zeros((2, 1, 2, 1), "float32")
    slopes[0, 0] = [[3.0], [4.0]]
    assert float(losses.slope_penalty(slopes)) == pytest.approx((25 + 0) / 2 / 2)


def test_shift_by_hand(random):
    picture = random.uniform(-1, 1, (2, 16, 16, 3)).astype("float32")
    # Moves of up to 16 / 8 = 2: draws of 0 are -2 (up to two rows further on are shown), 0.99 are +2, 0.5 none.
    draws = np.array([[0.0, 0.5, 0], [0.5, 0.99, 0]], "float32")
    found = np.asarray(augmentation.shift(picture, draws))
    expected = np.zeros_like(picture)
    expected[0, 2:] = picture[0, :-2]
    expected[1, :, :-2] = picture[1, :, 2:]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_cut_out_by_hand():
    found = np.asarray(augmentation.cut_out(np.ones((1, 8, 8, 3), "float32"), np.array([[0.5, 0.0, 0]], "float32")))
    expected = np.ones((8, 8))
    expected[3:6, 0:2] = 0  # the centre at row 4 and column 0, less than two from it
    np.testing.assert_array_equal(found[0], np.repeat(expected[..., None], 3, -1))


def test_color_by_hand(random):
    picture = random.uniform(-1, 1, (1, 4, 4, 3)).astype("float32")
    middle = np.full((1, 3), 0.5, "float32")
    np.testing.assert_allclose(augmentation.change_color(picture, middle), picture, atol=1e-6)
    gray = np.asarray(augmentation.change_color(picture, np.array([[0.5, 0.0, 0.5]], "float32")))
    np.testing.assert_allclose(gray, np.repeat(picture.mean(-1, keepdims=True), 3, -1), atol=1e-6)
    brighter = np.asarray(augmentation.change_color(picture, np.array([[1.0, 0.5, 0.5]], "float32")))
    np.testing.assert_allclose(brighter, picture + 0.25, atol=1e-6)


def test_strength_follows_the_verdicts(random):
    augment = augmentation.Augmentation(SeededRandom(), "all", 0.5, target=0.6)
    augment.adapt(np.array([1.0, 2, 3, 4, -1]))  # mean sign 0.6: not over
    assert float(augment.strength) == pytest.approx(0.495)
    augment.adapt(np.array([1.0, 2, 3, 4, 5]))
    assert float(augment.strength) == pytest.approx(0.5)
    picture = random.uniform(-1, 1, (8, 16, 16, 3)).astype("float32")
    augment.strength.assign(0.0)
    np.testing.assert_array_equal(augment(picture, seed(0), 0), picture)
    augment.strength.assign(1.0)
    assert all(not np.array_equal(a, b) for a, b in zip(np.asarray(augment(picture, seed(0), 0)), picture, strict=True))
    assert not augmentation.Augmentation(SeededRandom(), "none", 0.5, target=0.6).adaptive


def test_projections_are_fixed_and_heads_are_not():
    judge = projected_discriminator.build((3, 5), width=4)
    assert {v.path.split("/")[0] for v in judge.trainable_variables} == {
        *("head0_conv1", "head0_logits", "head1_logits"),
    }
    logits = judge([np.ones((1, 8, 8, 3), "float32"), np.ones((1, 4, 4, 5), "float32")])
    assert [tuple(map_.shape) for map_ in logits] == [(1, 4, 4, 1), (1, 4, 4, 1)]


@pytest.mark.parametrize("size", [16, 64, 128])
def test_sizes_of_characters(size):
    generator = skip_excitation_generator.build(latent=5, size=size, width=4)
    made = np.asarray(generator(np.ones((2, 5), "float32")))
    assert made.shape == (2, size, size, 3)
    assert np.abs(made).max() < 1


def test_early_maps_govern_late_ones(random):
    generator = skip_excitation_generator.build(latent=5, size=32, width=4)
    gate = keras.Model(generator.input, [generator.get_layer(n).output for n in ("up32_gate", "excite32_sigmoid")])
    numbers = random.normal(size=(2, 5)).astype("float32")
    late, share = (np.asarray(x) for x in gate(numbers))
    governed = keras.Model(generator.input, generator.get_layer("excite32").output)(numbers)
    np.testing.assert_allclose(governed, late * share, rtol=1e-5)


@pytest.mark.parametrize("adversarial", ["hinge", "relativistic"])
@pytest.mark.parametrize("family", [Characters, Faces])
def test_losses_are_those_of_the_judges(family, adversarial, batch):
    program = make(family, adversarial=adversarial, penalty_weight=0.5).program
    tensors = {**batch, **program.forward(batch, seed(3))}
    judge, generator = (phase.losses(tensors, seed(3)) for phase in program.phases)
    heads, pixels = program.state["discriminator_heads"], program.state["discriminator_pixels"]
    logits = [[*heads(tensors[kind]["heads"]), pixels(tensors[kind]["pixels"])] for kind in ("real", "fake")]
    game = losses.PAIRED[adversarial]
    assert float(judge["judge"].value) == pytest.approx(
        sum(float(game.judge(*pair)) for pair in zip(*logits, strict=True)), rel=1e-4
    )
    assert float(generator["adversarial"].value) == pytest.approx(
        sum(float(game.fool(*pair)) for pair in zip(*logits, strict=True)), rel=1e-4, abs=1e-5
    )
    slopes = []
    for kind in ("real", "fake"):
        with tf.GradientTape() as tape:
            tape.watch(tensors[kind]["pixels"])
            total = tf.reduce_sum(pixels(tensors[kind]["pixels"]))
        slopes.append(np.asarray(tape.gradient(total, tensors[kind]["pixels"])))
    expected = sum((slope**2).sum((1, 2, 3)).mean() / 2 for slope in slopes)
    assert float(judge["penalty"].value) == pytest.approx(expected, rel=1e-4)
    assert judge["penalty"].weight == 0.5


def test_a_face_is_held_by_layout_and_colors(batch):
    program = make(Faces).program
    tensors = {**batch, **program.forward(batch, seed(0))}
    terms = program.phases[1].losses(tensors, seed(0))
    assert (terms["layout"].weight, terms["color"].weight) == (15.0, 4.0)
    assert float(terms["color"].value) == pytest.approx(
        float(losses.relative_color_difference(batch["photo"], tensors["picture"], 8)), rel=1e-5
    )
    assert 0 < float(terms["layout"].value) < 2
    lit = make(Faces, colors="lit", color_blocks=4).program.phases[1].losses(tensors, seed(0))
    assert float(lit["color"].value) == pytest.approx(
        float(losses.lit_color_difference(batch["photo"], tensors["picture"], 4, faces.SKIN)), rel=1e-5
    )
    absolute = make(Faces, colors="as they are").program.phases[1].losses(tensors, seed(0))
    assert float(absolute["color"].value) == pytest.approx(
        float(losses.block_color_difference(batch["photo"], tensors["picture"], 8)), rel=1e-5
    )


def test_the_generator_is_shown_shadows_that_the_losses_do_not_know(random):
    photo = random.uniform(-1, 1, (16, 32, 32, 3)).astype("float32")
    game = faces.Faces(faces.Settings(**OF_FAMILY[Faces], shadows=0.5), eyes, 32)
    draws = np.asarray(game.chance.uniform((16, shadows.DRAWS + 1), seed(7), faces.SHADOWS))
    heights = game.chance.normal((16, shadows.PATCHES, shadows.PATCHES, 1), seed(7), faces.SHADOWS + 1)
    thrown = draws[:, -1] < 0.5
    shown = np.where(thrown[:, None, None, None], shadows.throw(photo, draws[:, :-1], heights), photo)
    assert 0 < thrown.sum() < 16
    np.testing.assert_allclose(game.make({"photo": photo}, seed(7)), game.generator(shown), atol=1e-5)
    assert np.abs(game.make({"photo": photo}, seed(7)) - game.generator(photo)).max() > 1e-3


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("family", [Characters, Faces])
def test_a_phase_changes_its_own(family, batch):
    runner = make(family, augmentation_target=0.6, augmentation_strength=0.5)
    before = variables(runner)
    discriminator = runner.due(0, 0)[:1]
    runner.step(discriminator, batch, seed(0), {"discriminator": 1e-2}, 1.0)
    assert changed(before, variables(runner)) == {
        *("discriminator_heads", "discriminator_pixels", "augmentation", "discriminator_optimizer")
    }


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("family", [Characters, Faces])
def test_steps_repeat(family, batch):
    ends = []
    for _ in range(2):
        runner = make(family)
        for step in range(2):
            take(runner, batch, step)
        ends.append(variables(runner))
    assert all(np.array_equal(ends[0][key], ends[1][key]) for key in ends[0])


@pytest.mark.parametrize("family", [Characters, Faces])
def test_what_cannot_be(family):
    with pytest.raises(UserError, match="--discriminator-width and --pixel-width are both 0"):
        family.Settings(discriminator_width=0, pixel_width=0)
    with pytest.raises(UserError, match="--penalty-weight is 1.0 with --pixel-width 0"):
        family.Settings(pixel_width=0, penalty_weight=1.0)


def test_numbers_of_an_encoder_are_like_those_drawn():
    numbers = np.array([[1.0, 50.0], [3.0, 10.0], [5.0, 30.0]], "float32")
    noise = np.array([[0.5, 0.0], [0.0, -1.0], [0.0, 0.0]], "float32")
    deviation = (8 / 3) ** 0.5
    even = np.array([[-2, 2], [0, -2], [2, 0]]) / deviation  # the second column is ten times as far apart
    found = np.asarray(latent_encoder.as_drawn(numbers, noise))
    np.testing.assert_allclose(found, 0.75**0.5 * even + 0.5 * noise, atol=1e-3)
    many = np.random.default_rng(1).normal(size=(2, 4000, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(latent_encoder.as_drawn(7 + 3 * many[0], many[1])).std(axis=0), 1, atol=0.03)


def test_half_of_the_characters_are_training_pictures_remade(random):
    batch = {"anime": tf.constant(random.uniform(-1, 1, (4, 32, 32, 3)), tf.float32)}
    runner = make(Characters, remake_weight=3.0)
    program = runner.program
    tensors = {**batch, **program.forward(batch, seed(0))}
    _, make_phase = program.phases
    terms = make_phase.losses(tensors, seed(0))
    first = [np.asarray(tensors[name])[:2] for name in ("anime", "picture")]
    seen = [np.asarray(eyes(("one",))(projected_game.enlarged(tf.constant(picture)))) for picture in first]
    expected = np.abs(first[0] - first[1]).mean() + 0.25 * np.abs(seen[0] - seen[1]).mean()
    assert float(terms["remake"].value) == pytest.approx(expected, rel=1e-4)
    assert terms["remake"].weight == 3.0
    trained = {id(variable) for variable in make_phase.variables}
    assert {id(variable) for variable in program.state["encoder"].trainable_variables} <= trained
    # What the encoder sees changes what is remade.
    again = program.forward({"anime": -batch["anime"]}, seed(0))
    assert not np.allclose(again["picture"][:2], tensors["picture"][:2], atol=1e-3)
    assert "encoder" not in make(Characters).program.state
