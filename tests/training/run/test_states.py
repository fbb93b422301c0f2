"""A state is whole, of this training and checked, or it is passed over with a line."""

import json

import keras
import numpy as np
import pytest

from japananime.base.errors import UserError
from japananime.training.run import states
from japananime.training.run.folder import Run


class Thing:
    """Anything with variables."""

    def __init__(self, *values):
        self.variables = [keras.Variable(value) for value in values]


@pytest.fixture
def run(tmp_path):
    """A run with sound states of steps 1 and 2."""
    run = Run(tmp_path / "run")
    run.create()
    for step in (1, 2):
        run.save_state(step, {"g": Thing(np.full(50, step, "float32"))}, {"rate": 0.5})
    return run


def load(run):
    """(step, the variable's values, what was told)."""
    thing, told = Thing(np.zeros(50, "float32")), []
    meta = run.load_state({"g": thing}, warn=told.append)
    return meta["step"], np.asarray(thing.variables[0]), told


def test_no_flipped_bit_goes_unnoticed(run):
    """Wherever it is: what is loaded is step 2 as it was, or step 1 with a line about step 2."""
    path = run.states()[-1]
    sound, passed_over = path.read_bytes(), 0
    for place in range(0, len(sound), 3):
        flipped = bytearray(sound)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        step, values, told = load(run)
        assert (values == step).all()
        assert len(told) == (step == 1)
        passed_over += step == 1
    assert passed_over > 100


def written_anew(path, change):
    """Write a state's arrays again after a change, as someone might who knows no digest."""
    with np.load(path) as loaded:
        arrays = {name: loaded[name] for name in loaded.files if name != states.DIGEST}
    change(arrays)
    np.savez(path, **arrays)


def text(arrays):
    arrays["g/0000"] = np.array(["a"] * 50)


def no_meta(arrays):
    del arrays[states.META]


def meta(value):
    def change(arrays):
        arrays[states.META] = np.frombuffer(json.dumps(value).encode(), np.uint8)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (text, "'g/0000' holds no numbers"),
        (no_meta, "meta"),
        (meta([]), "it does not say of which step it is"),
        (meta({"step": "2"}), "it does not say of which step it is"),
        (meta({"step": -1}), "it does not say of which step it is"),
    ],
)
def test_what_is_no_state_is_passed_over(run, change, reason):
    written_anew(run.states()[-1], change)
    step, values, told = load(run)
    assert step == 1
    assert (values == 1).all()
    assert len(told) == 1
    assert reason in told[0]


def test_states_of_older_versions_are_read(run):
    written_anew(run.states()[-1], lambda arrays: None)
    assert load(run)[0] == 2


def test_settings_are_blamed_only_where_no_state_fits(run):
    run.save_state(3, {"g": Thing(np.zeros(4, "float32"))}, {})  # keeps 2 and 3
    step, values, told = load(run)
    assert (step, told) == (2, [])
    assert (values == 2).all()
    with pytest.raises(
        UserError, match=r"state-000000003.npz: holds \(4,\) where this training has .* of shape \(7,\)"
    ):
        run.load_state({"g": Thing(np.zeros(7, "float32"))})


def test_nothing_is_assigned_of_a_state_that_fits_in_part(run):
    first, second = Thing(np.full(50, 9, "float32")), Thing(np.zeros(3, "float32"))
    with pytest.raises(UserError, match="nothing"):
        run.load_state({"g": first, "h": second})
    assert (np.asarray(first.variables[0]) == 9).all()


def test_other_names_and_links_are_no_states(run, tmp_path):
    (run / "state-zzz.npz").write_bytes(b"")
    (run / "state-12.npz").write_bytes(b"")
    (run / "state-000000009.npz").mkdir()
    outside = tmp_path / "outside.npz"
    run.states()[-1].rename(outside)
    (run / "state-000000002.npz").symlink_to(outside)
    assert [path.name for path in run.states()] == ["state-000000001.npz"]
    assert load(run)[0] == 1
