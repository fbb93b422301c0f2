"""Every file of JSON that a command reads, written by anybody: one line that names it, or it is made anew."""

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from japananime.base import terminal
from japananime.base.errors import UserError
from japananime.datasets import building, extraction_notes, measuring, review_decisions, written_files
from japananime.datasets import index as dataset_index
from japananime.evaluation import onnx_features
from japananime.styles import description, graph, installed
from japananime.training import sweep
from japananime.training.run.folder import Run
from japananime.video.image_sequences import FolderSink
from japananime.video.writing import joining

from .conftest import write

DEEP = 100_000
FIELDS = ("format", "folders", "finished", "of", "nodes", "name", "from")
PAIRS = [["1/0", "1"], ["nan", "1"], ["inf", "1"], [float("inf"), 1], [None, 1], ["1"], [[1], 1]]
CONTENTS = {
    "nothing": b"",
    "no JSON": b"hello",
    "half": b'{"format": 1, "fold',
    "no text": b"\xff\xfe\x00{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"12",
    "a number too long to be read": b"9" * 5000,
    "a fraction too large": b"1e999",
    "no number": b"NaN",
    "lists in lists": b"[" * DEEP + b"]" * DEEP,
    "objects in objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "an empty object": b"{}",
    "of another kind": json.dumps(dict.fromkeys(FIELDS, [])).encode(),
    "values too long": json.dumps({"format": 10**400, "name": "x" * 100_000, "finished": ["\x1b[2J"] * 9}).encode(),
    "names that act": b'{"\\u001b[2J": "\\u202e", "decisions": 5, "images": [5, {"file": {}}], "inputs": 7}',
    "too large": b'{"a": "' + b"x" * 3_000_000 + b'"}',
    "a hundred thousand names": json.dumps(dict.fromkeys(map(str, range(100_000)))).encode(),
}  # fmt: skip


def finished(folder):
    return building.finished(folder, "inputs")


def extraction(folder):
    settings = building.Settings()
    return extraction_notes.State(folder, SimpleNamespace(path=write(folder / "film.mkv", b"x")), settings)


# The reader, by the file that it reads in a folder.
READERS = {
    ("settings.json", "of a run"): lambda folder: Run(folder).read_settings(),
    ("settings.json", "of a dataset"): lambda folder: building.claim(folder, building.Settings()),
    ("dataset.json", "to train on"): dataset_index.folders,
    ("dataset.json", "to build again"): finished,
    ("dataset.json", "to decide on"): review_decisions.read,
    ("dataset.json", "of pictures"): written_files._noted,
    ("measures.json", ""): lambda folder: measuring._known(folder / "measures.json"),
    ("state.json", ""): extraction,
    ("sweep.json", ""): sweep._read,
    ("style.json", ""): description.describe,
    ("graph.json", ""): graph.read,
    (installed.ORIGIN_FILE, ""): installed.origin,
    ("eyes.json", ""): lambda folder: onnx_features.read(write(folder / "eyes.onnx", b"x")),
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(("name", "of"), READERS)
def test_whatever_is_in_it(tmp_path, capsys, name, of, content):
    write(tmp_path / name, CONTENTS[content])
    try:
        READERS[name, of](tmp_path)
    except UserError as error:
        line = terminal.line(error)
        assert str(tmp_path) in line and len(line) < 900
    said = capsys.readouterr().err
    assert said.count("\n") <= 1 and "Traceback" not in said
    assert (tmp_path / name).read_bytes() == CONTENTS[content]


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_noted_of_unfinished_work(tmp_path, content):
    """Then it is done again."""
    write(tmp_path / "00000.json", CONTENTS[content])
    assert joining.read_times(tmp_path / "00000.mkv") == []
    sink = FolderSink(tmp_path / "out", SimpleNamespace(), 95, tmp_path)
    write(sink.state, CONTENTS[content])
    with sink:
        assert sink.done == (12 if content == "a number" else 0)


@pytest.mark.parametrize(
    "pair", [["1/0", "1"], ["nan", "1"], ["inf", "1"], [float("inf"), 1], [None, 1], ["1"], [[1], 1]]
)
def test_times_that_are_none(tmp_path, pair):
    write(tmp_path / "00000.json", json.dumps([["0", "1/25"], pair]).encode())
    assert joining.read_times(tmp_path / "00000.mkv") == []


def test_times(tmp_path):
    piece = Path(tmp_path, "00000.mkv")
    joining.write_times(piece, [(Fraction(1, 3), Fraction(1, 25))])
    assert joining.read_times(piece) == [(Fraction(1, 3), Fraction(1, 25))]
