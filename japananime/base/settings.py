"""Settings: frozen dataclasses whose fields carry their help, range and choices.

A settings class is written once and serves three readers: the code that uses the numbers, the command line that
offers them as flags, and `settings.json` in a run directory.
"""

import argparse
import dataclasses
import math
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from japananime.base.errors import UserError

Class = TypeVar("Class")


def setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: Sequence[str] | None = None,
    flag: str | None = None,
) -> Any:
    """A dataclass field with a sentence of help and the values it accepts.

    default: also fixes the type a value must have.
    least, most: inclusive bounds of a number.
    choices: the names accepted, for a text.
    flag: what the command line calls it, where that is not its name.
    """
    metadata = {"help": help, "least": least, "most": most, "choices": choices, "flag": flag}
    return dataclasses.field(default=default, metadata=metadata)


class Settings:
    """Base of every settings dataclass: checks each field against its metadata when an instance is made.

    A field that is no `setting` is neither checked nor offered as a flag: its command fills it in.
    """

    # The only sides that training pictures may have, or () for all multiples.
    sizes: tuple[int, ...] = ()

    @property
    def multiple(self) -> int:
        """What the sides of training pictures must be multiples of; a family's settings may ask for more."""
        return 4

    def __post_init__(self) -> None:
        types = typing.get_type_hints(type(self))
        for field in _settings(type(self)):
            value = _check(flag_name(field), getattr(self, field.name), types[field.name], field.metadata)
            object.__setattr__(self, field.name, value)


def flag_name(field: dataclasses.Field) -> str:
    """`content_weight` is given as `--content-weight`, unless it has a name of its own there."""
    return field.metadata.get("flag") or "--" + field.name.replace("_", "-")


def _settings(settings_class: type) -> list[dataclasses.Field]:
    """The fields that a person can set."""
    return [field for field in dataclasses.fields(settings_class) if "help" in field.metadata]


def accepted(field: dataclasses.Field) -> str:
    """What a field accepts, in words: "0 to 1", "relu or leaky_relu", "at least 1", or "" where all goes."""
    least, most, choices = (field.metadata[key] for key in ("least", "most", "choices"))
    if choices:
        return " or ".join(choices)
    if least is not None and most is not None:
        return f"{least} to {most}"
    if least is not None:
        return f"at least {least}"
    return f"at most {most}" if most is not None else ""


def add_flags(
    parser: argparse.ArgumentParser, settings_class: type, title: str, defaults: Mapping[str, Any] | None = None
) -> argparse._ArgumentGroup:
    """Offer each setting of a class as a flag, in a group under a title, which is returned.

    A flag not given is left out of the parsed namespace.

    defaults: {field name: what to call its default in the help}, where it is not the class's.
    """
    group = parser.add_argument_group(title)
    types = typing.get_type_hints(settings_class)
    for field in _settings(settings_class):
        default = (defaults or {}).get(field.name, field.default)
        words = f"{field.metadata['help']} ({accepted(field)}; default {default})".replace("(; ", "(")
        words = words.replace("%", "%%")
        accepts: dict[str, Any]
        if types[field.name] is bool:
            accepts = {"action": argparse.BooleanOptionalAction}
        else:
            accepts = {"metavar": {int: "N", float: "X", str: "NAME"}[types[field.name]]}
        group.add_argument(flag_name(field), dest=field.name, default=argparse.SUPPRESS, help=words, **accepts)
    return group


def flags_for(settings_classes: Iterable[type], name: str, value: str) -> list[str]:
    """What gives a setting a value on a command line: ("flip", "false") -> ["--no-flip"]."""
    for settings_class in settings_classes:
        for field in _settings(settings_class):
            if field.name == name and typing.get_type_hints(settings_class)[name] is not bool:
                return [flag_name(field), value]
            if field.name == name:
                if value not in ("true", "false"):
                    raise UserError(f"{name} is '{value}'; accepted: true, false")
                return [flag_name(field) if value == "true" else f"--no-{flag_name(field)[2:]}"]
    known = [field.name for settings_class in settings_classes for field in _settings(settings_class)]
    raise UserError(f"'{name}' is no setting; accepted: {', '.join(known)}")


def from_flags(settings_class: type[Class], arguments: argparse.Namespace, **others: Any) -> Class:
    """Make settings of the flags that `add_flags` offered and the person gave; defaults for the rest.

    others: the fields that are no settings.
    """
    given = vars(arguments)
    names = {field.name for field in _settings(settings_class)}
    return settings_class(**{name: value for name, value in given.items() if name in names}, **others)


def _check(flag: str, value: Any, kind: type, metadata: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and kind in (int, float):
        try:
            value = kind(value)
        except ValueError:
            noun = "a whole number" if kind is int else "a number"
            raise UserError(f"{flag} is '{value}'; it must be {noun}") from None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind):
        raise UserError(f"{flag} is {value!r}; it must be of type {kind.__name__}")
    least, most, choices = metadata["least"], metadata["most"], metadata["choices"]
    if choices and value not in choices:
        raise UserError(f"{flag} is '{value}'; accepted: {', '.join(choices)}")
    if kind is float and not math.isfinite(cast(float, value)):
        raise UserError(f"{flag} is {value}; it must be a finite number")
    if least is not None and value < least:
        raise UserError(f"{flag} is {value}; it must be at least {least}")
    if most is not None and value > most:
        raise UserError(f"{flag} is {value}; it must be at most {most}")
    return value
