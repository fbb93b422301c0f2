"""Beginning a training with what another has learnt: a style's generator, and the judges kept beside it.

A style's folder may hold `judges.npz`: everything of a training's networks but the generator, in half precision. A
generator alone begins a new training too, but until its new judges have caught up it unlearns.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from japananime.base.errors import UserError, reason
from japananime.image.files import write_bytes
from japananime.styles import folder as style_folder
from japananime.styles import generators

FILE = "judges.npz"


def save(folder, program):
    """Write what a program's judges know beside the style in `folder`."""
    arrays: dict[str, Any] = {
        f"{name}/{variable.path}": np.asarray(variable).astype(np.float16)
        for name, thing in _judges(program).items()
        for variable in thing.variables
    }
    if arrays:
        file = io.BytesIO()
        np.savez(file, **arrays)
        write_bytes(Path(folder) / FILE, file.getvalue())


def begin(source, program, say=print):
    """Set a program's variables to those of the style `source`, as far as names and shapes agree.

    source: a style's name, folder or run directory, as `styles.folder.find` takes it, or None to leave all as it is. So
    a training at 128 pixels can begin with a style of 64, whose layers it has and some more.
    """
    if source is None:
        return
    style = style_folder.find(source)
    if not program.export:
        raise UserError(f"--from is '{source}', for a family that makes no style to begin with")
    style.need(program.export.takes)
    loaded = generators.load(style) if program.export.takes == "photo" else generators.load_latent(style)
    weights = {variable.path: np.asarray(variable) for variable in loaded.variables}
    # The one that is given away first, so that those that it follows begin where it stands.
    models = [program.export.model, *(live for live, average in program.averages if average is program.export.model)]
    taken = [_take(model.variables, weights) for model in models][0]
    wanted = len(program.export.model.variables)
    if taken < wanted / 2:
        raise UserError(
            f"--from is '{source}', whose network has {taken} of the {wanted} weights of this training's; it must be "
            "of the same network and width"
        )
    words = f"begins with {taken} of {wanted} weights of '{source}'"
    judges = {name: {v.path: v for v in thing.variables} for name, thing in _judges(program).items()}
    known = _read(style.path)
    found = sum(_take(variables.values(), _of(known, name)) for name, variables in judges.items())
    total = sum(map(len, judges.values()))
    say(f"{words}, and {found} of {total} of its judges'" if known else f"{words}; no judges are kept with it")


def _judges(program):
    """The parts of a program's state that are no generator: neither given away, nor followed by an average."""
    generators_ = [model for pair in program.averages for model in pair]
    return {name: thing for name, thing in program.state.items() if not any(thing is one for one in generators_)}


def _take(variables, values):
    """Set each variable that has a value of its name and shape; returns how many."""
    count = 0
    for variable in variables:
        value = values.get(variable.path)
        if value is not None and tuple(value.shape) == tuple(variable.shape):
            variable.assign(value.astype("float32"))
            count += 1
    return count


def _of(arrays, name):
    return {key.removeprefix(f"{name}/"): value for key, value in arrays.items() if key.startswith(f"{name}/")}


def _read(style):
    path = Path(style) / FILE
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:  # whatever a damaged archive makes NumPy and zipfile raise
        raise UserError(f"{path}: not the judges of a training ({reason(error)})") from error
