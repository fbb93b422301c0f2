import argparse
from dataclasses import dataclass

import pytest

from japananime.base.errors import UserError
from japananime.base.settings import Settings, add_flags, from_flags, setting


@dataclass(frozen=True)
class Example(Settings):
    width: int = setting(64, "filters", least=1, most=512)
    content_weight: float = setting(10.0, "weight of content", least=0.0)
    activation: str = setting("relu", "activation", choices=("relu", "leaky_relu"))
    flip: bool = setting(True, "mirror 50 % of them")


def parse(*flags):
    parser = argparse.ArgumentParser()
    add_flags(parser, Example, "example")
    return from_flags(Example, parser.parse_args(flags))


def test_flags_become_settings():
    assert parse() == Example()
    given = parse("--width", "8", "--content-weight", "2", "--activation", "leaky_relu", "--no-flip")
    assert given == Example(8, 2.0, "leaky_relu", False)
    assert isinstance(given.content_weight, float)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--width", "0"), "--width is 0; it must be 1 to 512"),
        (("--width", "513"), "--width is 513; it must be 1 to 512"),
        (("--width", "2.5"), "--width is '2.5'; it must be a whole number"),
        (("--content-weight", "much"), "--content-weight is 'much'; it must be a number"),
        (("--content-weight", "nan"), "--content-weight is nan; it must be a finite number"),
        (("--content-weight", "inf"), "--content-weight is inf; it must be a finite number"),
        (("--activation", "elu"), "--activation is 'elu'; accepted: relu, leaky_relu"),
    ],
)
def test_a_wrong_value_is_refused_by_name(flags, message):
    with pytest.raises(UserError) as error:
        parse(*flags)
    assert str(error.value) == message


def test_a_wrong_type_in_a_file_is_refused():
    with pytest.raises(UserError, match="--width is None; it must be of type int"):
        Example(width=None)


def test_help_names_range_and_default():
    parser = argparse.ArgumentParser()
    add_flags(parser, Example, "example")
    text = " ".join(parser.format_help().split())
    assert "filters (1 to 512; default 64)" in text
    assert "activation (relu or leaky_relu; default relu)" in text
    assert "mirror 50 % of them (default True)" in text


@dataclass(frozen=True)
class OfADoor(Settings):
    tolerance: float | None = setting(None, "largest difference", above=0, usual="0.5; int8 16")
    share: float = setting(1.0, "share", above=0, most=1)
    memory: int | None = setting(None, "memory", reads=lambda text: 1000 * int(text), metavar="SIZE")
    open: bool = setting(False, "open the page", switch=True)


def at_the_door(*flags):
    parser = argparse.ArgumentParser()
    add_flags(parser, OfADoor)
    return from_flags(OfADoor, parser.parse_args(flags))


def test_what_may_be_left_open_and_what_can_only_be_turned_on():
    assert at_the_door() == OfADoor(None, 1.0, None, False)
    assert at_the_door("--tolerance", "2", "--memory", "3", "--open") == OfADoor(2.0, 1.0, 3000, True)
    with pytest.raises(SystemExit):
        at_the_door("--no-open")
    with pytest.raises(UserError, match=r"^--tolerance is 0.0; it must be above 0$"):
        at_the_door("--tolerance", "0")
    with pytest.raises(UserError, match=r"^--share is 1.5; it must be above 0 and at most 1$"):
        at_the_door("--share", "1.5")


def test_help_says_what_is_done_with_what_is_left_open():
    parser = argparse.ArgumentParser()
    add_flags(parser, OfADoor)
    text = " ".join(parser.format_help().split())
    assert "--tolerance X largest difference (above 0; default 0.5; int8 16)" in text
    assert "--share X share (above 0 and at most 1; default 1.0)" in text
    assert "--memory SIZE memory --open open the page" in text


@dataclass(frozen=True)
class OfATool(Settings):
    format: str = setting("jpg", "of frames", choices=("jpg", "png"), flag="--frame-format")
    areas: tuple[int, int] | None = (2, 3)


def test_a_setting_may_be_called_otherwise_on_the_command_line():
    parser = argparse.ArgumentParser()
    add_flags(parser, OfATool, "tool")
    assert from_flags(OfATool, parser.parse_args(["--frame-format", "png"])) == OfATool("png")
    with pytest.raises(UserError, match="--frame-format is 'gif'; accepted: jpg, png"):
        from_flags(OfATool, parser.parse_args(["--frame-format", "gif"]))


def test_what_is_no_setting_is_filled_in_by_its_command():
    parser = argparse.ArgumentParser()
    group = add_flags(parser, OfATool, "tool")
    group.add_argument("--areas")
    parsed = parser.parse_args(["--areas", "1x1"])
    assert from_flags(OfATool, parsed, areas=(1, 1)) == OfATool("jpg", (1, 1))
    assert "--areas AREAS" in parser.format_help()
