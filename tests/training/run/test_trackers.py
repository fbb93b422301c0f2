"""Trackers of a training: what they are told, and that a training does not end because of one."""

import math
import sys
import types
from types import SimpleNamespace

import pytest

from japananime.base.errors import UserError
from japananime.training.run import trackers
from japananime.training.run.recorder import Recorder
from japananime.training.runner import PhaseReport


class Notes:
    """Stands in for a program's run; everything it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *words, **named: self.told.append((name, *words, *named.values()))


@pytest.fixture
def wandb(monkeypatch):
    run, module = Notes(), types.ModuleType("wandb")
    module.Settings = dict
    module.init = lambda **named: run.told.append(named) or run
    monkeypatch.setitem(sys.modules, "wandb", module)
    return run


@pytest.fixture
def mlflow(monkeypatch):
    module = Notes()
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return module


def follow(tracker):
    tracker.log(3, {"train/discriminator/real": 0.5, "rate/generator": math.inf})
    tracker.close()
    tracker.log(4, {"late": 1.0})


def test_wandb_is_told_settings_numbers_and_the_end_and_sends_nothing_else(wandb):
    follow(trackers.begin(trackers.KNOWN["wandb"], "first", {"width": 32}))
    assert wandb.told == [
        {
            "project": "japananime",
            "group": "first",
            "name": "first",
            "config": {"width": 32},
            "settings": {"console": "off", "disable_git": True, "save_code": False},
        },
        ("define_metric", "*", "step"),
        ("log", {"train/discriminator/real": 0.5, "step": 3}),
        ("finish",),
    ]


def test_mlflow_is_told_settings_numbers_and_the_end(mlflow):
    follow(trackers.begin(trackers.KNOWN["mlflow"], "first", {"width": 32}))
    assert mlflow.told == [
        ("start_run", "first"),
        ("log_params", {"width": 32}),
        ("log_metrics", {"train/discriminator/real": 0.5}, 3),
        ("end_run",),
    ]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of one's own in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    lines = "told = []\nnumber = 3\ndef send(step, values):\n    told.append((step, values))\n"
    (tmp_path / "own_tracker.py").write_text(lines + "def refuse(step, values):\n    raise OSError('no network')\n")
    yield "own_tracker"
    sys.modules.pop("own_tracker", None)


def test_a_function_of_ones_own_is_called_with_step_and_values(own):
    follow(trackers.begin(trackers.choose(f"{own}:send"), "first", {}))
    assert sys.modules[own].told == [(3, {"train/discriminator/real": 0.5})]


def test_a_tracker_that_fails_is_told_of_once_and_left(own):
    said, tracker = [], trackers.begin(trackers.choose(f"{own}:refuse"), "first", {})
    tracker.say = said.append
    follow(tracker)
    assert said == ["warning: --report-to failed (no network); training goes on without"]


def test_one_that_does_not_start_is_refused():
    def how(name, settings):
        raise RuntimeError("log in first")

    with pytest.raises(UserError, match=r"--report-to did not start \(log in first\)"):
        trackers.begin(how, "first", {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("board", "accepted: wandb, mlflow or MODULE:FUNCTION"),
        ("own_tracker:post", "cannot be imported .*post"),
        ("nobodys_tracker:send", "cannot be imported .*nobodys_tracker"),
        ("own_tracker:number", "is no function"),
    ],
)
def test_what_is_no_tracker_is_refused(own, given, said):
    with pytest.raises(UserError, match=f"--report-to is '{given}'.*{said}"):
        trackers.choose(given)


def test_one_that_is_not_installed_is_refused(monkeypatch):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="install: pip install wandb"):
        trackers.choose("wandb")


def test_a_recorder_tells_what_it_writes(tmp_path):
    told = Notes()
    settings, tracker = SimpleNamespace(batch=1), trackers.Guarded(told, print)
    job = SimpleNamespace(run=tmp_path, steps=4, steps_per_epoch=2, settings=settings, tracker=tracker)
    with Recorder(job, 0, quiet=True) as recorder:
        for step in (1, 2):
            recorder.add(
                step, {"game": PhaseReport({"real": step / 2}, 1.0, True)}, {"game": {"real": 3.0}}, {"game": 0.1}, 0
            )
        recorder.write()
        recorder.write_validation(0, {"validation/game/real": 0.25})
    (_, first, row), (_, second, validation), end = told.told
    assert (first, second, end) == (2, 2, ("close",))
    assert validation == {"validation/game/real": 0.25}
    assert {name: row[name] for name in ("epoch", "train/game/real", "weighted/game/real", "rate/game")} == {
        "epoch": 1.0,
        "train/game/real": 0.75,
        "weighted/game/real": 2.25,
        "rate/game": pytest.approx(0.1),
    }
