"""Where the pictures of a built dataset lie. Plain Python, so that a command can look before it loads anything."""

from pathlib import Path

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.json_files import COUNT, TEXT, Field, each, maybe

INDEX = "dataset.json"
FORMAT = 1
# It lists every picture of the dataset.
MOST_BYTES = 1_000_000_000
FOLDERS = ("photos", "anime", "smooth", "val_photos", "val_anime")
SCHEMA = {"format": Field(COUNT), "inputs": Field(TEXT, required=False), "folders": Field(each(maybe(TEXT)))}


def folders(directory):
    """The folders of a dataset that tools/build_dataset.py made: {one of FOLDERS: Path, or None if it has none such}.

    Raises UserError where the directory holds no dataset, or not a whole one.
    """
    directory = Path(directory)
    if not directory.is_dir():
        what = "is a file" if directory.exists() else "does not exist"
        raise UserError(f"--dataset is '{directory}', which {what}; it must be a folder that build_dataset made")
    index = directory / INDEX
    if not index.exists():
        raise UserError(
            f"--dataset is '{directory}', which has no {INDEX}; it must be a folder that build_dataset finished"
        )
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
