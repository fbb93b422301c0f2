"""The folders that a training learns from, and where a built dataset has them.

Plain Python, so that a command can look before it loads anything.
"""

from pathlib import Path
from typing import NamedTuple

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.files import lack_of_folder
from japananime.base.json_files import COUNT, TEXT, Field, each, maybe
from japananime.datasets import layouts

INDEX = "dataset.json"
FORMAT = 1
# It lists every picture of the dataset.
MOST_BYTES = 1_000_000_000


class Folder(NamedTuple):
    """A folder of pictures. stream: the kind of image it gives to a batch. place: where in a dataset. held_out: whether
    nothing is learnt from it. help: of its flag.
    """

    stream: str
    place: str
    held_out: bool
    help: str


# By the names that the flags of a training, dataset.json and settings.json have for them.
FOLDERS = {
    "photos": Folder("photo", "train/photos", False, "photos, including subfolders (not for dcgan)"),
    "anime": Folder("anime", "train/anime", False, "anime pictures, the style to learn"),
    "smooth": Folder("smooth", "train/smooth", False, "edge-smoothed anime (default: computed from --anime in memory)"),
    "val_photos": Folder("photo", "validation/photos", True, "held-out photos (default: some of --photos)"),
    "val_anime": Folder("anime", "validation/anime", True, "held-out anime (default: some of --anime)"),
}
KINDS = f"one that build_dataset finished or one with {layouts.WORDS}"
SCHEMA = {"format": Field(COUNT), "inputs": Field(TEXT, required=False), "folders": Field(each(maybe(TEXT)))}


def folders(directory):
    """The folders of a dataset: {one of FOLDERS: Path, or None if it has none such}.

    It may be one that tools/build_dataset.py made, or a downloaded one of the `layouts` that are published. Raises
    UserError where the directory holds no dataset, or not a whole one.
    """
    directory = Path(directory)
    if fault := lack_of_folder(directory):
        raise UserError(f"--dataset is '{directory}', which {fault}; it must be a folder, {KINDS}")
    index = directory / INDEX
    if not index.exists():
        if published := layouts.find(directory):
            return {name: published.get(name) for name in FOLDERS}
        raise UserError(f"--dataset is '{directory}', which has no {INDEX}; it must be a folder, {KINDS}")
    content = json_files.read(index, "a dataset's index; build the dataset again", SCHEMA, MOST_BYTES)
    version, named = content["format"], content["folders"]
    if version != FORMAT:
        raise UserError(f"--dataset: '{index}' is of format {version}; this version reads format {FORMAT}")
    found = {name: directory / named[name] if named.get(name) else None for name in FOLDERS}
    for name, path in found.items():
        if path and not path.is_dir():
            raise UserError(f"--dataset: '{path}' is missing, though '{index}' names it; build the dataset again")
        if path and not path.resolve().is_relative_to(directory.resolve()):
            raise UserError(f"{index}: folder '{name}' leads out of the dataset, to '{path.resolve()}'")
    return found
