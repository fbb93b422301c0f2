"""Generators as Keras models: loading one out of a style, and writing a style."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import h5py
import keras
import numpy as np

from japananime.base import temporary
from japananime.base.errors import UserError, reason
from japananime.base.files import make_folders, write_bytes
from japananime.networks import GENERATORS, LATENT_GENERATORS
from japananime.styles.describing import describe as describe_network
from japananime.styles.folder import DESCRIPTION_FILE, WEIGHTS_FILE, Style, describe, need
from japananime.styles.graph import GRAPH_FILE, to_json


def load(path):
    """The generator of a style that `find` found: photo (batch, height, width, 3) in [-1, 1] -> picture of the same."""
    need(path, "photo")
    path = Path(path)
    return _load_file(path) if path.is_file() else _load_folder(path, GENERATORS)


def load_latent(path):
    """The generator of characters that `find` found: (batch, numbers) -> (batch, size, size, 3) in [-1, 1]."""
    need(path, "latent")
    return _load_folder(Path(path), LATENT_GENERATORS)


def _load_folder(path, builders):
    style = describe(path)
    if not isinstance(style.network, str) or style.network not in builders:
        raise UserError(
            f"{path / DESCRIPTION_FILE}: unknown network {style.network!r}; accepted: {', '.join(builders)}"
        )
    weights = path / WEIGHTS_FILE
    try:
        generator = builders[style.network](**style.arguments)
        generator.load_weights(weights)
    except Exception as error:  # TypeError on arguments, OSError and ValueError from h5py and Keras on weights
        raise UserError(
            f"{weights}: does not hold the weights of {DESCRIPTION_FILE}'s network ({reason(error)})"
        ) from error
    return generator


def save(folder, exportable, **words):
    """Write a style's folder; each file appears whole or not at all.

    exportable: the network with its recipe (see `training.phases.Exportable`). words: the other fields of Style.
    """
    folder = Path(folder)
    make_folders([folder])
    arguments = dict(exportable.arguments)
    style = Style(network=exportable.network, arguments=arguments, takes=exportable.takes, **words)
    with temporary.working_folder(folder) as work:
        weights = Path(work, WEIGHTS_FILE)
        exportable.model.save_weights(weights)
        write_bytes(folder / WEIGHTS_FILE, _in_half_precision(weights).read_bytes())
    if exportable.takes == "photo":  # what engines for photos build it from
        write_bytes(folder / GRAPH_FILE, to_json(describe_network(exportable.model)).encode())
    text = json.dumps(asdict(style), indent=2, ensure_ascii=False) + "\n"
    write_bytes(folder / DESCRIPTION_FILE, text.encode())
    for name, other in exportable.beside.items():
        save(folder / name, other, **{**words, "name": f"{words['name']}-{name}"})


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
