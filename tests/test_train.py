"""The command as a person uses it: as a process that is started, interrupted, killed and resumed."""

import errno
import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from processes import finish, start
from small_settings import SHORT, SMALL

from japananime import stylize, train
from japananime.base import cli, locking, temporary
from japananime.training import assembly, precision, settings
from japananime.training.families import FAMILIES
from japananime.training.run import history
from japananime.training.run.folder import Run

ROOT = Path(__file__).resolve().parents[1]
# Where it is not the training that is looked at.
ONE_STEP = ["--epochs", "1", "--pretrain-epochs", "0", "--steps-per-epoch", "1"]


def command(folders, name, *more):
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / name)]
    return [*places, *SMALL, *SHORT, *more]


def wait_for_state(run, step, process):
    """Wait until the run has saved a state of at least this step."""
    while not any(int(path.stem.split("-")[1]) >= step for path in run.states()):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def variables(run):
    with np.load(run.states()[-1]) as arrays:
        return {name: arrays[name] for name in arrays.files if name not in ("meta", "sha256")}


@pytest.mark.usefixtures("eagerly")
def test_a_disk_that_fills_up_is_one_line(folders, monkeypatch, capsys):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(history, "write_bytes", full)
    assert train.main(command(folders, "run")) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].endswith("history.csv: No space left on device")


