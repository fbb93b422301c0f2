"""Trainings that differ in a setting: planned, run, compared, gone on with."""

import csv
import dataclasses
import re

import pytest
from small_settings import SHORT, SMALL

from japananime import train
from japananime.base.errors import UserError
from japananime.training import sweep
from japananime.training.run import tensorboard
from japananime.training.run.folder import Run
from japananime.training.run.history import History
from japananime.training.settings import choose, resolved


def line(folders, *more):
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / "sweep")]
    return [*places, *SMALL, *SHORT, "--epochs", "1", *more]


def table(folders):
    with (folders / "sweep" / "sweep.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Start:
    """Leaves what a training would leave: settings, a state, losses that depend on the settings.

    ends: the exit status of runs that are not to come to their end, by part of their name.
    """

    def __init__(self, **ends):
        self.ends, self.names, self.anime = ends, [], []

    def __call__(self, arguments):
        parsed, family, training_class = train.parse(arguments)
        run = Run(parsed.out)
        self.names.append(run.folder.name)
        run.create()
        chosen, folders = choose(parsed, family, training_class, run)
        sections = {name: dataclasses.asdict(settings) for name, settings in chosen.items()}
        self.anime.append(folders["anime"])
        run.write_settings({"name": parsed.family, "vgg_weights": "random", "folders": resolved(folders), **sections})
        steps, width = 4 * chosen["training"].epochs, chosen["family"].width
        history = History(run / "history.csv")
        history.append({"step": steps - 2, "train/generator/style": 5.0 * width, "rate/generator": 0.1})
        for part, status in self.ends.items():
            if part in run.folder.name:
                run.save_state(steps - 2, {}, {})
                return status
        history.append({"step": steps, "train/generator/style": 1.5 * width, "rate/generator": 0.1})
        history.append({"step": steps, "validation/generator/style": 2.0 * width + 1 / 3})
        run.save_state(steps, {}, {})
        return 0


def test_values_are_read():
    assert sweep.values(["style-weight=1,2.5", "width= 4 , 8"]) == {"style_weight": ["1", "2.5"], "width": ["4", "8"]}
    for wrong in (["width"], ["=4"], ["width=4,"], ["width=4,4"], ["width=4", "width=8"]):
        with pytest.raises(UserError, match=re.escape(f"--sweep is '{wrong[-1]}'")):
            sweep.values(wrong)


def test_several_sweeps_give_their_product(folders):
    asked = ["--sweep", "width=2,3", "--sweep", "flip=true,false", "--sweep", "adversarial=hinge"]
    trials = sweep.plan(line(folders, *asked), train.parse)
    assert [trial.run.folder.name for trial in trials] == [
        f"width={width},flip={flip},adversarial=hinge" for width in (2, 3) for flip in ("true", "false")
    ]
    found = [sweep.settings(trial, train.parse) for trial in trials]
    assert [(one["family"]["width"], one["training"]["flip"]) for one in found] == [
        (2, True), (2, False), (3, True), (3, False)
    ]  # fmt: skip
    assert {one["family"]["adversarial"] for one in found} == {"hinge"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("width=2,zero", "--width is 'zero'; it must be a whole number"),
        ("epochs=1,0", "--epochs is 0; it must be at least 1"),
        ("adversarial=hinge,none", "--adversarial is 'none'; accepted: cross_entropy"),
        ("size=16,20,22", "--size is 22; it must be a multiple of 4"),
        ("flip=maybe", "flip is 'maybe'; accepted: true, false"),
        ("latent=3", "'latent' is no setting; accepted: epochs, batch, size"),
    ],
)
def test_every_value_is_checked_before_anything_runs(folders, capsys, asked, message):
    assert train.main(line(folders, "--sweep", asked)) == 2
    assert message in capsys.readouterr().err
    assert not (folders / "sweep").exists()


def test_tensorboard_is_told_the_values_of_runs_that_began(folders, monkeypatch):
    told = []
    monkeypatch.setattr(
        tensorboard, "write_values", lambda folder, values, finished: told.append((folder, values, finished))
    )

    def start(arguments):
        parsed = train.parse(arguments)[0]
        if "width=4" in parsed.out:
            return 1  # before it began
        (Run(parsed.out) / "tensorboard").mkdir(parents=True)
        return int("width=3" in parsed.out)

    assert sweep.run(line(folders, "--sweep", "width=2,3,4"), train.parse, start) == 1
    assert told == [
        (folders / "sweep" / f"width={width}" / "tensorboard", {"width": width}, width == "2") for width in "23"
    ]


