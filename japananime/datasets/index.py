"""Where the pictures of a built dataset lie. Plain Python, so that a command can look before it loads anything."""

import json
from pathlib import Path

from japananime.base.errors import UserError

INDEX = "dataset.json"
FORMAT = 1
FOLDERS = ("photos", "anime", "smooth", "val_photos", "val_anime")


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
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        version, named = content["format"], content["folders"]
        found = {name: directory / named[name] if named.get(name) else None for name in FOLDERS}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"--dataset: '{index}' is damaged ({type(error).__name__}); build the dataset again") from None
    if version != FORMAT:
        raise UserError(f"--dataset: '{index}' is of format {version}; this version reads format {FORMAT}")
    for path in found.values():
        if path and not path.is_dir():
            raise UserError(f"--dataset: '{path}' is missing, though '{index}' names it; build the dataset again")
    return found
