"""Which family a training is of, and runs whose settings are none."""

from argparse import Namespace

import pytest

from japananime.base.errors import UserError
from japananime.training.job import TrainingSettings
from japananime.training.run.folder import Run
from japananime.training.settings import choose_family

FAMILIES = ("japananimegan", "dcgan")


def asked(out, **given):
    return Namespace(**{"family": None, "preset": None, "begin_with": None, "out": str(out), "resume": True, **given})


def test_a_run_killed_before_its_first_state_still_knows_its_family(tmp_path):
    run = Run(tmp_path)
    run.write_settings({"name": "dcgan", "folders": {}, "family": {}, "training": {}})
    assert not run.states()
    assert choose_family(asked(tmp_path), FAMILIES) == ("dcgan", None)
    assert choose_family(asked(tmp_path, resume=False), FAMILIES) == ("japananimegan", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a run's settings .a list of 0; it must be an object"),
        ("[" * 100_000, "settings.json: not a run's settings"),
        ('{"name": ["dcgan"]}', "not a run's settings .'name' is a list of 1; it must be a text"),
        (
            '{"name": "x", "folders": {}, "family": {}, "training": {}}',
            "--family is 'x'; accepted: japananimegan, dcgan",
        ),
    ],
)
def test_settings_that_are_none_are_one_line(tmp_path, text, message):
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(UserError, match=message):
        choose_family(asked(tmp_path), FAMILIES)


@pytest.mark.parametrize(
    ("given", "framing"),
    [
        ({}, "crop"),
        ({"smallest_crop": 1.0}, "whole"),
        ({"smallest_crop": 1.0, "proportions": "anime"}, "anime proportions"),
    ],
)
def test_how_the_pictures_of_a_training_were_framed(given, framing):
    assert TrainingSettings(**given).framing == framing


def test_faces_are_cut_whole_or_have_no_proportions():
    with pytest.raises(UserError, match="--proportions is 'anime' .* --smallest-crop is 0.5; .* 1"):
        TrainingSettings(proportions="anime", smallest_crop=0.5)