def test_the_table_has_the_last_numbers_of_every_run(folders, capsys):
    first = Start()
    arguments = line(folders, "--sweep", "width=2,3", "--sweep", "pretrain_epochs=0")
    assert sweep.run(arguments, train.parse, first) == 0
    assert "2 of 2 runs finished" in capsys.readouterr().out
    assert first.names == ["width=2,pretrain_epochs=0", "width=3,pretrain_epochs=0"]
    shared = {"pretrain_epochs": "0", "state": "finished", "steps": "4"}
    assert table(folders) == [
        {"width": "2", **shared, "train/generator/style": "3", "validation/generator/style": "4.3333"},
        {"width": "3", **shared, "train/generator/style": "4.5", "validation/generator/style": "6.3333"},
    ]
    markdown = (folders / "sweep" / "sweep.md").read_text().splitlines()
    assert markdown[4:] == [
        "| | width=2,pretrain_epochs=0 | width=3,pretrain_epochs=0 |",
        "|---|---|---|",
        "| state | finished | finished |",
        "| steps | 4 | 4 |",
        "| train/generator/style | 3 | 4.5 |",
        "| validation/generator/style | 4.3333 | 6.3333 |",
    ]
    assert (folders / "sweep" / "sweep.png").read_bytes()[:4] == b"\x89PNG"

    # A second time: refused without --resume, nothing to do with it, and more epochs are trained on.
    assert train.main(arguments) == 2
    assert "already holds runs; give --resume" in capsys.readouterr().err
    again = Start()
    assert sweep.run([*arguments, "--resume"], train.parse, again) == 0
    assert again.names == []
    assert sweep.run([*arguments, "--resume", "--epochs", "2"], train.parse, again) == 0
    assert again.names == first.names
    assert [row["steps"] for row in table(folders)] == ["8", "8"]


def test_a_failing_run_is_told_and_the_others_go_on(folders, capsys):
    arguments = line(folders, "--sweep", "width=2,3,4")
    assert sweep.run(arguments, train.parse, Start(**{"width=2": 2})) == 1
    assert "failed: width=2 (status 2); the others continue" in capsys.readouterr().err
    assert [row["state"] for row in table(folders)] == ["failed (status 2)", "finished", "finished"]
    markdown = (folders / "sweep" / "sweep.md").read_text()
    assert "| state | failed (status 2) | finished | finished |" in markdown


def test_an_interrupted_sweep_goes_on_with_what_is_not_finished(folders, capsys):
    arguments = line(folders, "--sweep", "width=2,3,4")
    assert sweep.run(arguments, train.parse, Start(**{"width=3": 143})) == 143
    assert "--resume" in capsys.readouterr().out
    before = (folders / "sweep" / "width=2" / "history.csv").stat().st_mtime_ns
    second = Start()
    assert sweep.run([*arguments, "--resume"], train.parse, second) == 0
    assert second.names == ["width=3", "width=4"]
    assert (folders / "sweep" / "width=2" / "history.csv").stat().st_mtime_ns == before


def test_a_preset_is_for_new_runs_as_resumed_ones_know_it(folders):
    arguments = [*line(folders)[: -len(SMALL + SHORT) - 2], "--vgg-weights", "random", "--preset", "animegan2-hayao"]
    arguments += ["--sweep", "seed=1,2,3"]
    assert sweep.run(arguments, train.parse, Start(**{"seed=2": 130})) == 130
    second = Start()
    assert sweep.run([*arguments, "--resume"], train.parse, second) == 0
    assert second.names == ["seed=2", "seed=3"]
    settings = [Run(folders / "sweep" / f"seed={seed}").read_settings()["family"] for seed in (1, 2, 3)]
    assert settings[0]["color_weight"] == 15
    assert settings[0] == settings[1] == settings[2]


def test_as_processes(folders, capsys):
    short = ["--pretrain-epochs", "0", "--steps-per-epoch", "2", "--validation-batches", "1"]
    assert train.main(line(folders, *short, "--sweep", "width=2,3")) == 0
    assert "run 2 of 2: width=3" in capsys.readouterr().out
    rows = table(folders)
    assert [(row["width"], row["state"], row["steps"]) for row in rows] == [
        ("2", "finished", "2"),
        ("3", "finished", "2"),
    ]
    for row in rows:
        run = Run(folders / "sweep" / f"width={row['width']}")
        assert run.read_settings()["family"]["width"] == int(row["width"])
        history = History(run / "history.csv")
        for term in ("train/generator/content", "validation/discriminator/real"):
            assert float(row[term]) == pytest.approx(history.series(term)[1][-1], rel=1e-4)
    assert rows[0]["train/generator/content"] != rows[1]["train/generator/content"]


def test_a_sweep_over_folders(folders):
    other = folders / "anime" / "fewer"
    other.mkdir()
    arguments = line(folders, "--sweep", f"anime={folders / 'anime'},{other}", "--sweep", "width=4,8")
    start = Start()
    assert sweep.run(arguments, train.parse, start) == 0
    assert start.anime == [str(folders / "anime")] * 2 + [str(other)] * 2
    assert len(set(start.names)) == 4
    assert start.names[2].endswith("_anime_fewer,width=4")
    assert [row["anime"] for row in table(folders)] == start.anime
    # Gone on with, all are finished; from another folder than before, it is not the same training.
    again = Start()
    assert sweep.run([*arguments, "--resume"], train.parse, again) == 0
    assert again.names == []
    (folders / "people").mkdir()
    assert sweep.run([*arguments, "--resume", "--photos", str(folders / "people")], train.parse, again) == 0
    assert again.names == start.names


def test_folders_of_a_sweep_that_are_none_or_look_the_same(folders):
    with pytest.raises(UserError, match=r"--sweep is 'anime=.*,nowhere'; 'nowhere' is no folder"):
        sweep.plan(line(folders, "--sweep", f"anime={folders / 'anime'},nowhere"), train.parse)
    for name in ("a b", "a_b"):
        (folders / name).mkdir()
    with pytest.raises(UserError, match="two of its runs would have the same name"):
        sweep.plan(line(folders, "--sweep", f"anime={folders / 'a b'},{folders / 'a_b'}"), train.parse)
