"""Experiments: trainings that can be had, carried out one after another, and what is written of them."""

import os

import numpy as np
import pytest
from PIL import Image

from japananime import experiment, train
from japananime.training import run_experiment
from japananime.training.experiment_list import EXPERIMENTS, Experiment
from japananime.training.run.folder import Run
from japananime.training.run.history import History
from japananime.training.settings import choose

TINY = Experiment(
    "one against another",
    ("--epochs", "3"),
    {"Model 1": ("--preset", "animegan-hayao", "--batch", "1"), "model two": ("--batch", "4")},
    reported="nothing",
    settings="everything",
    epochs=(1,),
)


@pytest.mark.parametrize(
    ("name", "training"), [(name, one) for name, wanted in EXPERIMENTS.items() for one in wanted.trainings]
)
def test_every_training_can_be_had(tmp_path, name, training):
    (tmp_path / "pictures").mkdir()
    places = ["--anime", str(tmp_path / "pictures")]
    places += [] if name == "dcgan" else ["--photos", str(tmp_path / "pictures")]
    run = Run(tmp_path / "run")
    parsed, family, training_class = train.parse(run_experiment.arguments(EXPERIMENTS[name], training, run, places))
    chosen, _ = choose(parsed, family, training_class, run)
    assert chosen["training"].epochs == int(EXPERIMENTS[name].shared[EXPERIMENTS[name].shared.index("--epochs") + 1])
    assert chosen["training"].precision == "float32"  # one for all that are compared
    settings = chosen["family"]
    if not getattr(settings, "fake_weight", 1):  # a phase of its own for fakes would then have nothing to learn from
        assert (settings.fake_every, settings.fake_epochs) == (1, 0)
    assert all(epoch < chosen["training"].epochs for epoch in EXPERIMENTS[name].epochs)


def test_a_training_that_has_begun_goes_on_with_its_own_settings(tmp_path):
    runs = run_experiment.trainings(TINY, tmp_path)
    assert [run.folder.name for run in runs.values()] == ["model-1", "model-two"]
    more = ["--anime", "a", "--epochs", "5"]
    wanted = ["--epochs", "3", "--preset", "animegan-hayao", "--batch", "1", *more, "--out", str(tmp_path / "model-1")]
    assert run_experiment.arguments(TINY, "Model 1", runs["Model 1"], more) == wanted
    for name, run in runs.items():
        run.create()
        run.save_state(4, {}, {})
        for flags, epochs in ((more, "5"), ([], "3")):
            wanted = ["--out", str(run.folder), "--resume", "--epochs", epochs]
            assert run_experiment.arguments(TINY, name, run, flags) == wanted
            assert run_experiment.arguments(TINY, name, run, [*flags, "--report-to", "x:y"])[-2:] == [
                "--report-to",
                "x:y",
            ]


def leave(run, epochs, **outcomes):
    """What a training leaves: a row of its history, a sheet for each epoch, ten seconds apart."""
    (run / "samples").mkdir(parents=True)
    History(run / "history.csv").append({"step": 4, "train/generator/style": 9.0})
    for values in zip(*outcomes.values(), strict=True):
        named = {name.replace("__", "/"): value for name, value in zip(outcomes, values, strict=True)}
        history = History(run / "history.csv")
        history.append({"step": 8, **named})
    for epoch in range(1, epochs + 1):
        path = run / "samples" / f"epoch-{epoch:03d}.png"
        Image.fromarray(np.full((6, 8, 3), 50 * epoch, np.uint8)).save(path)
        os.utime(path, (0, 10 * epoch + (epoch == 1)))


def test_the_table_has_steps_pace_and_outcomes(tmp_path):
    runs = run_experiment.trainings(TINY, tmp_path)
    leave(runs["Model 1"], 3, score__scores__fid=[20.0, 10.0, 15.0])
    leave(runs["model two"], 1, validation__generator__content=[0.5, 0.25])
    histories = {name: History(run / "history.csv") for name, run in runs.items()}
    assert run_experiment.table(runs, histories) == [
        ["", "Model 1", "model two"],
        ["steps", "8", "8"],
        ["seconds an epoch", "9.5", "–"],  # 9 and 10
        ["score/scores/fid", "15 (10)", "–"],
        ["validation/generator/content", "–", "0.25"],
    ]


def test_pictures_of_the_epochs_shown_and_the_last_stand_beside_each_other(tmp_path):
    runs = run_experiment.trainings(TINY, tmp_path)
    leave(runs["Model 1"], 3)
    leave(runs["model two"], 1)
    found = run_experiment.sheets(TINY, runs)
    assert {title: int(sheet[0, 0, 0]) for title, sheet in found.items()} == {
        "Model 1, epoch 1": 50,
        "Model 1, epoch 3": 150,
        "model two, epoch 1": 50,
    }
    head = run_experiment.HEAD
    whole = run_experiment.beside(found)
    assert whole.shape == (2 * (6 + head), 16, 3)
    assert np.all(whole[head : head + 6, 8:] == 150)
    assert np.all(whole[head + 6 + head :, :8] == 50)
    assert np.all(whole[head + 6 + head :, 8:] == 255)


def test_trainings_run_one_after_another_and_the_failed_are_told(tmp_path, capsys):
    asked = []

    def start(arguments):
        asked.append(arguments)
        leave(Run(arguments[-1]), 2, score__scores__kid=[1.0])
        return int("model-two" in arguments[-1])

    assert run_experiment.run(TINY, tmp_path, ["--anime", "a b"], start) == 1
    assert [arguments[-1] for arguments in asked] == [str(tmp_path / "model-1"), str(tmp_path / "model-two")]
    said = capsys.readouterr()
    assert "training 2 of 2: model two" in said.out
    assert "failed: model two (status 1)" in said.err
    text = (tmp_path / "experiment.md").read_text()
    assert text.startswith("# One against another\n")
    assert "| score/scores/kid | 1 (1) | 1 (1) |" in text
    assert "- model two: `--batch 4`" in text
    assert "- all: `--epochs 3 --anime 'a b'`" in text
    assert (tmp_path / "pictures.png").is_file()
    assert (tmp_path / "losses.png").is_file()


def test_an_interruption_ends_it_at_once(tmp_path, capsys):
    assert run_experiment.run(TINY, tmp_path, [], lambda arguments: 130) == 130
    assert "the same command picks up where this stopped" in capsys.readouterr().out
    assert not (tmp_path / "experiment.md").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["cubism", "--out", "o"],
            "EXPERIMENT is 'cubism'; accepted: japananimegan, animegeneration, dcgan, face",
        ),
        (["dcgan", "--out", "o"], "--photos and --anime are missing, or --dataset"),
        (["dcgan", "--out", "o", "--anime", "a", "--flags", "'"], "which is not as a shell would take it"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(tmp_path, monkeypatch, capsys, given, message):
    monkeypatch.chdir(tmp_path)
    assert experiment.main(given) == 2
    assert message in capsys.readouterr().err.strip().splitlines()[-1]


def test_the_command_hands_pictures_and_flags_on(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(run_experiment, "run", lambda *arguments: given.append(arguments) or 0)
    out = tmp_path / "out"
    assert experiment.main(["dcgan", "--anime", "a", "--out", str(out), "--flags", "--epochs 2 --size '64'"]) == 0
    assert given == [(EXPERIMENTS["dcgan"], out, ["--anime", "a", "--epochs", "2", "--size", "64"])]