@pytest.mark.usefixtures("eagerly")
def test_a_refused_start_removes_nothing(folders, capsys):
    place = folders / "home"
    for name in (".mine.part", "deep/.x.part", ".writing-home/letter", ".rehearsal/letter"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("mine")
    before = set(place.rglob("*"))
    assert train.main(command(folders, "home", "--size", "17")) == 2
    assert train.main(command(folders, "home", "--dry-run")) == 0
    assert set(place.rglob("*")) == before


def test_killed_interrupted_and_resumed_ends_as_if_nothing_had_been(folders, capsys):
    assert train.main(command(folders, "whole")) == 0
    assert "done: the style is in" in capsys.readouterr().out

    run = Run(folders / "parts")
    endless = ["--save-steps", "1"]
    process = start(command(folders, "parts", *endless))
    wait_for_state(run, 2, process)
    process.kill()
    finish(process)
    assert max(int(path.stem.split("-")[1]) for path in run.states()) < 12

    process = start(["--out", str(run.folder), "--resume"])
    wait_for_state(run, 5, process)
    process.send_signal(signal.SIGTERM)
    code, output = finish(process)
    # It may have come to its end before the signal arrived; then there was nothing to interrupt.
    assert code in (128 + signal.SIGTERM, 0), output
    if code:
        assert f"continue with: python -m japananime.train --out {run.folder} --resume" in output
        assert train.main(["--out", str(run.folder), "--resume"]) == 0

    whole, parts = variables(Run(folders / "whole")), variables(run)
    assert whole.keys() == parts.keys()
    assert [name for name in whole if not np.array_equal(whole[name], parts[name])] == []
    # And what came of it is a style.
    arguments = ["--in", str(folders / "photos"), "--style", str(run.folder), "--out", str(folders / "made")]
    assert stylize.main(arguments) == 0
    assert len(list((folders / "made").iterdir())) == 12


@pytest.mark.usefixtures("eagerly")
def test_dry_run_checks_everything_and_leaves_nothing(folders, capsys):
    (folders / "photos" / "broken.jpg").write_text("broken")
    assert train.main(command(folders, "run", "--dry-run")) == 0
    output = capsys.readouterr().out
    assert "1 files of --photos" in output
    assert "broken.jpg: not an image (6 bytes)" in output
    assert "epochs 2-3: discriminator + generator" in output
    assert "dry run: everything works" in output
    assert not (folders / "run").exists()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_trains(folders, precision):
    assert train.main(command(folders, "run", "--precision", precision, "--epochs", "2")) == 0
    rows = (folders / "run" / "history.csv").read_text().splitlines()
    skipped = rows[0].split(",").index("skipped_steps")
    assert rows[-2].split(",")[skipped] == "0"
    state = variables(Run(folders / "run"))
    assert all(np.isfinite(array).all() for array in state.values())
    assert state["generator/0000"].dtype == np.float32


@pytest.mark.usefixtures("eagerly")
def test_an_existing_run_is_neither_overwritten_nor_changed_in_what_must_not_change(folders, capsys):
    assert train.main(command(folders, "run", *ONE_STEP)) == 0
    assert train.main(command(folders, "run", *ONE_STEP)) == 2
    assert "already holds a run; give --resume" in capsys.readouterr().err
    resume = ["--out", str(folders / "run"), "--resume"]
    assert train.main([*resume, "--batch", "2"]) == 2
    assert "--batch is 2; the run began with 1" in capsys.readouterr().err
    states = [path.read_bytes() for path in Run(folders / "run").states()]
    with locking.exclusive_lock(folders / "run", "--out"):
        assert train.main([*resume, "--epochs", "2"]) == 2
    assert "is at work; end that first, or name another" in capsys.readouterr().err
    assert [path.read_bytes() for path in Run(folders / "run").states()] == states
    assert train.main([*resume, "--epochs", "2", "--style-weight", "7"]) == 0
    output = capsys.readouterr().out
    assert "changed since the run began: --epochs 1 -> 2" in output
    assert "changed since the run began: --style-weight 1.0 -> 7.0" in output
    assert "Step 2 of 2" in (folders / "run" / "report.md").read_text()
    (folders / "photos" / "00.png").unlink()
    assert train.main([*resume, "--epochs", "3"]) == 0
    assert "the image files have changed since the run began" in capsys.readouterr().out
    # What is refused, or only tried, leaves the run as it was.
    assert train.main([*resume, "--width", "3"]) == 2
    assert "a run is resumed with the settings it was started with" in capsys.readouterr().err
    assert train.main([*resume, "--style-weight", "9", "--dry-run"]) == 0
    capsys.readouterr()
    assert train.main([*resume, "--epochs", "4"]) == 0
    output = capsys.readouterr().out
    assert "changed since the run began: --epochs 3 -> 4" in output
    assert "--style-weight" not in output
    assert "have changed since the run began" not in output


@pytest.mark.usefixtures("eagerly")
def test_a_start_that_fails_leaves_nothing_and_can_be_made_again(folders, capsys):
    (folders / "run").mkdir()
    assert train.main(command(folders, "run", "--content-weight", "0")) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert error == ["error: phase 'pretrain' has no loss left: the weights of content, pixel are all 0"]
    assert train.main(command(folders, "run", "--dry-run")) == 0
    assert list((folders / "run").iterdir()) == []
    assert train.main(command(folders, "run", "--epochs", "1")) == 0


@pytest.mark.usefixtures("eagerly")
def test_relative_folders_are_the_same_files_on_resume(folders, monkeypatch, capsys):
    monkeypatch.chdir(folders)
    arguments = ["--photos", "photos", "--anime", "anime", "--out", "run", *SMALL, *SHORT, "--epochs", "1"]
    assert train.main(arguments) == 0
    assert train.main(["--out", "run", "--resume", "--epochs", "2"]) == 0
    assert "have changed since the run began" not in capsys.readouterr().out


@pytest.mark.usefixtures("eagerly")
def test_a_built_dataset_names_its_folders(folders, capsys):
    places = {"photos": "photos", "anime": "anime", "smooth": None, "val_photos": "anime", "val_anime": None}
    index = {"format": 1, "folders": places}
    (folders / "dataset.json").write_text(json.dumps(index))
    arguments = ["--dataset", str(folders), "--out", str(folders / "run"), *SMALL, *SHORT]
    assert train.main([*arguments, "--dry-run"]) == 0
    capsys.readouterr()
    (folders / "dataset.json").write_text("{")
    assert train.main([*arguments, "--dry-run"]) == 2
    assert "dataset.json: not a dataset's index" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--photos", "P", "--out", "R"], "--anime is missing; for example: python -m japananime.train --photos"),
        (["--family", "featuregan"], "--photos and --anime and --out are missing; for example"),
        (["--family", "dcgan"], "--anime and --out are missing; for example"),
        (["--val-anime", "nowhere", "--out", "R"], "are missing; --val-anime is 'nowhere', which does not exist"),
        (["--photos", "nowhere", "--anime", "A", "--out", "R"], "--photos is 'nowhere', which does not exist"),
        (["--photos", "P/00.png", "--anime", "A", "--out", "R"], "which is a file; it must be a folder; for example"),
        (["--photos", "EMPTY", "--anime", "A", "--out", "R"], "with 0 usable images; at least 8 are needed"),
        (["--photos", "TEXTS", "--anime", "A", "--out", "R"], "with 0 usable images; at least 8 are needed"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--size", "512"], "no side under 64 pixels"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--size", "18"], "--size is 18; it must be a multiple of 4"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--epochs", "0"], "--epochs is 0; it must be at least 1"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--beta-1", "2"], "--beta-1 is 2.0; it must be 0.0 to 0.999"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--adversarial", "w"], "accepted: cross_entropy, least_squ"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--vgg-weights", "v.h5"], "--vgg-weights is 'v.h5': no such"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--family", "x"], "--family is 'x'; accepted: japananimegan"),
        (["--photos", "P", "--anime", "A", "--out", "P/00.png/run"], "--out is"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--normalisation", "none"], "--output picture; without norm"),
        (
            ["--photos", "P", "--anime", "A", "--out", "R", "--family", "featuregan", "--output", "picture"],
            "must be ch",
        ),
        (["--out", "R", "--resume"], "there is no run to resume"),
        (["--photos", "P", "--anime", "A", "--out", "R", "--smallest-crop", "1", "--largest-crop", "0.5"], "--largest"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(folders, capsys, arguments, message):
    (folders / "empty").mkdir()
    (folders / "texts").mkdir()
    for number in range(9):
        (folders / "texts" / f"{number}.txt").write_text("text")
    names = {"P": "photos", "A": "anime", "R": "run", "EMPTY": "empty", "TEXTS": "texts"}

    def path(argument):
        first, *rest = argument.split("/")
        return "/".join([str(folders / names[first]), *rest]) if first in names else argument

    small = [] if "--size" in arguments else ["--size", "16"]
    weights = [] if "--vgg-weights" in arguments else ["--vgg-weights", "random"]
    assert train.main([*map(path, arguments), *small, *weights]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert not (folders / "run").exists()


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as exit:
        train.main(["--help"])
    assert exit.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "python -m japananime.train --out runs/first --resume" in text
    assert "--content-weight X weight of keeping the photo's content" in text
    assert "(at least 0.0; default 10.0)" in text


def test_what_is_missing_is_told_before_anything_is_loaded(monkeypatch, capsys):
    monkeypatch.setattr(cli, "load_tensorflow", lambda: pytest.fail("loaded"))
    assert train.main(["--photos", "nowhere", "--smooth", "setup.cfg"]) == 2
    error = capsys.readouterr().err
    assert "--anime and --out are missing; --photos is 'nowhere', which does not exist" in error
    assert "--smooth is 'setup.cfg', which is a file" in error


def test_families_that_take_no_photos_are_known_without_loading_them():
    without = [name for name, family in FAMILIES.items() if "photo" not in family.streams(family.Settings())]
    assert sorted(without) == sorted(settings.WITHOUT_PHOTOS)


@pytest.mark.usefixtures("eagerly")
def test_a_run_that_is_finished_ends_at_once(folders, capsys, monkeypatch):
    assert train.main(command(folders, "run", *ONE_STEP)) == 0
    left = temporary.new_folder(folders / "run" / "style")  # as by one that was killed at its last export
    with monkeypatch.context() as nothing:
        nothing.setattr(assembly, "prepare", lambda *_: pytest.fail("begun"))
        assert train.main(["--out", str(folders / "run"), "--resume", "--vgg-weights", "random"]) == 0
    assert "all its epochs (1) are done; a larger --epochs continues" in capsys.readouterr().out
    assert not left.exists() and not (folders / "run" / locking.LOCK).exists()
    assert train.main(["--out", str(folders / "run"), "--resume", "--vgg-weights", "random", "--epochs", "2"]) == 0
    assert (folders / "run" / "samples" / "epoch-002.png").is_file()


@pytest.mark.usefixtures("eagerly")
def test_the_precision_taken_is_noted_and_kept(folders, monkeypatch):
    monkeypatch.setattr(precision, "seconds", {"float32": 2.0, "bfloat16": 1.0}.get)
    arguments = [one for one in command(folders, "run") if one not in ("--precision", "float32")]
    assert train.main([*arguments, "--epochs", "1"]) == 0
    monkeypatch.setattr(precision, "seconds", {"float32": 1.0, "bfloat16": 2.0}.get)
    assert train.main(["--out", str(folders / "run"), "--resume", "--vgg-weights", "random", "--epochs", "2"]) == 0
    assert json.loads((folders / "run" / "settings.json").read_text())["training"]["precision"] == "bfloat16"
