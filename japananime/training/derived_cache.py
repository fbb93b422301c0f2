"""Pictures that a training makes of others before it begins, kept so that the next beginning need not make them again.

They are found by their content: that of the picture they are made of, and that of the code that makes them.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import digest, make_folders
from japananime.datasets import index as dataset_index
from japananime.image import files as image_files

FOLDER = ".made"
Change = Callable[[np.ndarray], np.ndarray]


def place(source: str | Path, run: Path) -> Path:
    """Where to keep what is made of a folder's pictures: with the dataset that it belongs to, else with the run."""
    dataset = Path(source).parent
    return (dataset if (dataset / dataset_index.INDEX).is_file() else run) / FOLDER


def kept(change: Change, folder: Path) -> Change:
    """The same change of a picture, uint8 (height, width, 3) to the same shape, but looked up first in a folder.

    A file there that cannot be read, or has another shape, is made anew.
    """
    code = _code(change)

    def changed(picture: np.ndarray) -> np.ndarray:
        path = folder / f"{digest(code + repr(picture.shape).encode() + picture.tobytes())}.png"
        if path.is_file():
            try:
                found = image_files.read_rgb(path)
            except UserError:
                found = None
            if found is not None and found.shape == picture.shape:
                return found
        made = change(picture)
        make_folders([folder])
        image_files.write(path, image_files.Picture(made))
        return made

    return changed


def _code(change: Change) -> bytes:
    """What stands for the code of a function and all that it may call: the sources of its room and of `image`."""
    own = Path(str(sys.modules[change.__module__].__file__)).parent
    return b"".join(map(_sources, (own, Path(image_files.__file__).parent))) + change.__name__.encode()


@functools.cache
def _sources(package: Path) -> bytes:
    return digest(b"".join(path.read_bytes() for path in sorted(package.glob("*.py")))).encode()
