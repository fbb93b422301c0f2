"""Files of states: everything that a training holds at one step, and a digest by which damage is seen.

`state-000001200.npz` holds every variable under "NAME/0000", what else there is to know as JSON, and the SHA-256 of
both.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

META, DIGEST = "meta", "sha256"
NAME = re.compile(r"state-(\d{9,18})\.npz")
# Kinds of NumPy's numbers; texts and objects have no place in a state.
NUMBERS = "biuf"


class Damaged(Exception):
    """Why a file is not the state that it once was."""


class Unfit(Exception):
    """Why a sound state is not one of this training."""


def name(step):
    """The file's name for a step."""
    return f"state-{step:09d}.npz"


def listed(folder):
    """Paths of the states in a folder, oldest first; a link is none, since it could lead anywhere."""
    found = [(NAME.fullmatch(path.name), path) for path in Path(folder).glob("state-*.npz")]
    own = [(int(match[1]), path) for match, path in found if match and path.is_file() and not path.is_symlink()]
    return [path for _, path in sorted(own)]


def write(file, step, variables, meta):
    """Write the state of a step into an open binary file. variables: {name: something with `variables`}."""
    arrays: dict[str, Any] = {
        f"{name}/{index:04d}": np.asarray(variable)
        for name, thing in variables.items()
        for index, variable in enumerate(thing.variables)
    }
    arrays[META] = np.frombuffer(json.dumps({**meta, "step": step}).encode(), np.uint8)
    arrays[DIGEST] = np.frombuffer(_digest(arrays), np.uint8)
    np.savez(file, **arrays)


def read(path):
    """(arrays, meta) of a state's file, all of it checked; raises Damaged.

    States of older versions have no digest; of those only what NumPy and the zip format notice is noticed.
    """
    try:
        # Opened here because NumPy, given a name, leaves the file open where it turns out to be damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
        meta = json.loads(arrays[META].tobytes())
    except Exception as error:  # a flipped bit makes zip, zlib, NumPy and JSON raise whatever they have
        raise Damaged(str(error) or type(error).__name__) from error
    expected = arrays.pop(DIGEST, None)
    if expected is not None and expected.tobytes() != _digest(arrays):
        raise Damaged("its contents have changed since it was written")
    step = meta.get("step") if isinstance(meta, dict) else None
    if not isinstance(step, int) or isinstance(step, bool) or step < 0:
        raise Damaged("it does not say of which step it is")
    wrong = [name for name, array in arrays.items() if array.dtype.kind not in NUMBERS]
    if wrong:
        raise Damaged(f"'{wrong[0]}' holds no numbers")
    return arrays, meta


def check(arrays, variables):
    """Raise Unfit unless there is an array of the right shape for every variable."""
    for key, variable in _keyed(variables):
        if key not in arrays or tuple(arrays[key].shape) != tuple(variable.shape):
            there = arrays[key].shape if key in arrays else "nothing"
            raise Unfit(f"holds {there} where this training has {variable.path} of shape {tuple(variable.shape)}")


def assign(arrays, variables):
    """Put checked arrays into the variables."""
    for key, variable in _keyed(variables):
        variable.assign(arrays[key])


def _keyed(variables):
    for name, thing in variables.items():
        for index, variable in enumerate(thing.variables):
            yield f"{name}/{index:04d}", variable


def _digest(arrays):
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {arrays[name].shape}\n".encode())
        total.update(array.data if array.size else b"")
    return total.digest()
