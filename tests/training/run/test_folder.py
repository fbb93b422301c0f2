import errno
import json
import os
import signal
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from japananime.base import temporary
from japananime.base.errors import UserError
from japananime.training.run import states
from japananime.training.run.folder import Run


class Thing:
    """Anything with variables."""

    def __init__(self, *values):
        self.variables = [keras.Variable(value) for value in values]

    def values(self):
        return [np.asarray(variable).tolist() for variable in self.variables]


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "run")
    run.create()
    return run


def test_state_comes_back_to_the_bit(run, random):
    weights = random.normal(size=(3, 4)).astype("float32")
    saved, target = Thing(weights, np.float32(0.1)), Thing(np.zeros((3, 4), "float32"), np.float32(0))
    run.save_state(7, {"g": saved, "d": Thing(np.int32(5))}, {"rate_factor": 0.3})
    meta = run.load_state({"g": target, "d": Thing(np.int32(0))})
    assert meta == {"step": 7, "rate_factor": 0.3}
    assert target.values() == saved.values()


def test_two_states_are_kept(run):
    for step in (1, 2, 30):
        run.save_state(step, {"g": Thing(np.float32(step))}, {})
    assert [path.name for path in run.states()] == ["state-000000002.npz", "state-000000030.npz"]


def test_a_full_disk_keeps_the_state_before(run, monkeypatch):
    run.save_state(1, {"g": Thing(np.float32(1))}, {})
    save = np.savez

    def fill_the_disk(file, **arrays):
        save(file, **dict(list(arrays.items())[:1]))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(states.np, "savez", fill_the_disk)
    with pytest.raises(UserError, match="step 2 could not be written .the disk is full.; state-000000001.npz is kept"):
        run.save_state(2, {"g": Thing(np.float32(2))}, {})
    assert sorted(path.name for path in run.folder.iterdir()) == ["state-000000001.npz"]
    assert run.load_state({"g": Thing(np.float32(0))})["step"] == 1


SETTINGS = {"name": "featuregan", "folders": {}, "family": {}, "training": {}}
OTHERS = (".mine.part", ".writing-home/letter", ".rehearsal/letter", "deep/.x.part", ".writable", "samples/.y.part")


def test_what_is_not_its_own_is_never_removed(run):
    for name in OTHERS:
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text("mine")
    elsewhere = run.folder.with_name("elsewhere")
    elsewhere.mkdir()
    _, linked = temporary.new_file(elsewhere)
    (run / "style").symlink_to(elsewhere)
    _, nested = temporary.new_file(run / "deep")
    left = [temporary.new_file(run.folder)[1], temporary.new_file(run / "samples")[1], temporary.new_folder(run.folder)]
    run.create()
    run.scratch()
    run.discard()
    abandoned = temporary.new_folder(run.folder)
    os.utime(abandoned, (abandoned.stat().st_mtime - 2 * temporary.ABANDONED,) * 2)
    run.clear()  # this is no run: only what nobody can be at work on any more
    assert not abandoned.exists()
    (run / "settings.json").write_text('{"editor.fontSize": 12}')
    run.clear()  # nor is this one
    assert all(path.exists() for path in left)
    run.write_settings(SETTINGS)
    run.clear()
    assert not any(path.exists() for path in left)
    assert linked.exists() and nested.exists()
    assert [name for name in OTHERS if (run / name).read_text() != "mine"] == []


KILLED_WHILE_WRITING = """
    import os, signal, sys
    import numpy as np
    from japananime.training.run import folder as runs

    class Variable:
        def __init__(self, value): self.value = np.full(200_000, value)
        def __array__(self, dtype=None, copy=None): return self.value
    class Thing:
        def __init__(self, value): self.variables = [Variable(value)] * 4

    run = runs.Run(sys.argv[1])
    run.save_state(1, {"g": Thing(1.0)}, {})
    write = np.lib.format.write_array
    count = 0
    def write_some(*arguments, **options):
        global count
        count += 1
        if count == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        write(*arguments, **options)
    np.lib.format.write_array = write_some
    run.save_state(2, {"g": Thing(2.0)}, {})
"""


def test_kill_in_the_middle_of_writing_leaves_the_state_before(run):
    script = textwrap.dedent(KILLED_WHILE_WRITING)
    ended = subprocess.run([sys.executable, "-c", script, str(run.folder)], check=False, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    leftovers = [path for path in run.folder.iterdir() if temporary.is_own(path)]
    assert len(leftovers) == 1  # it really was in the middle
    things = {"g": Thing(*[np.zeros(200_000)] * 4)}
    assert run.load_state(things)["step"] == 1
    assert (np.asarray(things["g"].variables[3]) == 1.0).all()
    run.write_settings(SETTINGS)
    run.clear()
    assert not leftovers[0].exists()


def test_a_damaged_state_is_passed_over(run):
    run.save_state(1, {"g": Thing(np.float32(1))}, {})
    path = run.save_state(2, {"g": Thing(np.float32(2))}, {})
    path.write_bytes(path.read_bytes()[:-60])
    warnings = []
    thing = Thing(np.float32(0))
    assert run.load_state({"g": thing}, warn=warnings.append)["step"] == 1
    assert thing.values() == [1.0]
    assert "state-000000002.npz: damaged" in warnings[0]


def test_a_state_of_another_network_is_refused(run):
    run.save_state(1, {"g": Thing(np.zeros(3, "float32"))}, {})
    with pytest.raises(UserError, match=r"holds \(3,\) where this training has .* of shape \(4,\)"):
        run.load_state({"g": Thing(np.zeros(4, "float32"))})


def test_no_state_and_no_settings(run):
    with pytest.raises(UserError, match="no state to resume from"):
        run.load_state({})
    with pytest.raises(UserError, match="no run to resume"):
        run.read_settings()
    (run / "settings.json").write_text("{")
    with pytest.raises(UserError, match="settings.json: not a run's settings"):
        run.read_settings()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"name": 3}, "'name' is 3; it must be a text"),
        ({"folders": []}, "'folders' is a list of 0"),
        ({"folders": {"photos": 1}}, "'folders' is an object of 1; it must be .* a text or null"),
        ({"family": {"width": [4]}}, "'family' is"),
        ({"family": {"width": 10**400}}, "'family' is"),
        ({"training": None}, "'training' is None"),
        ({"files": {}}, "'files' is an object of 0; it must be a text"),
    ],
    ids=range(7),
)
def test_settings_are_held_to_their_schema(run, changed, fault):
    whole = {"name": "dcgan", "family": {"width": 4}, "folders": {"photos": None}, "training": {}}
    run.write_settings({**whole, **changed})
    with pytest.raises(UserError, match=f"settings.json: not a run's settings .*{fault}"):
        run.read_settings()


def test_settings_come_back(run):
    settings = {"name": "dcgan", "family": {"width": 4}, "folders": {"photos": "/写真"}, "training": {}}
    run.write_settings(settings)
    assert run.read_settings() == settings
    assert json.loads((run / "settings.json").read_text(encoding="utf-8")) == settings


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="--out is '.*file/run': folder .* cannot be written to"):
        Run(tmp_path / "file" / "run").create()
