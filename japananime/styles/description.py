"""What a style says of itself: `style.json`, checked field by field, since it comes from whoever made the style."""

import json
import math
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import shown

DESCRIPTION_FILE = "style.json"
# Of a number that a network is built with: the widest and the deepest networks stay well below.
MOST_ARGUMENT = 1024
# Names become parts of names of files.
NAME = re.compile(r"\w[\w .-]{0,99}")
SUM = re.compile(r"([0-9a-f]{64})?")
# How the pictures that a style has learnt from were framed: as crops at any scale; as whole squares of one size; or as
# such squares around faces whose proportions were made those of anime (see `faces/proportions.py`).
FRAMINGS = CROP, WHOLE, BENT = ("crop", "whole", "anime proportions")
# Sides in pixels that those may have.
WHOLE_SIZES = range(16, 2049)


@dataclass(frozen=True)
class Description:
    """What `style.json` says. `network` and `arguments` build the generator again.

    takes: what the generator makes pictures of, "photo" or "latent" (random numbers).
    trained: {"size": side of the training pictures in pixels, "framing": one of FRAMINGS}; crops where it is missing.
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


def describe(folder: Path | str) -> Description:
    """The Description in a style's folder; raises UserError that names the file and the field."""
    path = Path(folder, DESCRIPTION_FILE)
    found = json_files.read(path, "a style's description")
    known = {each.name: each for each in fields(Description)}
    for name in found:
        if name not in known:
            raise UserError(f"{path}: not a style's description (unknown field {name!r}; accepted: {', '.join(known)})")
    for name in ("name", "network", "arguments"):
        if name not in found:
            raise UserError(f"{path}: not a style's description (no field '{name}')")
    for name, value in found.items():
        kind = dict if name in ("arguments", "training", "trained") else str
        if not isinstance(value, kind):
            noun = "an object" if kind is dict else "a text"
            raise UserError(f"{path}: not a style's description ('{name}' is {shown(value)}; it must be {noun})")
    if not NAME.fullmatch(found["name"]):
        raise UserError(
            f"{path}: the name is {shown(found['name'])}; accepted: up to 100 letters, digits, spaces, '_', '.' and '-'"
        )
    if not SUM.fullmatch(found.get("weights_sha256", "")):
        raise UserError(
            f"{path}: 'weights_sha256' is {shown(found['weights_sha256'])}; it must be 64 hexadecimal digits, or empty"
        )
    for name, value in found["arguments"].items():
        if not isinstance(value, (bool, int, float, str)) or not _bounded(value):
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


def _bounded(value: bool | int | float | str) -> bool:
    if isinstance(value, str):
        return len(value) <= 100
    return math.isfinite(value) and 0 <= value <= MOST_ARGUMENT if isinstance(value, float) else 0 <= value <= 1024
