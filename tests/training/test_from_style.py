"""Going on from a style."""

import json
import shutil
from pathlib import Path

import pytest

from japananime.training import from_style, settings
from japananime.training.families import FAMILIES
from japananime.training.job import TrainingSettings

DAYLIGHT = Path(__file__).resolve().parents[2] / "checkpoints" / "daylight"
CLASSES = (TrainingSettings, FAMILIES["featuregan"].Settings)


@pytest.fixture
def odd(tmp_path):
    """A style whose description names more than settings."""
    folder = Path(shutil.copytree(DAYLIGHT, tmp_path / "odd"))
    words = json.loads((folder / "style.json").read_text())
    words["training"] |= {"out": "/elsewhere", "photos": "/elsewhere", "content_weight": 0.5}
    (folder / "style.json").write_text(json.dumps(words))
    return str(folder)


def ask(*flags):
    return settings.ask(["--out", "nowhere", *flags])


def test_a_style_says_its_family():
    assert settings.choose_family(ask("--from", "daylight"), FAMILIES)[0] == "featuregan"
    assert settings.choose_family(ask("--from", "daylight", "--family", "faces"), FAMILIES)[0] == "faces"
    assert settings.choose_family(ask(), FAMILIES)[0] == "japananimegan"


def test_a_training_goes_on_as_the_style_was_trained_but_at_its_own_length(odd):
    taken = from_style.settings_of(odd, "featuregan", CLASSES)
    assert (taken["size"], taken["batch"], taken["content_weight"], taken["pretrain_epochs"]) == (144, 4, 0.5, 0)
    assert not {"epochs", "seed", "precision", "steps", "family", "out", "photos"} & set(taken)
    assert from_style.settings_of(odd, "faces", CLASSES) == {}
    assert from_style.settings_of(None, "featuregan", CLASSES) == {}


def test_a_preset_goes_before_the_style_and_a_resumed_run_has_its_own(odd):
    family = FAMILIES["featuregan"]
    usual = settings.family_defaults("featuregan", family, None, ask("--from", odd), TrainingSettings)
    assert usual["content_weight"] == 0.5
    assert settings.family_defaults("featuregan", family, None, ask("--from", odd, "--resume"), TrainingSettings) == {}


def test_the_length_for_the_minutes_by_hand():
    given = TrainingSettings(epochs=152)
    # 20 minutes are 10 epochs; 1,200 s less 10 ends of 6 s leave 1,140 s, at 0.5 s a step 2,280 steps.
    found = from_style.fit_to_minutes(given, 20, step_seconds=0.5, epoch_seconds=6)
    assert (found.epochs, found.steps_per_epoch, found.schedule, found.decay_from) == (10, 228, "linear", 0.5)
    assert from_style.fit_to_minutes(given, 3, 0.5, 6).epochs == 1
    assert from_style.fit_to_minutes(given, 1, 100, 6).steps_per_epoch == 1
    own = TrainingSettings(schedule="cosine", decay_from=0.8)
    fitted = from_style.fit_to_minutes(own, 20, 0.5, 6)
    assert (fitted.schedule, fitted.decay_from) == ("cosine", 0.8)
