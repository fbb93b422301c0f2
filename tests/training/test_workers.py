"""A training in several processes: who takes which images, that it is the same training, and what happens on loss."""

import csv
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from processes import finish, start

from japananime import train
from japananime.base.errors import UserError
from japananime.training import data as training_data
from japananime.training import workers
from japananime.training.run.folder import Run
from japananime.training.workers import SingleProcess

ROOT = Path(__file__).resolve().parents[2]
TINY = [
    *("--vgg-weights", "random", "--size", "16", "--width", "2", "--residual-blocks", "1"),
    *("--discriminator-width", "2", "--samples", "2", "--batch", "3", "--save-steps", "1"),
    *("--epochs", "2", "--pretrain-epochs", "0", "--steps-per-epoch", "4", "--log-steps", "1"),
    *("--precision", "float32"),
]


class Seat(SingleProcess):
    """Where a worker sits among others, with no connection to them."""

    def __init__(self, rank, size):
        self.rank, self.size = rank, size


def test_a_batch_is_divided_without_rest():
    assert Seat(0, 3).parts(7) == [3, 2, 2]
    assert [Seat(rank, 3).part(7) for rank in range(3)] == [(0, 3, 7), (3, 2, 7), (5, 2, 7)]
    assert SingleProcess().part(7) == (0, 7, 7)
    with pytest.raises(UserError, match="--batch is 2 with 3 workers; .* at least 3"):
        Seat(0, 3).parts(2)


def test_the_division_is_told():
    assert workers.sharing([2, 2]) == "global batch 4 = 2 workers × 2"
    assert workers.sharing([2, 1]) == "global batch 3 = 2 + 1 images of 2 workers"


def test_parts_side_by_side_are_the_batches_of_one_process(folders):
    pools = {
        name: training_data.gather(name, folders / name, training_data.Crop(16), training_data.Budget(10**8))[0]
        for name in ("photos", "anime")
    }

    def two_steps(first=0, count=None):
        stream = iter(training_data.batches(pools, 5, 3, 5, first, count))
        return [next(stream) for _ in range(2)]

    parts = [two_steps(first, count) for first, count in ((0, 3), (3, 2))]
    for step, whole in enumerate(two_steps()):
        for name in pools:
            assert np.array_equal(np.concatenate([part[step][name] for part in parts]), whole[name])


@pytest.mark.parametrize(
    ("config", "asked", "message"),
    [
        ("{", None, "TF_CONFIG is not understood; it must be like"),
        ('{"cluster": {"worker": ["a:1", "b:1"]}}', None, "TF_CONFIG is not understood"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', None, "task worker 1 of"),
        ('{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}', None, "task ps 0 of"),
        (
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}',
            3,
            "--workers is 3, and TF_CONFIG names 2",
        ),
    ],
)
def test_a_cluster_that_is_not_understood(monkeypatch, config, asked, message):
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(UserError, match=message), workers.team(asked):
        pass


def test_a_cluster_of_one_is_alone(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"chief": ["a:1"]}, "task": {"type": "chief", "index": 0}}')
    with workers.team() as team:
        assert team.size == 1
        assert team.mean([2.0], team.part(4)) == [2.0]
        assert team.any(True, False) == [True, False]


def command(folders, name, *more):
    places = ["--photos", str(folders / "photos"), "--anime", str(folders / "anime"), "--out", str(folders / name)]
    return [*places, *TINY, *more]


def final_state(folder):
    with np.load(Run(folder).states()[-1]) as arrays:
        return {name: arrays[name] for name in arrays.files if name not in ("meta", "sha256")}


def losses(folder):
    with (folder / "history.csv").open() as file:
        return [{k: float(v) for k, v in row.items() if v and k.startswith("train/")} for row in csv.DictReader(file)]


def assert_nearly_the_same(one, other):
    """Losses step by step, and weights to a tenth of the way that eight steps of 1e-4 can take them."""
    for row, same in zip(losses(one), losses(other), strict=True):
        assert row == pytest.approx(same, rel=1e-4, abs=1e-7)
    state, same = final_state(one), final_state(other)
    assert state.keys() == same.keys()
    for name in state:
        if "optimizer" not in name:
            np.testing.assert_allclose(state[name], same[name], rtol=0, atol=8e-5, err_msg=name)


def test_two_processes_are_one_training_and_survive_a_loss(folders):
    assert train.main(command(folders, "one")) == 0

    code, output = finish(start(command(folders, "two", "--workers", "2")))
    assert code == 0, output
    assert "global batch 3 = 2 + 1 images of 2 workers" in output
    assert_nearly_the_same(folders / "one", folders / "two")

    process = start(command(folders, "hurt", "--workers", "2"))
    run = Run(folders / "hurt")
    while not any(int(path.stem.split("-")[1]) >= 3 for path in run.states()):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)
    (other,) = psutil.Process(process.pid).children()
    other.send_signal(signal.SIGKILL)
    code, output = finish(process)
    assert code == 2, output
    assert "error: a worker is gone, and the others stop with it (worker 1 ended with status -9)" in output
    assert int(run.states()[-1].stem.split("-")[1]) < 8

    # As many workers go on to the bit, another number to rounding.
    shutil.copytree(folders / "hurt", folders / "alone")
    code, output = finish(start(["--out", str(folders / "hurt"), "--resume", "--workers", "2"]))
    assert code == 0, output
    state, same = final_state(folders / "hurt"), final_state(folders / "two")
    assert [name for name in same if not np.array_equal(state[name], same[name])] == []
    assert losses(folders / "hurt") == losses(folders / "two")
    assert train.main(["--out", str(folders / "alone"), "--resume"]) == 0
    assert_nearly_the_same(folders / "one", folders / "alone")


def test_workers_that_differ_are_told_so():
    """The comparison itself, on a team whose exchange is done by hand."""

    class Pair(workers.WorkerGroup):
        def __init__(self, rank, told):
            super().__init__(rank, 2, 2, None)
            self.told = told

        def _from_chief(self, value):
            return self.told

        def any(self, *flags):
            return [True for _ in flags]

    with pytest.raises(UserError, match="worker 1 has another files than worker 0"):
        Pair(1, {"files": "a", "seed": 1}).same({"files": "b", "seed": 1})
    with pytest.raises(UserError, match="another worker has other settings or files"):
        Pair(0, {"files": "a"}).same({"files": "a"})
