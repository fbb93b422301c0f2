"""Settings: frozen dataclasses whose fields carry their help, range and choices.

A settings class is written once and serves three readers: the code that uses the numbers, the command line that
offers them as flags, and `settings.json` in a run directory.
"""

import argparse
import dataclasses
import math
import typing
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Any, TypeVar, cast

from japananime.base import cli, completion
from japananime.base.errors import UserError

Class = TypeVar("Class")


def setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    choices: Iterable[str] | None = None,
    flag: str | None = None,
    metavar: str | None = None,
    reads: Callable[[str], Any] | None = None,
    usual: str = "",
    switch: bool = False,
) -> Any:
    """A dataclass field with a sentence of help and the values it accepts.

    default: also fixes the type a value must have; None where a field may be left open. usual: what is done then.
    least, most: inclusive bounds of a number. above: what it must exceed.
    choices: the names accepted, for a text.
    flag, metavar: what the command line calls it and its value, where that is not its name and its type's.
    reads: makes a value of its text on the command line, where its type does not say how.
    switch: whether it can only be turned on, by the flag alone.
    """
    accepts = {"least": least, "most": most, "above": above, "choices": tuple(choices or ())}
    said = {"help": help, "flag": flag, "metavar": metavar, "reads": reads, "usual": usual, "switch": switch}
    return dataclasses.field(default=default, metadata={**accepts, **said})


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
        for field, kind in _settings(type(self)):
            value = getattr(self, field.name)
            if value is not None or field.default is not None:
                object.__setattr__(self, field.name, _check(flag_name(field), value, kind, field.metadata))


def flag_name(field: dataclasses.Field) -> str:
    """`content_weight` is given as `--content-weight`, unless it has a name of its own there."""
    return field.metadata.get("flag") or "--" + field.name.replace("_", "-")


def _settings(settings_class: type) -> list[tuple[dataclasses.Field, type]]:
    """The fields that a person can set, with the types of their values."""
    hints = typing.get_type_hints(settings_class)
    return [
        (field, next((kind for kind in typing.get_args(hints[field.name]) if kind is not NoneType), hints[field.name]))
        for field in dataclasses.fields(settings_class)
        if "help" in field.metadata
    ]


def accepted(field: dataclasses.Field) -> str:
    """What a field accepts, in words: "0 to 1", "relu or leaky_relu", "at least 1", or "" where all goes."""
    return " or ".join(field.metadata["choices"]) or _range(field.metadata)


def _range(metadata: Mapping[str, Any]) -> str:
    least, most, above = (metadata[key] for key in ("least", "most", "above"))
    if least is not None and most is not None:
        return f"{least} to {most}"
    bounds = {"at least": least, "above": above, "at most": most}
    return " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)


def add_flags(
    parser: argparse._ActionsContainer, settings_class: type, title: str = "", defaults: Mapping[str, Any] | None = None
) -> argparse._ActionsContainer:
    """Offer each setting of a class as a flag, in a group under a title, which is returned; without one, in no group.

    A flag not given is left out of the parsed namespace.

    defaults: {field name: what to call its default in the help}, where it is not the class's.
    """
    group = parser.add_argument_group(title) if title else parser
    for field, kind in _settings(settings_class):
        default = (defaults or {}).get(field.name, field.default)
        switch = field.metadata["switch"]
        usual = f"default {field.metadata['usual'] if default is None else default}".removesuffix("default ")
        remarks = "; ".join(text for text in (accepted(field), usual) if text and not switch)
        words = cli.typed(field.metadata["help"] + (f" ({remarks})" if remarks else "")).replace("%", "%%")
        accepts: dict[str, Any]
        if kind is bool:
            accepts = {"action": "store_true" if switch else argparse.BooleanOptionalAction}
        else:
            usual_name = {int: "N", float: "X", str: "NAME"}[kind]
            accepts = {"metavar": field.metadata["metavar"] or usual_name, "type": field.metadata["reads"]}
        action = group.add_argument(flag_name(field), dest=field.name, default=argparse.SUPPRESS, help=words, **accepts)
        completion.suggest(action, field.metadata["choices"])
    return group


def flags_for(settings_classes: Iterable[type], name: str, value: str) -> list[str]:
    """What gives a setting a value on a command line: ("flip", "false") -> ["--no-flip"]."""
    for settings_class in settings_classes:
        for field, kind in _settings(settings_class):
            if field.name == name and kind is not bool:
                return [flag_name(field), value]
            if field.name == name:
                if value not in ("true", "false"):
                    raise UserError(f"{name} is '{value}'; accepted: true, false")
                return [flag_name(field) if value == "true" else f"--no-{flag_name(field)[2:]}"]
    known = [field.name for settings_class in settings_classes for field, _ in _settings(settings_class)]
    raise UserError(f"'{name}' is no setting; accepted: {', '.join(known)}")


def from_flags(settings_class: type[Class], arguments: argparse.Namespace, **others: Any) -> Class:
    """Make settings of the flags that `add_flags` offered and the person gave; defaults for the rest.

    others: the fields that are no settings.
    """
    given = vars(arguments)
    names = {field.name for field, _ in _settings(settings_class)}
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
    least, most, above, choices = (metadata[key] for key in ("least", "most", "above", "choices"))
    if choices and value not in choices:
        raise UserError(f"{flag} is '{value}'; accepted: {', '.join(choices)}")
    if kind is float and not math.isfinite(cast(float, value)):
        raise UserError(f"{flag} is {value}; it must be a finite number")
    low = (least is not None and value < least) or (above is not None and value <= above)
    if low or (most is not None and value > most):
        raise UserError(f"{flag} is {value}; it must be {_range(metadata)}")
    return value
