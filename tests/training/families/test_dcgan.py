"""DCGAN as a training: networks, losses by hand, phases, exact resume, and the contract for families without photos."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from stepping import changed, seed, take, variables

from japananime import train
from japananime.base.errors import UserError
from japananime.networks import dcgan_discriminator, dcgan_generator
from japananime.networks.layers import BatchNormalization
from japananime.perception import losses, metrics
from japananime.styles import folder as style_folder
from japananime.styles import generators, latents
from japananime.training import picture_gradients, preflight
from japananime.training.families import dcgan
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.job import TrainingSettings
from japananime.training.run.folder import Run
from japananime.training.runner import Runner

SMALL = {"latent": 3, "width": 2, "discriminator_width": 2, "grid": 2}
WASSERSTEIN = {**SMALL, "adversarial": "wasserstein", "discriminator_normalisation": "layer", "generator_every": 2}


@pytest.fixture
def batch(random):
    return {"anime": tf.constant(random.uniform(-1, 1, (4, 16, 16, 3)), tf.float32)}


def eyes(taps):
    """A stand-in for VGG19 that shows the picture itself."""
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, keras.layers.Identity()(picture))


def make(**settings):
    keras.utils.set_random_seed(0)
    return Runner(dcgan.Dcgan.build(dcgan.Settings(**{**SMALL, **settings}), eyes, 16))


def softplus(x):
    return np.log1p(np.exp(np.asarray(x, np.float64)))


def test_published_defaults():
    settings = dcgan.Settings()
    assert (settings.latent, settings.adversarial, settings.beta_1) == (100, "cross_entropy", 0.5)
    assert (settings.generator_rate, settings.discriminator_rate) == (1e-4, 4e-4)
    assert (dcgan.Dcgan.USUAL["size"], dcgan.Dcgan.USUAL["batch"], dcgan.Dcgan.USUAL["epochs"]) == (64, 128, 70)
    assert dcgan.Dcgan.streams(settings) == ("anime",)


def test_parameters_are_those_of_five_blocks():
    # Kernels of 4×4: 100→512 (to 4×4 pixels), 512→256→128→64→3, no biases but the last; gamma and beta after each but
    # the last. The same sum as of the five transposed convolutions that DCGAN is told of with.
    count = sum(np.prod(v.shape) for v in dcgan_generator.build().trainable_variables)
    assert count == 16 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 3 + 2 * (512 + 256 + 128 + 64)
    # 3→64→128→256→512→1, gamma and beta after each but the last, which has the only bias.
    count = sum(np.prod(v.shape) for v in dcgan_discriminator.build().trainable_variables)
    assert count == 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 1 + 2 * (64 + 128 + 256 + 512)


@pytest.mark.parametrize(("normalisation", "normed"), [("batch", [1, 2, 3, 4]), ("layer", [1, 2, 3, 4]), ("none", [])])
def test_the_first_four_blocks_are_normalised(normalisation, normed):
    discriminator = dcgan_discriminator.build(width=1, normalisation=normalisation)
    names = [layer.name for layer in discriminator.layers]
    assert [name for name in names if name.endswith("_norm")] == [f"down{number}_norm" for number in normed]
    assert [name for name in names if name.endswith("_leaky_relu")] == [f"down{n}_leaky_relu" for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(("size", "upsampling"), [(16, "transposed"), (64, "resize"), (128, "transposed")])
def test_sizes(size, upsampling):
    generator = dcgan_generator.build(latent=5, size=size, width=1, upsampling=upsampling)
    made = np.asarray(generator(np.ones((2, 5), "float32")))
    assert made.shape == (2, size, size, 3)
    assert np.abs(made).max() < 1
    assert dcgan_discriminator.build(size, width=1)(made).shape == (2, 1)


@pytest.mark.parametrize("size", [8, 20, 48])
def test_sizes_that_cannot_be(size):
    with pytest.raises(ValueError, match=f"a side of {size}"):
        dcgan_generator.build(size=size, width=1)


def test_transposed_kernels_overlap_evenly():
    # All weights and inputs one: away from the border every pixel gets the same, so there is no checkerboard.
    layer = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", kernel_initializer="ones")
    inside = np.asarray(layer(np.ones((1, 8, 8, 1), "float32")))[0, 2:-2, 2:-2, 0]
    assert np.all(inside == 4.0)


def test_batch_normalisation_by_hand():
    layer = BatchNormalization(momentum=0.75, epsilon=0.0)
    x = np.array([1.0, 3.0, 5.0, 7.0], "float32").reshape(2, 1, 2, 1)  # mean 4, variance (9 + 1 + 1 + 9) / 4 = 5
    before = np.asarray(layer(x))
    np.testing.assert_allclose(before, x)  # mean 0 and variance 1 are what is kept at first
    trained = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(trained.ravel(), (x.ravel() - 4) / np.sqrt(5), rtol=1e-6)
    np.testing.assert_allclose(np.asarray(layer(x)), x)  # looking has changed nothing
    layer.follow()
    assert float(layer.mean[0, 0, 0, 0]) == pytest.approx(0.25 * 4)
    assert float(layer.variance[0, 0, 0, 0]) == pytest.approx(0.75 + 0.25 * 5)
    keras_own = keras.layers.BatchNormalization(epsilon=1e-5)
    np.testing.assert_allclose(BatchNormalization()(x, training=True), keras_own(x, training=True), rtol=1e-5)


def test_draws_are_functions_of_the_seed():
    chance = SeededRandom()
    first = np.asarray(chance.normal((3, 2), seed(5)))
    chance.uniform((7,), seed(6))
    np.testing.assert_array_equal(first, chance.normal((3, 2), seed(5)))
    assert not np.array_equal(first, chance.normal((3, 2), seed(6)))
    assert not np.array_equal(first, chance.normal((3, 2), seed(5), stream=1))


def test_losses_of_cross_entropy(batch):
    program = make().program
    tensors = {**batch, **program.forward(batch, seed(0))}
    assert tensors["picture"].shape == (4, 16, 16, 3)
    judge, fool = (phase.losses(tensors, seed(0)) for phase in program.phases)
    logits = {k: program.state["discriminator"](tensors[k], training=True) for k in ("anime", "picture")}
    assert float(judge["real"].value) == pytest.approx(softplus(-logits["anime"]).mean(), rel=1e-5)
    assert float(judge["fake"].value) == pytest.approx(softplus(logits["picture"]).mean(), rel=1e-5)
    assert float(fool["adversarial"].value) == pytest.approx(softplus(-logits["picture"]).mean(), rel=1e-5)
    # Beside the losses, and without a part in them: how sure it is on average that either is real.
    for name, kind in (("real_probability", "anime"), ("fake_probability", "picture")):
        assert float(judge[name].value) == pytest.approx(np.mean(1 / (1 + np.exp(-np.asarray(logits[kind])))), rel=1e-5)
        assert judge[name].weight == 0.0


@pytest.mark.parametrize("adversarial", ["least_squares", "hinge"])
def test_only_cross_entropy_has_probabilities(batch, adversarial):
    program = make(adversarial=adversarial).program
    tensors = {**batch, **program.forward(batch, seed(0))}
    assert list(program.phases[0].losses(tensors, seed(0))) == ["real", "fake"]


def test_gradient_penalty_by_hand():
    # Lengths 5 (of 3 and 4) and 0: ((5 - 1)² + (0 - 1)²) / 2.
    gradient = np.zeros((2, 1, 2, 1), "float32")
    gradient[0, 0, :, 0] = 3.0, 4.0
    assert float(losses.gradient_penalty(gradient)) == pytest.approx(8.5, abs=1e-4)
    real, fake = np.full((2, 1, 1, 1), 4.0), np.full((2, 1, 1, 1), 2.0)
    np.testing.assert_allclose(losses.between(real, fake, np.array([0.0, 0.75]).reshape(2, 1, 1, 1)).ravel(), [2, 3.5])
    assert float(losses.WASSERSTEIN.real(np.array([1.0, 3.0]))) == -2.0
    assert float(losses.WASSERSTEIN.fake(np.array([1.0, 3.0]))) == 2.0


def test_gradient_can_be_differentiated_again():
    x, weight = tf.constant([2.0, 3.0]), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        steepness = picture_gradients.gradient(lambda x: weight * x**2, x)  # 2 w x
        total = tf.reduce_sum(steepness**2)  # 4 w² (4 + 9)
    np.testing.assert_allclose(steepness, [20.0, 30.0])
    assert float(tape.gradient(total, weight)) == pytest.approx(2 * 4 * 5 * 13)


def test_penalty_of_the_critic_against_a_slow_reference(batch):
    settings = dcgan.Settings(**{**WASSERSTEIN, "penalty_weight": 7.0})
    program = dcgan.Dcgan.build(settings, eyes, 16)
    critic = program.state["discriminator"]
    for variable in critic.trainable_variables:  # steep enough to be told from rounding
        variable.assign(10 * variable)
    tensors = {**batch, **program.forward(batch, seed(3))}
    terms = program.phases[0].losses(tensors, seed(3))
    real, fake = (np.asarray(tensors[name], np.float64) for name in ("anime", "picture"))
    share = np.asarray(SeededRandom().uniform((4, 1, 1, 1), seed(3), stream=1), np.float64)
    middle = share * real + (1 - share) * fake
    # The slope along random directions, by differences, gives the length of the gradient: its direction is the tape's.
    with tf.GradientTape() as tape:
        x = tf.constant(middle, tf.float32)
        tape.watch(x)
        total = tf.reduce_sum(critic(x, training=True))
    direction = np.asarray(tape.gradient(total, x), np.float64)
    direction /= np.sqrt((direction**2).sum(axis=(1, 2, 3), keepdims=True))
    ahead, behind = (np.asarray(critic((middle + step * direction).astype("float32"))) for step in (1e-3, -1e-3))
    lengths = ((ahead - behind) / 2e-3).ravel()
    assert terms["penalty"].weight == 7.0
    assert float(terms["penalty"].value) == pytest.approx(((lengths - 1) ** 2).mean(), rel=2e-2)
    logits = critic(tensors["picture"])
    assert float(terms["fake"].value) == pytest.approx(float(np.mean(logits)), rel=1e-4)


def test_a_wasserstein_critic_judges_each_picture_by_itself():
    with pytest.raises(UserError, match="--discriminator-normalisation is batch with --adversarial wasserstein"):
        dcgan.Settings(adversarial="wasserstein")


@pytest.mark.parametrize("settings", [SMALL, WASSERSTEIN], ids=["cross_entropy", "wasserstein"])
def test_each_phase_changes_only_its_own_variables(settings, batch, eagerly):
    runner = make(**settings)
    for phase, expected in zip(runner.program.phases, ("discriminator", "generator"), strict=True):
        before = variables(runner)
        (report,) = runner.step((phase,), batch, seed(1), {phase.name: 1e-2}, 1.0).values()
        assert report.applied
        assert report.gradient_norm > 0
        assert changed(before, variables(runner)) == {expected, f"{expected}_optimizer"}
    before = variables(runner)
    runner.losses(runner.program.phases, batch, seed(2))
    runner.program.preview(batch)
    assert changed(before, variables(runner)) == set()


def test_exact_resume(tmp_path, batch):
    runner, run = make(**WASSERSTEIN), Run(tmp_path)
    run.create()
    for step in range(2):
        reports = take(runner, batch, step)
    run.save_state(2, runner.state(), {})
    assert "generator" not in reports  # every other step
    whole = take(runner, batch, 2)
    assert "generator" in whole
    again = make(**WASSERSTEIN)
    keras.utils.set_random_seed(5)
    run.load_state(again.state())
    assert take(again, batch, 2) == whole
    assert changed(variables(runner), variables(again)) == set()


def test_fid_against_the_same_by_hand(batch):
    settings = dcgan.Settings(**SMALL, fid_epochs=3, fid_pictures=6)
    program = dcgan.Dcgan.build(settings, eyes, 16)
    (score,) = program.scores
    assert (score.name, score.every_epochs) == ("fid", 3)
    pictures = np.asarray(batch["anime"])
    numbers = latents.draw(6, 3, dcgan.SCORE_SEED)
    made = np.asarray(program.state["generator_average"](numbers))
    real = np.concatenate([pictures, pictures[:2]]).mean(axis=(1, 2))
    expected = metrics.frechet_distance(real, made.mean(axis=(1, 2)))
    assert score.against([pictures, pictures, pictures])() == pytest.approx(expected, rel=1e-4)


def test_a_saved_style_makes_the_same_characters(tmp_path):
    program = make().program
    generators.save(tmp_path, program.export, name="faces")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["generator.weights.h5", "graph.json", "style.json"]
    assert style_folder.describe(tmp_path).takes == "latent"
    numbers = latents.draw(2, 3, 0)
    difference = np.asarray(generators.load_latent(style_folder.find(tmp_path))(numbers)) - np.asarray(
        program.export.model(numbers)
    )
    assert np.abs(difference).max() < 0.02
    with pytest.raises(UserError, match="makes characters from scratch; use it with python -m japananime.generate"):
        generators.load(style_folder.find(tmp_path))


def flags(folders, *more):
    small = [f"--{key.replace('_', '-')}={value}" for key, value in SMALL.items()]
    short = ["--size", "16", "--batch", "2", "--steps-per-epoch", "2", "--epochs", "4", "--vgg-weights", "random"]
    return ["--family", "dcgan", "--anime", str(folders / "anime"), *small, *short, *more]


@pytest.mark.usefixtures("eagerly")
def test_trained_by_the_command_without_photos(folders, capsys):
    out = folders / "run"
    assert train.main([*flags(folders, "--fid-epochs", "2", "--fid-pictures", "4"), "--out", str(out)]) == 0
    columns, *rows = (line.split(",") for line in (out / "history.csv").read_text().splitlines())
    assert len([row for row in rows if row[columns.index("score/scores/fid")]]) == 2  # of epochs 2 and 4
    for kind in ("train", "validation"):
        for name in ("real_probability", "fake_probability"):
            shares = [float(row[columns.index(f"{kind}/discriminator/{name}")] or 0.5) for row in rows]
            assert all(0.0 < share < 1.0 for share in shares)
            assert any(share != 0.5 for share in shares)
    report = (out / "report.md").read_text()
    assert "| fid |" in report
    assert "japananime.generate --style" in report
    assert (out / "samples" / "epoch-004.png").is_file()
    assert style_folder.find(str(out)).takes == "latent"


def test_what_the_command_says_of_folders_and_sizes(folders, capsys):
    photos = ["--photos", str(folders / "photos")]
    for arguments, message in (
        ([*flags(folders), *photos], "which --family dcgan has no use for; it learns from anime"),
        (flags(folders, "--size", "24"), "--size is 24; accepted with this network: 16, 32, 64, 128, 256"),
        (["--family", "dcgan", *photos], "--anime is missing"),
        (["--family", "dcgan"], "--anime is missing"),
    ):
        assert train.main([*arguments, "--out", str(folders / "run")]) == 2
        assert message in capsys.readouterr().err
    assert not (folders / "run").exists()


def test_usual_settings_go_before_the_general_ones_and_flags_before_both(folders):
    parsed = train.parse(["--family", "dcgan", "--out", str(folders / "run"), "--epochs", "3"])[0]
    assert (parsed.size, parsed.batch, parsed.epochs) == (64, 128, "3")
    assert not hasattr(train.parse(["--family", "dcgan", "--out", str(folders / "run"), "--resume"])[0], "batch")


def test_folders_may_be_left_out(folders):
    training = dataclasses.replace(TrainingSettings(), size=16, samples=2)
    pools, held_out = preflight.gather(preflight.Folders(anime=str(folders / "anime")), ("anime",), training)
    assert (list(pools), len(pools["anime"]) + len(held_out["anime"])) == (["anime"], 12)
