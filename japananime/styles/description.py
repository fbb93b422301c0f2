"""What a style says of itself: `style.json`, checked field by field, since it comes from whoever made the style."""

import json
import re
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import NUMBER, OBJECT, TEXT, Field, shown, within

DESCRIPTION_FILE = "style.json"
# Of a number that a network is built with: the widest and the deepest networks stay well below.
MOST_ARGUMENT = 1024
# Names become parts of names of files.
NAME = re.compile(r"\w[\w .-]{0,99}")
SUM = re.compile(r"([0-9a-f]{64})?")
# How the pictures that a style has learnt from were framed: as crops at any scale; as whole squares of one size; or as
# such squares around faces whose proportions were made those of anime (see `faces/proportions.py`).
CROP, WHOLE, BENT = ("crop", "whole", "anime proportions")
# Sides in pixels that those may have.
WHOLE_SIZES = range(16, 2049)


@dataclass(frozen=True)
class Description:
    """What `style.json` says. `network` and `arguments` build the generator again.

    takes: what the generator makes pictures of, "photo" or "latent" (random numbers).
    trained: {"size": side of the training pictures in pixels, "framing": CROP, WHOLE or BENT}; CROP if missing.
    weights_sha256: of the file of weights, in hexadecimal; "" where it does not say.
    """

    name: str
    network: str
    arguments: dict[str, Any]
    description: str = ""
    license: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    takes: str = "photo"
    trained: dict[str, Any] = field(default_factory=dict)
    weights_sha256: str = ""

    def write(self, folder: Path) -> None:
        """Write `style.json`, whole or not at all."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_bytes(folder / DESCRIPTION_FILE, text.encode())


# A text where nothing else is said.
FIELDS = {each.name: Field(TEXT, required=each.default is MISSING) for each in fields(Description)} | {
    "arguments": Field(OBJECT),
    "training": Field(OBJECT, required=False),
    "trained": Field(OBJECT, required=False),
}


def describe(folder: Path | str) -> Description:
    """The Description in a style's folder; raises UserError that names the file and the field."""
    path = Path(folder, DESCRIPTION_FILE)
    found = json_files.read(path, "a style's description", FIELDS)
    for name in found:
        if name not in FIELDS:
            raise UserError(
                f"{path}: not a style's description (unknown field {name!r}; accepted: {', '.join(FIELDS)})"
            )
    if not NAME.fullmatch(found["name"]):
        raise UserError(
            f"{path}: the name is {shown(found['name'])}; accepted: up to 100 letters, digits, spaces, '_', '.' and '-'"
        )
    if not SUM.fullmatch(found.get("weights_sha256", "")):
        raise UserError(
            f"{path}: 'weights_sha256' is {shown(found['weights_sha256'])}; it must be 64 hexadecimal digits, or empty"
        )
    for name, value in found["arguments"].items():
        if not _bounded(value):
            raise UserError(
                f"{path}: arguments: '{name}' is {shown(value)}; accepted: a text, true, false, or a number of 0 to "
                f"{MOST_ARGUMENT}"
            )
    description = Description(**found)
    size = description.trained.get("size")
    if description.trained.get("framing") in (WHOLE, BENT) and not (isinstance(size, int) and size in WHOLE_SIZES):
        raise UserError(
            f"{path}: trained on whole squares of {shown(size)} pixels; accepted: {min(WHOLE_SIZES)} to "
            f"{max(WHOLE_SIZES)}"
        )
    return description


def _bounded(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= 100
    return isinstance(value, bool) or within(0, MOST_ARGUMENT, NUMBER).accepts(value)
