"""AnimeGAN and the auto-encoder as trainings: losses by hand, phases, real steps, exact resume."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from stepping import seed, variables

from japananime import train
from japananime.networks import pixels
from japananime.perception import features
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training import preflight
from japananime.training.families import animegan, autoencoder
from japananime.training.run.folder import Run
from japananime.training.runner import Runner

STREAMS = ("photo", "anime", "smooth")
SMALL = {"width": 2, "inverted_blocks": 1, "discriminator_width": 2, "pretrain_epochs": 1}
FAMILIES = {
    "animegan": (
        animegan.AnimeGan,
        {**SMALL, "dropout": 0.5, "fake_every": 2, "fake_epochs": 5, "pretrain_on": "anime"},
    ),
    "autoencoder": (
        autoencoder.AutoEncoder,
        {"width": 2, "depth": 1, "discriminator_width": 2, "adversarial_weight": 1.0},
    ),
}


@pytest.fixture
def batch(random):
    return {name: tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32) for name in STREAMS}


def plain(taps):
    """A stand-in for VGG19 that shows the picture itself."""
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, keras.layers.Identity()(picture))


@functools.cache
def random_vgg19(taps):
    keras.utils.set_random_seed(3)
    return features.vgg19("random", taps)


def make(name):
    family, small = FAMILIES[name]
    keras.utils.set_random_seed(0)
    return Runner(family.build(family.Settings(**small), random_vgg19))


def take(runner, batch, epoch, step):
    phases = runner.due(epoch, step)
    return runner.step(phases, batch, seed(step), {phase.name: 1e-3 for phase in phases}, 0.9)


def terms_of(program, batch):
    tensors = {**batch, **program.forward(batch, seed(0))}
    return {phase.name: phase.losses(tensors, seed(0)) for phase in program.phases}, np.asarray(tensors["picture"])


def gram(features):
    flat = np.asarray(features, np.float64).reshape(features.shape[0], -1, features.shape[-1])
    return np.einsum("bnc,bnd->bcd", flat, flat) / (flat.shape[1] * flat.shape[2])


def expected_of_the_picture(batch, made):
    photo, anime = np.asarray(batch["photo"]), np.asarray(batch["anime"])
    gray = np.repeat((anime * pixels.LUMA).sum(-1, keepdims=True), 3, axis=-1)
    d = np.abs(np.asarray(tf.image.rgb_to_yuv((photo + 1) / 2)) - np.asarray(tf.image.rgb_to_yuv((made + 1) / 2)))
    huber = np.where(d <= 1, d**2 / 2, d - 0.5)
    rough = (np.square(np.diff(made, axis=1)).mean() + np.square(np.diff(made, axis=2)).mean()) / 2
    return {
        "content": np.abs(photo - made).mean(),
        "style": np.abs(gram(gray) - gram(made)).mean(),
        "color": d[..., 0].mean() + huber[..., 1].mean() + huber[..., 2].mean(),
        "variation": rough,
    }


def test_published_defaults():
    settings = animegan.Settings()
    assert (settings.width, settings.inverted_blocks, settings.discriminator_width) == (64, 8, 32)
    assert (settings.adversarial, settings.spectral, settings.dropout) == ("least_squares", True, 0)
    assert settings.multiple == 4
    # In AnimeGAN's tools/vgg19.py a picture becomes 0..255 less ImageNet's mean, as Keras' VGG19 has it, and nothing is
    # divided afterwards; so no more is done to features here.
    assert settings.feature_scale == 1.0
    assert animegan.Settings(generator="unet", depth=5).multiple == autoencoder.Settings().multiple == 32


def test_losses_are_those_of_the_public_code(batch):
    settings = animegan.Settings(**SMALL, variation_weight=0.5, gray_weight=0.5, color_weight=7.0, style_scale=4.0)
    program = animegan.AnimeGan.build(settings, plain)
    terms, made = terms_of(program, batch)
    discriminator = program.state["discriminator"]

    def logits(picture):
        return np.asarray(discriminator(picture), np.float64)

    gray, smooth = (np.asarray(pixels.to_gray(batch[name])) for name in ("anime", "smooth"))
    assert {name: term.weight for name, term in terms["discriminator"].items()} == {
        **{"real": 300.0, "fake": 300.0, "gray": 150.0, "smooth": pytest.approx(30.0)}
    }
    expected = {
        "real": np.square(logits(batch["anime"]) - 1).mean(),
        "fake": np.square(logits(made)).mean(),
        "gray": np.square(logits(gray)).mean(),
        "smooth": np.square(logits(smooth)).mean(),
    }
    for name, value in expected.items():
        assert float(terms["discriminator"][name].value) == pytest.approx(value, rel=1e-3), name
    assert {name: term.weight for name, term in terms["generator"].items()} == {
        **{"adversarial": 300.0, "content": 1.5, "style": 3.0, "color": 7.0, "variation": 0.5}
    }
    expected = {"adversarial": np.square(logits(made) - 1).mean(), **expected_of_the_picture(batch, made)}
    expected["style"] /= 4.0
    for name, value in expected.items():
        assert float(terms["generator"][name].value) == pytest.approx(value, rel=1e-3), name
    assert list(terms["pretrain"]) == ["content"]
    assert float(terms["pretrain"]["content"].value) == pytest.approx(expected["content"], rel=1e-4)


def test_losses_of_the_autoencoder_without_a_game(batch):
    program = autoencoder.AutoEncoder.build(autoencoder.Settings(width=2, depth=1), random_vgg19)
    assert [phase.name for phase in program.phases] == ["decoder"]
    assert program.streams == ("photo", "anime")
    terms, made = terms_of(program, batch)
    expected = expected_of_the_picture(batch, made)
    for name in ("color", "variation"):
        assert float(terms["decoder"][name].value) == pytest.approx(expected[name], rel=1e-3), name
    seen = random_vgg19(("block4_conv4",))
    difference = np.abs(np.asarray(seen(batch["photo"])) - np.asarray(seen(made))).mean()
    assert float(terms["decoder"]["content"].value) == pytest.approx(difference, rel=1e-3)
    assert {name: term.weight for name, term in terms["decoder"].items()} == {
        **{"content": 1.5, "style": 3.0, "color": 10.0, "variation": 0.0}
    }


def test_additions_of_animegeneration(batch):
    settings = animegan.Settings(
        **SMALL,
        **{"photo_weight": 1.0, "pretrain_on": "anime", "fake_every": 3, "fake_epochs": 2},
        **{"discriminator_every": 2, "discriminator_every_epochs": 5},
    )
    program = animegan.AnimeGan.build(settings, plain)
    terms, _ = terms_of(program, batch)
    assert list(terms["discriminator"]) == ["real", "gray", "smooth", "photo"]
    assert list(terms["fakes"]) == ["fake"]
    learnt = np.asarray(program.state["generator"](batch["anime"]))
    difference = np.abs(np.asarray(batch["anime"]) - learnt).mean()
    assert float(terms["pretrain"]["content"].value) == pytest.approx(difference, rel=1e-4)
    logits = np.asarray(program.state["discriminator"](batch["photo"]))
    assert float(terms["discriminator"]["photo"].value) == pytest.approx(np.square(logits).mean(), rel=1e-3)

    due = {
        phase.name: [(epoch, step) for epoch in range(12) for step in range(6) if phase.due(epoch, step)]
        for phase in program.phases
    }
    assert due["pretrain"] == [(0, step) for step in range(6)]
    assert due["discriminator"] == [(epoch, step) for epoch in (1, 6, 11) for step in (0, 2, 4)]
    # The generator's pictures are shown also in an epoch in which the discriminator otherwise rests.
    assert due["fakes"] == [(1, 0), (1, 3), (2, 0), (2, 3)]
    assert len(due["generator"]) == 11 * 6
    # What is rehearsed before a training, and the time it is said to take, follow the plan.
    shares = preflight._shares(Runner(program), 1, 3)
    assert shares == {
        ("discriminator", "fakes", "generator"): pytest.approx(1 / 12),
        ("fakes", "generator"): pytest.approx(3 / 12),
        ("discriminator", "generator"): pytest.approx(2 / 12),
        ("generator",): pytest.approx(6 / 12),
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_each_phase_changes_only_what_is_its_own(name, batch, eagerly):
    runner = make(name)
    owner = {"pretrain": "generator", "fakes": "discriminator"}
    for phase in runner.program.phases:
        before = variables(runner)
        runner.step((phase,), batch, seed(1), {phase.name: 1e-3}, 0.9)
        after = variables(runner)
        changed = {key.split("/")[0] for key in before if not np.array_equal(before[key], after[key])}
        own = owner.get(phase.name, phase.name)
        assert changed - {f"{phase.name}_optimizer", "generator_average", "decoder_average"} == {own}, phase.name


@pytest.mark.parametrize("name", FAMILIES)
def test_two_steps_and_exact_resume(name, batch, tmp_path, eagerly):
    runner = make(name)
    run = Run(tmp_path / "run")
    run.create()
    reports = take(runner, batch, 1, 0)
    assert all(report.applied and report.gradient_norm > 0 for report in reports.values())
    run.save_state(1, runner.state(), {})
    whole = take(runner, batch, 1, 2)
    again = make(name)
    keras.utils.set_random_seed(5)
    run.load_state(again.state())
    assert take(again, batch, 1, 2) == whole
    expected = variables(runner)
    assert [key for key, found in variables(again).items() if not np.array_equal(found, expected[key])] == []


def test_an_autoencoders_style_needs_no_vgg19(tmp_path, batch, monkeypatch):
    program = autoencoder.AutoEncoder.build(autoencoder.Settings(width=2, depth=2), random_vgg19)
    generators.save(tmp_path, program.export, name="code")

    def absent(*arguments, **options):
        raise AssertionError("VGG19 was asked for")

    monkeypatch.setattr(keras.applications, "VGG19", absent)
    loaded = generators.load(style_folder.find(tmp_path))
    difference = np.abs(np.asarray(loaded(batch["photo"])) - np.asarray(program.preview(batch)["picture"]))
    assert difference.max() < 0.05  # the weights were kept in half precision


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--family", "autoencoder"], "--size is 16; with this network it must be a multiple of 32, at least 64"),
        (["--family", "animegan", "--generator", "unet"], "it must be a multiple of 16, at least 32"),
        (["--family", "animegan", "--generator", "vgg"], "accepted: animegan, animegan2, unet"),
    ],
)
def test_sizes_that_a_network_cannot_take_are_refused(folders, capsys, arguments, message):
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / "run")]
    assert train.main([*places, *arguments, "--size", "16", "--vgg-weights", "random"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("eagerly")
def test_the_command_trains_and_goes_on_by_itself(folders, capsys):
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / "run")]
    small = ["--size", "16", "--width", "2", "--inverted-blocks", "1", "--discriminator-width", "2", "--samples", "2"]
    short = ["--epochs", "1", "--pretrain-epochs", "0", "--steps-per-epoch", "2", "--batch", "2"]
    weights = ["--vgg-weights", "random"]
    assert train.main([*places, *small, *short, *weights, "--preset", "animegan2-hayao"]) == 0
    assert train.main(["--out", str(folders / "run"), "--resume", "--epochs", "2"]) == 0
    assert "Step 4 of 4" in (folders / "run" / "report.md").read_text()
    assert style_folder.describe(folders / "run" / "style").network == "animegan2"
