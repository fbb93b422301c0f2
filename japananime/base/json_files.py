"""JSON that anybody may have written: read within bounds, and held to a schema field by field."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds

MOST_BYTES = 1_000_000
# What reading our own notes of unfinished work can end in, whatever has become of them: then that work is done again.
UNREADABLE = (OSError, ValueError, TypeError, ZeroDivisionError, OverflowError, RecursionError)
# No count, size or time in nanoseconds that is noted down has more bits.
MOST_BITS = 64


class Kind(NamedTuple):
    """What a value may be. words: as a message says it: "a text"."""

    words: str
    accepts: Callable[[Any], bool]


class Field(NamedTuple):
    """One entry of an object."""

    kind: Kind
    required: bool = True


def is_number(value: object) -> bool:
    """Whether it is a whole number of sensible length, or a fraction; true and false are none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= MOST_BITS)


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, bool)) or is_number(value)


TEXT = Kind("a text", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number", is_number)
WHOLE = Kind("a whole number", lambda value: is_number(value) and isinstance(value, int))
COUNT = Kind("a whole number from 0 on", lambda value: WHOLE.accepts(value) and value >= 0)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
# What a setting can be.
PLAIN = Kind("a text, a number, true or false", _is_plain)


def within(least: float, most: float, kind: Kind = WHOLE) -> Kind:
    """Numbers of a kind, no smaller and no larger."""
    return Kind(f"{kind.words} of {least:g} to {most:g}", lambda value: kind.accepts(value) and least <= value <= most)


def one_of(*texts: str) -> Kind:
    """One of these texts."""
    return Kind(f"one of {', '.join(texts)}", lambda value: value in texts)


def maybe(kind: Kind) -> Kind:
    """`kind` or null."""
    return Kind(f"{kind.words} or null", lambda value: value is None or kind.accepts(value))


def each(kind: Kind) -> Kind:
    """An object of which every value is of a kind."""
    return Kind(
        f"an object of which every value is {kind.words}",
        lambda value: isinstance(value, dict) and all(map(kind.accepts, value.values())),
    )


def several(kind: Kind, count: int | None = None) -> Kind:
    """A list of which every value is of a kind; count: of so many."""
    words = f"a list of {count} values" if count else "a list"
    return Kind(
        f"{words}, each {kind.words}",
        lambda value: isinstance(value, list) and count in (None, len(value)) and all(map(kind.accepts, value)),
    )


def record(schema: Mapping[str, Field]) -> Kind:
    """An object with the fields of a schema and no others."""
    return Kind(
        f"an object of {', '.join(schema)}",
        lambda value: isinstance(value, dict) and value.keys() <= schema.keys() and not faults(value, schema),
    )


def faults(found: Mapping[str, Any], schema: Mapping[str, Field]) -> list[str]:
    """What is wrong with an object, a phrase for each field that is missing or of another kind."""
    wrong = []
    for name, field in schema.items():
        if name not in found:
            if field.required:
                wrong.append(f"no field '{name}'")
        elif not field.kind.accepts(found[name]):
            wrong.append(f"'{name}' is {shown(found[name])}; it must be {field.kind.words}")
    return wrong


def read(
    path: Path, what: str, schema: Mapping[str, Field] | None = None, most_bytes: int = MOST_BYTES
) -> dict[str, Any]:
    """The object in a JSON file; raises UserError that names the file and what is wrong with it.

    what: the file is meant to be, in words: "a run's settings". schema: fields that are looked at; others are let be.
    """
    refuse_other_kinds(path)
    try:
        if path.stat().st_size > most_bytes:
            raise UserError(f"{path}: not {what} (over {most_bytes // 1000} kB)")
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not {what} ({reason(error)})") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: not {what} ({shown(found)}; it must be an object)")
    if wrong := faults(found, schema or {}):
        raise UserError(f"{path}: not {what} ({wrong[0]})")
    return found


def shown(value: object) -> str:
    """A value out of a stranger's file as it can stand in a message: short, on one line."""
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    # A whole number of thousands of digits has no text.
    text = "a number too long" if isinstance(value, int) and value.bit_length() > 200 else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
