"""JSON from strangers: what is accepted, and the one line that names the file and the field."""

import math
import os

import pytest

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.json_files import COUNT, FLAG, NUMBER, PLAIN, TEXT, Field, each, maybe, record, several


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (TEXT, ["", "x"], [1, None, ["x"]]),
        (FLAG, [True, False], [0, 1, "true", None]),
        (NUMBER, [0, -3, 1.5, 2**63, math.inf], [True, "1", None, 10**400]),
        (COUNT, [0, 7], [-1, 1.0, True, "1"]),
        (PLAIN, ["x", 1, 0.5, True], [None, [], {}, 10**400]),
        (maybe(TEXT), [None, "x"], [1]),
        (each(COUNT), [{}, {"a": 1}], [[], {"a": -1}, {"a": 1, "b": None}]),
        (several(COUNT), [[], [1, 2]], [(1,), [1, "2"], {}]),
        (several(COUNT, 2), [[1, 2]], [[1], [1, 2, 3]]),
        (
            record({"a": Field(COUNT), "b": Field(TEXT, required=False)}),
            [{"a": 1}, {"a": 1, "b": "x"}],
            [{}, {"b": "x"}, {"a": 1, "c": 2}, {"a": 1, "b": 2}, [], None],
        ),
    ],
    ids=range(10),
)
def test_kinds(kind, good, bad):
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


def test_what_is_read(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"a": 1, "other": [2]}')
    assert json_files.read(path, "a thing", {"a": Field(COUNT), "b": Field(TEXT, False)}) == {"a": 1, "other": [2]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe", "utf-8"),
        (b"[" * 100_000, "recursion|nested|Expecting"),
        (b"[1, 2]", "a list of 2; it must be an object"),
        (b"{}", "no field 'a'"),
        (b'{"a": -1}', "'a' is -1; it must be a whole number from 0 on"),
        (b'{"a": 1' + b"0" * 400 + b"}", "'a' is a number too long"),
        (b" " * 1_000_001, "over 1000 kB"),
    ],
    ids=range(8),
)
def test_one_line_names_the_file_and_the_field(tmp_path, content, fault):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=fault) as raised:
        json_files.read(path, "a thing", {"a": Field(COUNT)})
    text = str(raised.value)
    assert text.startswith(f"{path}: not a thing (") and "\n" not in text and len(text) < 300


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "x.json")
    with pytest.raises(UserError, match="a pipe"):
        json_files.read(tmp_path / "x.json", "a thing")
