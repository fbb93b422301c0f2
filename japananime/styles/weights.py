"""The weights of a style: a `.weights.h5` as Keras writes it, read from nothing but that file itself.

HDF5 can lead a reader to other files, and claim arrays of any size; a style comes from anybody.
"""

from pathlib import Path

import h5py
import numpy as np

from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds, sum_of_file
from japananime.styles.graph import Graph

WEIGHTS_FILE = "generator.weights.h5"
Tensors = dict[str, list[np.ndarray]]


def read(path: Path) -> Tensors:
    """{layer's name: its tensors as float32, in Keras' order}; raises UserError where `check` does."""
    check(path)
    found: Tensors = {}

    def collect(_: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Group) and "name" in item.attrs and len(item):
            found[str(item.attrs["name"])] = [item[str(number)][()].astype(np.float32) for number in range(len(item))]

    try:
        with h5py.File(path) as file:
            file.visititems(collect)
    except Exception as error:  # what h5py raises on a damaged file goes as far as SystemError
        raise UserError(f"{path}: not a style's weights ({reason(error)})") from error
    return found


def check(path: Path) -> None:
    """Raise UserError unless a file holds finite numbers, all of them in itself, and no more than it is long."""
    refuse_other_kinds(path)
    try:
        with h5py.File(path) as file:
            problem = _links(file) or _storage(file, path.stat().st_size) or _values(file)
    except Exception as error:  # as in `read`
        raise UserError(f"{path}: not a style's weights ({reason(error)})") from error
    if problem:
        raise UserError(f"{path}: not a style's weights ({problem})")


def check_sum(path: Path, expected: str) -> None:
    """Raise UserError where a file of weights has another SHA-256 than its style says; "" says none."""
    refuse_other_kinds(path)
    if expected and path.is_file() and sum_of_file(path) != expected:
        raise UserError(f"{path}: damaged, or of another style (its SHA-256 is not the one in the style's description)")


def check_shapes(path: Path, tensors: Tensors, graph: Graph) -> None:
    """Raise UserError unless every layer's weights have the shapes that a network's graph implies."""
    for name, implied in graph.weight_shapes().items():
        shapes = [tensor.shape for tensor in tensors.get(name, [])]
        # A bias may be left out.
        if shapes not in (implied, implied[:-1] if len(implied[-1]) == 1 and len(implied[0]) > 1 else implied):
            raise UserError(f"{path}: the weights of '{name}' are missing or of another network")


def _links(file: h5py.File) -> str | None:
    def problem(name: str, link: object) -> str | None:
        return None if isinstance(link, h5py.HardLink) else f"'{name}' leads elsewhere"

    return file.visititems_links(problem)


def _storage(file: h5py.File, size: int) -> str | None:
    """What is wrong with where the numbers lie, before any is read."""
    total = 0

    def problem(name: str, item: h5py.Group | h5py.Dataset) -> str | None:
        nonlocal total
        if not isinstance(item, h5py.Dataset):
            return None
        if item.is_virtual or item.external:
            return f"'{name}' lies in another file"
        total += item.size * item.dtype.itemsize if item.size else 0
        # More than the file is long is packed, or was never written.
        return f"'{name}' is larger than the file" if total > size else None

    return file.visititems(problem)


def _values(file: h5py.File) -> str | None:
    def problem(name: str, item: h5py.Group | h5py.Dataset) -> str | None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and not np.isfinite(item[()]).all():
            return f"'{name}' holds what is no number"
        return None

    return file.visititems(problem)
