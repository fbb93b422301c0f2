"""Presets: settings of a family under a name, as files beside the families; flags go before them."""

import json
from dataclasses import dataclass
from pathlib import Path

from japananime.base.errors import UserError

FOLDER = Path(__file__).resolve().parent / "families" / "presets"


@dataclass(frozen=True)
class Preset:
    """What a preset's file says.

    source: where its numbers come from. settings: by field name, of the family and of the training.
    """

    family: str
    description: str
    source: str
    settings: dict


def names():
    """Names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name):
    """The Preset of a name."""
    if name not in names():
        raise UserError(f"--preset is '{name}'; accepted: {', '.join(names())}")
    return Preset(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def listing():
    """A line for each preset, for `--help`."""
    return "".join(f"  {name:<20} {load(name).description}\n" for name in names())
