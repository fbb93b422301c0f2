"""The steps of the first hour that take seconds, and that the walk notices what is wrong."""

import pytest
from walk import first_hour, steps


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    first_hour.prepare(folder)
    return folder


@pytest.mark.parametrize("step", [step for step in steps.STEPS if not step.long], ids=lambda step: step.title)
def test_a_step_of_the_first_hour(step, folder):
    assert first_hour.take(step, folder) == ""


@pytest.mark.parametrize(
    ("status", "said", "wrong"),
    [
        (0, "made it", ""),
        (2, "made it", "the exit status is 2, not 0"),
        (0, "made it\nTraceback (most recent call last)", "a traceback"),
        (0, "nothing", "it does not say 'made'"),
    ],
)
def test_what_is_wrong_is_noticed(tmp_path, status, said, wrong):
    (tmp_path / "there").touch()
    assert steps.Step("", "", ("made",), ("there",)).wrong(status, said, tmp_path) == wrong


def test_a_missing_file_is_noticed(tmp_path):
    assert steps.Step("", "", (), ("a", "b")).wrong(0, "", tmp_path) == "a is not there; b is not there"
