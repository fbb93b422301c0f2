"""Styles: finding one (bundled, a run directory, a folder, a file), loading it, and writing one.

A style is a folder of `style.json` (which network, built with which numbers, and words about it) and
`generator.weights.h5` (Keras' own layout, in half precision). Nothing in it is executed on loading.
"""

import json
import re
import tempfile
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import h5py
import keras
import numpy as np

from japananime.errors import UserError, reason
from japananime.networks import GENERATORS
from japananime.pictures import write_bytes

DEFAULT = "daylight"
DESCRIPTION_FILE, WEIGHTS_FILE = "style.json", "generator.weights.h5"


@dataclass(frozen=True)
class Style:
    """What `style.json` says. `network` and `arguments` build the generator again."""

    name: str
    network: str
    arguments: dict
    description: str = ""
    license: str = ""
    training: dict = field(default_factory=dict)


def bundled_folder():
    """Where the styles that come with japananime are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent
    return next((place for place in (package / "checkpoints", package.parent / "checkpoints") if place.is_dir()), None)


def bundled():
    """Names of the bundled styles."""
    folder = bundled_folder()
    return sorted(path.parent.name for path in folder.glob(f"*/{DESCRIPTION_FILE}")) if folder else []


def find(name_or_path):
    """The path of a style: a bundled name, a run directory, a style folder or a `.keras` file."""
    if name_or_path in bundled():
        return bundled_folder() / name_or_path
    path = Path(name_or_path)
    for place in (path, path / "style"):
        if (place / DESCRIPTION_FILE).is_file():
            return place
    if path.is_file():
        return path
    if path.is_dir():
        raise UserError(
            f"--style is '{path}', a folder without {DESCRIPTION_FILE}; accepted: a style's folder, or a run "
            "directory in which an epoch has ended"
        )
    raise UserError(
        f"--style is '{name_or_path}', neither a bundled style ({', '.join(bundled()) or 'none here'}) nor a path that "
        "exists; accepted: one of those names, a run directory, a style's folder or a .keras file"
    )


def title(path):
    """A style's short name, for the names of output files."""
    path = Path(path)
    return path.stem if path.is_file() else describe(path).name


def describe(folder):
    """The Style that a folder's `style.json` describes."""
    path = Path(folder, DESCRIPTION_FILE)
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        style = Style(**described)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path}: not a style's description ({reason(error)})") from error
    # The name becomes part of file names; it comes with the style, from whoever made it.
    if not (isinstance(style.name, str) and re.fullmatch(r"[\w][\w .-]*", style.name)):
        raise UserError(f"{path}: the name is {style.name!r}; accepted: letters, digits, spaces, '_', '.' and '-'")
    if not isinstance(style.network, str) or style.network not in GENERATORS:
        raise UserError(f"{path}: unknown network {style.network!r}; accepted: {', '.join(GENERATORS)}")
    return style


def load(path):
    """The generator of a style that `find` found: photo (batch, height, width, 3) in [-1, 1] -> picture of the same."""
    path = Path(path)
    if path.is_file():
        return _load_file(path)
    style = describe(path)
    weights = path / WEIGHTS_FILE
    try:
        generator = GENERATORS[style.network](**style.arguments)
        generator.load_weights(weights)
    except Exception as error:  # TypeError on arguments, OSError and ValueError from h5py and Keras on weights
        raise UserError(
            f"{weights}: does not hold the weights of {DESCRIPTION_FILE}'s network ({reason(error)})"
        ) from error
    return generator


def save(folder, exportable, **words):
    """Write a style's folder; each file appears whole or not at all.

    exportable: the network with its recipe (see `phases.Exportable`). words: the other fields of Style.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    style = Style(network=exportable.network, arguments=dict(exportable.arguments), **words)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as temporary:
        weights = Path(temporary, WEIGHTS_FILE)
        exportable.model.save_weights(weights)
        write_bytes(folder / WEIGHTS_FILE, _in_half_precision(weights).read_bytes())
    text = json.dumps(asdict(style), indent=2, ensure_ascii=False) + "\n"
    write_bytes(folder / DESCRIPTION_FILE, text.encode())


def _in_half_precision(path):
    """A copy of a `.weights.h5` with float32 tensors as float16: half the size, and pictures equal to the eye."""
    halved = path.with_name(f"half-{path.name}")
    with h5py.File(path) as source, h5py.File(halved, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                values = item[()]
                target[name] = values.astype(np.float16) if values.dtype == np.float32 else values
            else:
                target.require_group(name)
            target[name].attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return halved


def _load_file(path):
    # Keras' older formats can hold code, and their loader runs it.
    if path.suffix != ".keras":
        raise UserError(f"--style is '{path}'; accepted as a file: a Keras model that ends in .keras")
    if not zipfile.is_zipfile(path):
        raise UserError(f"--style is '{path}': not a Keras model file")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a file that is not a model makes Keras raise
        raise UserError(f"--style is '{path}': not a Keras model file ({reason(error)})") from error
    shapes = [tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
    if shapes != [(None, None, None, 3)] * 2:
        raise UserError(
            f"--style is '{path}': a model from and to {shapes}; it must make pictures (batch, any, any, 3) of pictures"
        )
    return model
