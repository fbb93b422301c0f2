"""Styles from strangers, as whole folders and files: one line, or a network that makes pictures of the photo's size."""

import json
import os
import zipfile

import h5py
import numpy as np
import pytest

from japananime.base import terminal
from japananime.base.errors import UserError
from japananime.inference import loading
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators, weights
from japananime.training.program import Exportable

from .conftest import DAMAGES, damaged, write

RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}
FILES = ("style.json", "graph.json", "generator.weights.h5")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """{name: bytes} of a small style's files, and of the same as a Keras model."""
    folder = tmp_path_factory.mktemp("whole")
    model = residual_generator.build(**RECIPE)
    generators.save(folder, Exportable("residual", RECIPE, model), name="tiny")
    told = json.loads((folder / "style.json").read_text())
    del told["weights_sha256"]  # a stranger need not say it
    (folder / "style.json").write_text(json.dumps(told))
    model.save(folder / "tiny.keras")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def style(tmp_path, whole):
    for name in FILES:
        write(tmp_path / name, whole[name])
    return tmp_path


def refused(path):
    """The line that a style is refused with, or None where it makes pictures."""
    try:
        engine = loading.load(style_folder.find(path), "openvino", "float32", drawn_at=0)
        assert engine(np.zeros((64, 64, 3), np.uint8)).shape == (64, 64, 3)
    except UserError as error:
        line = terminal.line(error)
        assert len(line) < 900 and str(path) in line
        return line
    return None


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_damaged(style, whole, name, damage):
    write(style / name, damaged(whole[name], damage))
    line = refused(style)
    # HDF5 does not look behind its end.
    assert line or (name == FILES[2] and damage in ("rubbish behind", "twice", "a hole", "flipped bits"))


@pytest.mark.parametrize("damage", [damage for damage in DAMAGES if damage not in ("rubbish behind", "twice")])
def test_a_damaged_model(tmp_path, whole, damage):
    path = write(tmp_path / "tiny.keras", damaged(whole["tiny.keras"], damage))
    with pytest.raises(UserError, match="not a Keras model file") as error:
        generators.load(style_folder.find(path))
    assert len(terminal.line(error.value)) < 900


def test_a_model_that_unpacks_to_more_than_it_is(tmp_path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(50_000_000))
    with pytest.raises(UserError, match="it unpacks to 50 MB"):
        generators.load(style_folder.find(path))


def test_a_model_whose_weights_lead_elsewhere(tmp_path):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["kernel"] = h5py.ExternalLink("/etc/passwd", "x")
    path = tmp_path / "linked.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
    with pytest.raises(UserError, match="leads elsewhere"):
        generators.load(style_folder.find(path))


VALUES = [None, True, -1, 0, 1.5, 1e308, 10**30, "", "x" * 5000, [], [[]], {}, ["a"], {"a": 1}, "\x1b[2J", "\u202e"]
FIELDS = [
    *(("style.json", (name,)) for name in ("name", "network", "arguments", "takes", "trained")),
    *(("graph.json", place) for place in (("nodes",), ("nodes", 1), ("nodes", 1, "name"), ("nodes", 1, "inputs"))),
    *(("graph.json", ("nodes", 1, place)) for place in ("kind", "settings")),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize(("name", "place"), FIELDS, ids=lambda part: str(part))
def test_a_field_of_another_kind(style, name, place, value):
    content = json.loads((style / name).read_text())
    inside = content
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    write(style / name, json.dumps(content).encode())
    harmless = (name == "style.json" and place[0] in ("arguments", "network", "name", "trained")) or place[
        -1
    ] == "settings"
    assert refused(style) or harmless


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_none(style, name):
    (style / name).unlink()
    os.mkfifo(style / name)
    assert refused(style)
    (style / name).unlink()
    (style / name).symlink_to("/dev/zero")
    assert refused(style)
    (style / name).unlink()
    (style / name).mkdir()
    assert refused(style)


def test_weights_at_which_the_library_itself_stumbles(style, monkeypatch):
    def stumble(file):
        raise SystemError("returned a result with an exception set")

    monkeypatch.setattr(weights, "_links", stumble)
    assert "not a style's weights (returned a result with an exception set)" in refused(style)
