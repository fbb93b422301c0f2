"""Presets: what is in the files, and how they come to be settings."""

import pytest

from japananime import train
from japananime.base.errors import UserError
from japananime.base.settings import from_flags
from japananime.training import presets
from japananime.training.families import FAMILIES
from japananime.training.job import TrainingSettings

PLACES = ["--photos", "p", "--anime", "a", "--out", "r"]


def chosen(*arguments):
    parsed, family, training = train.parse([*PLACES, *arguments])
    return parsed.family, from_flags(family.Settings, parsed), from_flags(training, parsed)


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_of_settings_that_there_are(name):
    preset = presets.load(name)
    fields = {*FAMILIES[preset.family].Settings.__dataclass_fields__, *TrainingSettings.__dataclass_fields__}
    assert preset.settings.keys() <= fields
    assert preset.description
    assert preset.source
    assert chosen("--preset", name)[0] == preset.family


# Content, gray style, colour, total variation; the discriminator's real, fake, gray and smoothed gray. Version 1: the
# paper's section on training, and "1.1 for Shinkai" in main.py of TachibanaYoshino/AnimeGAN. Version 2: the comments of
# train.py and of `discriminator_loss` in tools/ops.py of TachibanaYoshino/AnimeGANv2.
PUBLISHED = {
    "animegan-hayao": (1.5, 3.0, 10.0, 0.0, 1.0, 1.0, 1.0, 0.1),
    "animegan-shinkai": (1.1, 3.0, 10.0, 0.0, 1.0, 1.0, 1.0, 0.1),
    "animegan2-hayao": (1.5, 2.5, 15.0, 1.0, 1.2, 1.2, 1.2, 0.8),
    "animegan2-paprika": (2.0, 0.6, 50.0, 0.1, 1.0, 1.0, 1.0, 0.005),
    "animegan2-shinkai": (1.2, 2.0, 10.0, 1.0, 1.7, 1.7, 1.7, 1.0),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_weights(name):
    _, settings, training = chosen("--preset", name)
    terms = ("content", "style", "color", "variation", "real", "fake", "gray", "smooth")
    assert tuple(getattr(settings, f"{term}_weight") for term in terms) == PUBLISHED[name]
    assert settings.adversarial_weight == settings.discriminator_weight == 300
    assert training.epochs == 101
    second = name.startswith("animegan2")
    assert (training.batch, settings.pretrain_epochs) == ((12, 10) if second else (6, 5))
    assert settings.normalisation == settings.discriminator_normalisation == ("layer" if second else "instance")
    rates = (settings.pretrain_rate, settings.generator_rate, settings.discriminator_rate)
    assert rates == ((2e-4, 2e-5, 4e-5) if second else (1e-4, 8e-5, 16e-5))


def test_animegeneration_is_that_of_its_authors():
    _, settings, training = chosen("--preset", "animegeneration")
    weights = tuple(getattr(settings, f"{term}_weight") for term in ("adversarial", "content", "style", "color"))
    assert weights == (100, 0.01, 10, 5)
    # One step in a hundred, over five epochs, and the discriminator's own epochs one in five.
    assert (settings.fake_every, settings.fake_epochs, settings.fake_weight) == (100, 5, 0.1)
    assert settings.discriminator_every_epochs == 5
    assert (training.batch, settings.dropout, settings.inverted_blocks, settings.pretrain_epochs) == (4, 0.2, 4, 10)


def test_flags_go_before_the_preset_and_the_preset_before_the_defaults():
    family, settings, training = chosen("--preset", "animegan2-paprika", "--color-weight", "7", "--batch", "2")
    assert family == "animegan"
    assert (settings.color_weight, settings.style_weight, settings.content_weight) == (7.0, 0.6, 2.0)
    assert (training.batch, training.epochs, training.size) == (2, 101, 256)


def test_wrong_presets_are_one_line(capsys):
    assert train.main([*PLACES, "--preset", "animegan-totoro"]) == 2
    error = capsys.readouterr().err.strip()
    assert error == f"error: --preset is 'animegan-totoro'; accepted: {', '.join(presets.names())}"
    with pytest.raises(UserError, match="of the family animegan; --family is 'autoencoder'"):
        chosen("--family", "autoencoder", "--preset", "animegan-hayao")
    with pytest.raises(UserError, match="--preset is 'animegan-hayao' with --resume"):
        chosen("--resume", "--preset", "animegan-hayao")


def test_help_lists_the_presets(capsys):
    with pytest.raises(SystemExit):
        train.main(["--help"])
    text = capsys.readouterr().out
    for name in presets.names():
        assert f"  {name}" in text
