"""Which numbers a training computes in."""

import pytest

from japananime.base.errors import UserError
from japananime.training import precision


@pytest.mark.parametrize(
    ("asked", "times", "chosen", "said"),
    [
        ("auto", {"float32": 2.0, "bfloat16": 1.0}, "bfloat16", "bfloat16 is 2.0 times as fast"),
        ("auto", {"float32": 1.1, "bfloat16": 1.0}, "float32", "bfloat16 is 1.1 times as fast"),
        ("auto", {"float32": 1.0, "bfloat16": float("inf")}, "float32", "bfloat16 is 0.0 times as fast"),
        ("bfloat16", {"float32": 1.0, "bfloat16": 15.0}, "bfloat16", "takes 15.0 times as long as float32"),
        ("bfloat16", {"float32": 2.0, "bfloat16": 1.0}, "bfloat16", ""),
    ],
)
def test_the_faster_precision_is_taken(monkeypatch, asked, times, chosen, said):
    monkeypatch.setattr(precision, "seconds", times.get)
    lines = []
    assert precision.choose(asked, lines.append) == chosen
    assert said in "".join(lines) and bool(lines) == bool(said)


def test_a_precision_that_cannot_be_is_refused(monkeypatch):
    monkeypatch.setattr(precision, "seconds", {"float32": 1.0, "bfloat16": float("inf")}.get)
    with pytest.raises(UserError, match="bfloat16, which this computer does not compute in; accepted: float32"):
        precision.choose("bfloat16")
    assert precision.choose("float16") == "float16"


def test_a_trial_of_precision_takes_time():
    assert 0 < precision.seconds("float32") < float("inf")
