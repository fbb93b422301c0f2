"""CycleGAN as a training: networks, losses by hand, the pool, phases, exact resume, both directions of its style."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from stepping import changed, seed, take, variables

from japananime import stylize, train
from japananime.image import files as image_files
from japananime.networks import patchgan, resnet_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.families import cyclegan
from japananime.training.families.parts.fake_pool import FakePool
from japananime.training.run.folder import Run
from japananime.training.runner import Runner

SMALL = {"width": 2, "residual_blocks": 1, "discriminator_width": 2, "pool": 3}
GENERATORS = {"to_anime", "to_photo", "generators_optimizer"}
DISCRIMINATORS = {"discriminator_anime", "discriminator_photo", "discriminators_optimizer"}
POOLS = {"pool_anime", "pool_photo"}


@pytest.fixture
def batch(random):
    return {name: tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for name in ("photo", "anime")}


def make(**settings):
    keras.utils.set_random_seed(0)
    return Runner(cyclegan.CycleGan.build(cyclegan.Settings(**{**SMALL, **settings}), None, 16))


def test_published_defaults():
    settings = cyclegan.Settings()
    assert (settings.cycle_weight, settings.identity_weight, settings.pool) == (10, 5, 50)
    assert (settings.generator_rate, settings.discriminator_rate, settings.beta_1) == (2e-4, 2e-4, 0.5)
    assert (
        cyclegan.CycleGan.USUAL["schedule"],
        cyclegan.CycleGan.USUAL["decay_from"],
        cyclegan.CycleGan.USUAL["size"],
    ) == ("linear", 0.5, 128)
    assert cyclegan.CycleGan.USUAL["smallest_crop"] == 1.0
    assert cyclegan.CycleGan.streams(settings) == ("photo", "anime")


def test_parameters_are_those_of_the_published_networks():
    # The public code's generators have 11.378 million (9 blocks) and 7.838 million (6 blocks), its discriminator 2.765
    # million. There a convolution has a bias where here the normalisation after it has a scale and a shift.
    for blocks, published in ((9, 11.378e6), (6, 7.838e6)):
        assert resnet_generator.build(residual_blocks=blocks).count_params() == pytest.approx(published, rel=0.001)
    assert patchgan.build().count_params() == pytest.approx(2.765e6, rel=0.001)
    convolutions = 49 * 3 * 64 + 9 * (64 * 128 + 128 * 256) * 2 + 18 * 9 * 256 * 256 + 49 * 64 * 3 + 3
    assert resnet_generator.build().count_params() == convolutions + 128 + 64 + 2 * (
        64 + 128 + 256 + 18 * 256 + 128 + 64
    )


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_odd_sizes(upsampling):
    generator = resnet_generator.build(width=2, residual_blocks=1, upsampling=upsampling)
    made = np.asarray(generator(np.ones((1, 20, 36, 3), "float32")))
    assert made.shape == (1, 20, 36, 3)
    assert np.abs(made).max() < 1


@pytest.mark.parametrize(("dilation", "reach"), [(1, 70), (2, 118)])
def test_a_logit_looks_at_so_many_pixels(dilation, reach):
    judge = patchgan.build(width=1, normalisation="none", dilation=dilation)
    for variable in judge.trainable_variables:
        variable.assign(np.ones(variable.shape))  # nothing can cancel
    side = 256
    picture = tf.Variable(np.ones((1, side, side, 3), "float32"))
    with tf.GradientTape() as tape:
        logits = judge(picture)
        one = logits[0, 16, 16, 0]
    seen = np.flatnonzero(np.asarray(tape.gradient(one, picture))[0].any(axis=(1, 2)))
    assert logits.shape == (1, 32, 32, 1)
    assert seen[-1] - seen[0] + 1 == reach


def test_losses_by_hand(batch):
    program = make(cycle_weight=3.0, identity_weight=2.0).program
    state = program.state
    tensors = {**batch, **program.forward(batch, seed(0))}
    make_terms, judge_terms = (phase.losses(tensors, seed(0)) for phase in program.phases)
    fake_anime, fake_photo = state["to_anime"](batch["photo"]), state["to_photo"](batch["anime"])

    def apart(picture, made):
        return np.abs(np.asarray(picture, np.float64) - np.asarray(made, np.float64)).mean()

    def logits(kind, picture):
        return np.asarray(state[f"discriminator_{kind}"](picture), np.float64)

    expected = {
        "adversarial_anime": (np.square(logits("anime", fake_anime) - 1).mean(), 1.0),
        "adversarial_photo": (np.square(logits("photo", fake_photo) - 1).mean(), 1.0),
        "cycle_photo": (apart(batch["photo"], state["to_photo"](fake_anime)), 3.0),
        "cycle_anime": (apart(batch["anime"], state["to_anime"](fake_photo)), 3.0),
        "identity_photo": (apart(batch["photo"], state["to_photo"](batch["photo"])), 2.0),
        "identity_anime": (apart(batch["anime"], state["to_anime"](batch["anime"])), 2.0),
        "real_anime": (np.square(logits("anime", batch["anime"]) - 1).mean(), 0.5),
        "real_photo": (np.square(logits("photo", batch["photo"]) - 1).mean(), 0.5),
        "fake_anime": (np.square(logits("anime", fake_anime)).mean(), 0.5),  # the pool is empty: the fakes themselves
        "fake_photo": (np.square(logits("photo", fake_photo)).mean(), 0.5),
    }
    found = {**make_terms, **judge_terms}
    assert found.keys() == expected.keys()
    for name, (value, weight) in expected.items():
        assert float(found[name].value) == pytest.approx(value, rel=1e-4), name
        assert found[name].weight == weight, name


def number(value):
    return np.full((1, 1, 1, 3), value, "float32")


def contents(pool):
    return sorted(float(value) for value in np.asarray(pool.variables[0])[:, 0, 0, 0])


def test_the_pool_against_a_slow_reference():
    pool, kept, outcomes = FakePool(4, 1, stream=0), [], {"itself": 0, "earlier": 0}
    for step in range(1, 200):
        fake = number(step)
        shown = float(np.asarray(pool.mix(fake, seed(step)))[0, 0, 0, 0])
        assert shown == float(np.asarray(pool.mix(fake, seed(step)))[0, 0, 0, 0])  # looking changes nothing
        pool.keep(fake, seed(step))
        if len(kept) < 4:  # filling: every fake is shown and taken in
            assert shown == step
            kept.append(step)
        elif shown == step:  # shown itself, and not taken in
            outcomes["itself"] += 1
        else:  # an earlier one is shown, and gives its place
            kept[kept.index(shown)] = step
            outcomes["earlier"] += 1
        assert contents(pool) == sorted(kept + [0.0] * (4 - len(kept)))
    assert 70 < outcomes["earlier"] < 125  # even chances of 195


def test_a_batch_meets_different_places_of_the_pool():
    pool = FakePool(3, 1, stream=1)
    first = np.concatenate([number(value) for value in (1, 2, 3, 4, 5)])
    np.testing.assert_array_equal(pool.mix(first, seed(0)), first)
    pool.keep(first, seed(0))
    assert contents(pool) == [1, 2, 3]  # what is beyond its capacity passes it by
    for step in range(1, 20):
        before, fakes = contents(pool), first + 10 * step
        shown = np.asarray(pool.mix(fakes, seed(step)))[:, 0, 0, 0]
        pool.keep(fakes, seed(step))
        assert len(set(shown)) == 5
        taken = {float(fake) for fake, seen in zip(fakes[:3, 0, 0, 0], shown, strict=False) if fake != seen}
        assert set(contents(pool)) == set(before) - set(shown) | taken
        np.testing.assert_array_equal(shown[3:], fakes[3:, 0, 0, 0])


def test_no_pool():
    pool = FakePool(0, 1, stream=0)
    pool.keep(number(1), seed(0))
    assert pool.variables == []
    np.testing.assert_array_equal(pool.mix(number(2), seed(1)), number(2))


def test_each_phase_changes_only_its_own_variables(batch, eagerly):
    runner = make()
    for phase, expected in zip(runner.program.phases, (GENERATORS, DISCRIMINATORS | POOLS), strict=True):
        before = variables(runner)
        (report,) = runner.step((phase,), batch, seed(1), {phase.name: 1e-2}, 1.0).values()
        assert report.applied
        assert report.gradient_norm > 0
        assert changed(before, variables(runner)) == expected
    before = variables(runner)
    runner.losses(runner.program.phases, batch, seed(2))
    assert runner.program.preview(batch)["photo given back"].shape == (2, 16, 16, 3)
    assert changed(before, variables(runner)) == set()


def test_exact_resume_with_the_pools(tmp_path, batch, eagerly):
    runner, run = make(), Run(tmp_path)
    run.create()
    for step in range(3):
        take(runner, batch, step)
    assert int(runner.state()["pool_anime"].variables[1]) == 3
    run.save_state(3, runner.state(), {})
    whole = [take(runner, batch, step) for step in (3, 4)]
    again = make()
    keras.utils.set_random_seed(5)
    run.load_state(again.state())
    assert [take(again, batch, step) for step in (3, 4)] == whole
    assert changed(variables(runner), variables(again)) == set()


def test_a_style_of_two_directions(tmp_path, batch, random, capsys):
    program = make().program
    generators.save(tmp_path / "both", program.export, name="faces")
    assert style_folder.find(tmp_path / "both" / "anime2photo").title == "faces-anime2photo"
    for place, name in (("both", "to_anime_average"), ("both/anime2photo", "to_photo_average")):
        made = generators.load(style_folder.find(tmp_path / place))(batch["photo"])
        assert np.abs(np.asarray(made) - np.asarray(program.state[name](batch["photo"]))).max() < 0.05
    face = tmp_path / "face.png"
    image_files.write(face, image_files.Picture(random.integers(0, 256, (37, 51, 3), np.uint8)))
    arguments = ["--style", str(tmp_path / "both"), "--in", str(face), "--out", str(tmp_path / "made")]
    assert stylize.main(arguments) == 0
    assert stylize.main([*arguments, "--direction", "anime2photo"]) == 0
    one, other = (image_files.read_rgb(tmp_path / "made" / f"face-faces{end}.png") for end in ("", "-anime2photo"))
    assert one.shape == other.shape == (37, 51, 3)
    assert not np.array_equal(one, other)
    assert stylize.main([*arguments, "--style", style_folder.DEFAULT, "--direction", "anime2photo"]) == 2
    assert "--direction is anime2photo, and the style" in capsys.readouterr().err


@pytest.mark.usefixtures("eagerly")
def test_trained_by_the_command(folders):
    small = [f"--{key.replace('_', '-')}={value}" for key, value in SMALL.items()]
    short = ["--size", "16", "--batch", "2", "--steps-per-epoch", "2", "--epochs", "2", "--samples", "2"]
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / "run")]
    assert train.main(["--family", "cyclegan", *places, *small, *short]) == 0
    assert image_files.read_rgb(folders / "run" / "samples" / "epoch-002.png").shape == (20 + 2 * 256, 6 * 256, 3)
    for place in ("style", "style/anime2photo"):
        assert style_folder.describe(folders / "run" / place).trained == {"size": 16, "framing": "whole"}
    columns, *rows = (line.split(",") for line in (folders / "run" / "history.csv").read_text().splitlines())
    rates = [row[columns.index("rate/generators")] for row in rows]
    # The mean over steps 2 and 3 of 4: the fall begins at the half.
    assert float([rate for rate in rates if rate][-1]) == pytest.approx((2e-4 + 1e-4) / 2)
