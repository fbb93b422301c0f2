"""Generators as Keras models: loading one out of a style, and writing a style."""

import contextlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from japananime.base import temporary
from japananime.base.errors import UserError, reason
from japananime.base.files import make_folders, sum_of_file, write_bytes
from japananime.base.json_files import shown
from japananime.networks import GENERATORS, LATENT_GENERATORS
from japananime.styles import weights
from japananime.styles.description import DESCRIPTION_FILE, Description
from japananime.styles.folder import Style
from japananime.styles.graph import GRAPH_FILE, to_json
from japananime.styles.keras_to_graph import describe as describe_network
from japananime.styles.weights import WEIGHTS_FILE

# Of a `.keras` file: where its weights are, and how much it may be packed. Keras packs nothing in it.
MODEL_WEIGHTS, MOST_UNPACKED = "model.weights.h5", 4


def load(style: Style) -> keras.Model:
    """The generator of a style for photos: (batch, height, width, 3) in [-1, 1] -> picture of the same."""
    style.need("photo")
    return _load_file(style.path) if style.description is None else _load_folder(style, GENERATORS)


def load_latent(style: Style) -> keras.Model:
    """The generator of a style for characters: (batch, numbers) -> (batch, size, size, 3) in [-1, 1]."""
    style.need("latent")
    return _load_folder(style, LATENT_GENERATORS)


def _load_folder(style: Style, builders: dict[str, Callable[..., keras.Model]]) -> keras.Model:
    description = style.description
    assert description is not None
    if description.network not in builders:
        raise UserError(
            f"{style.path / DESCRIPTION_FILE}: unknown network {shown(description.network)}; accepted: "
            f"{', '.join(builders)}"
        )
    weights.check(style.weights)
    try:
        generator = builders[description.network](**description.arguments)
        generator.load_weights(style.weights)
    except Exception as error:  # TypeError on arguments, OSError and ValueError from h5py and Keras on weights
        raise UserError(
            f"{style.weights}: does not hold the weights of {DESCRIPTION_FILE}'s network ({reason(error)})"
        ) from error
    return generator


def save(folder: Path | str, exportable: Any, **words: Any) -> None:
    """Write a style's folder; each file appears whole or not at all.

    exportable: the network with its recipe (see `training.program.Exportable`). words: the other fields of Description.
    """
    folder = Path(folder)
    make_folders([folder])
    arguments = dict(exportable.arguments)
    description = Description(network=exportable.network, arguments=arguments, takes=exportable.takes, **words)
    with _a_full_disk_said(folder / WEIGHTS_FILE), temporary.working_folder(folder) as work:
        full = Path(work, WEIGHTS_FILE)
        exportable.model.save_weights(full)
        write_bytes(folder / WEIGHTS_FILE, _in_half_precision(full).read_bytes())
    write_bytes(folder / GRAPH_FILE, to_json(describe_network(exportable.model)).encode())
    replace(description, weights_sha256=sum_of_file(folder / WEIGHTS_FILE)).write(folder)
    for name, other in exportable.beside.items():
        save(folder / name, other, **{**words, "name": f"{words['name']}-{name}"})


@contextlib.contextmanager
def _a_full_disk_said(path: Path) -> Iterator[None]:
    """Turn what HDF5 says where the system refuses a write, in the middle of a long text, into the system's error."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not (found := re.search(r"errno = (\d+)", str(error))):
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(path)) from error


def _in_half_precision(path: Path) -> Path:
    """A copy of a `.weights.h5` with float32 tensors as float16: half the size, and pictures equal to the eye."""
    halved = path.with_name(f"half-{path.name}")
    with h5py.File(path) as source, h5py.File(halved, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                values = item[()]
                target[name] = values.astype(np.float16) if values.dtype == np.float32 else values
            else:
                target.require_group(name)
            target[name].attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    return halved


def _load_file(path: Path) -> keras.Model:
    try:
        _check_archive(path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except UserError:
        raise
    except Exception as error:  # whatever a file that is not a model makes Keras raise
        raise UserError(f"--style is '{path}': not a Keras model file ({reason(error)})") from error
    shapes = [tuple(tensor.shape) for tensor in (*model.inputs, *model.outputs)]
    if shapes != [(None, None, None, 3)] * 2:
        raise UserError(
            f"--style is '{path}': a model from and to {shapes}; it must make pictures (batch, any, any, 3) of pictures"
        )
    return model


def _check_archive(path: Path) -> None:
    """Raise UserError where a `.keras` file unpacks to much more than it is, or its weights lead to other files."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED * path.stat().st_size:
            raise UserError(f"--style is '{path}': not a Keras model file (it unpacks to {unpacked / 1e6:.0f} MB)")
        weights.check(Path(archive.extract(MODEL_WEIGHTS, folder)))
