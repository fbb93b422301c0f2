"""Styles from strangers: one line that names the file and the field, whatever their files hold."""

import json
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.files import sum_of_file
from japananime.inference import loading
from japananime.styles import description, generators, graph, weights
from japananime.styles import folder as style_folder

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
GOOD = {"name": "x", "network": "light", "arguments": {"residual_blocks": 8}}


@pytest.fixture
def folder(tmp_path):
    """A copy of a bundled style, which does not say what its weights' SHA-256 is: a stranger need not."""
    copy = shutil.copytree(style_folder.find(style_folder.DEFAULT).path, tmp_path / "style")
    told = json.loads((copy / description.DESCRIPTION_FILE).read_text(encoding="utf-8"))
    del told["weights_sha256"]
    (copy / description.DESCRIPTION_FILE).write_text(json.dumps(told), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000 + "]" * 100_000, "not a style's description"),
        ('{"name": ' + '{"a":' * 100_000 + "1" + "}" * 100_001, "not a style's description"),
        ("[]", "a list of 0; it must be an object"),
        (json.dumps({**GOOD, "arguments": [1]}), "'arguments' is a list of 1; it must be an object"),
        (json.dumps({**GOOD, "name": ["x"]}), "'name' is a list of 1; it must be a text"),
        (json.dumps({**GOOD, "description": 7}), "'description' is 7; it must be a text"),
        (json.dumps({**GOOD, "more": 1}), "unknown field 'more'"),
        (json.dumps({**GOOD, "weights_sha256": "0"}), "'weights_sha256' is '0'; it must be 64 hexadecimal digits"),
        (json.dumps({**GOOD, "weights_sha256": 5}), "'weights_sha256' is 5; it must be a text"),
        (json.dumps({**GOOD, "name": "x" * 101}), "the name is 'xxx"),
        (json.dumps({**GOOD, "arguments": {"width": [1]}}), "arguments: 'width' is a list of 1"),
        (json.dumps({**GOOD, "arguments": {"width": -1}}), "arguments: 'width' is -1; accepted"),
        (
            '{"name": "x", "network": "light", "arguments": {"width": 1' + "0" * 400 + "}}",
            "'width' is a number too long",
        ),
        ('{"name": "x", "network": "light", "arguments": {"width": NaN}}', "arguments: 'width' is nan"),
        ('{"name": "x", "network": "light", "arguments": {"width": 1' + "0" * 5000 + "}}", "not a style's description"),
    ],
)
def test_a_description(folder, text, message):
    (folder / description.DESCRIPTION_FILE).write_text(text)
    with pytest.raises(UserError, match=r"style\.json: .*") as error:
        style_folder.find(folder)
    assert message in str(error.value)
    assert len(str(error.value)) < 500


def test_a_description_that_is_a_pipe_or_too_large(folder):
    path = folder / description.DESCRIPTION_FILE
    path.write_text(json.dumps({**GOOD, "description": "x" * json_files.MOST_BYTES}))
    with pytest.raises(UserError, match="over 1000 kB"):
        style_folder.find(folder)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match="a pipe; it must be a file"):
        description.describe(folder)


@pytest.mark.parametrize(
    ("setting", "value", "accepted"),
    [
        ("strides", [0, 0], "a list of 2 values, each a whole number of 1 to 16"),
        ("strides", 2, "a list of 2 values, each a whole number of 1 to 16"),
        ("kernel_size", [3, True], "a list of 2 values, each a whole number of 1 to 64"),
        ("filters", "32", "a whole number of 1 to 8192"),
        ("filters", 10**400, "a whole number of 1 to 8192"),
        ("padding", "strange", "one of same, valid"),
    ],
)
def test_a_setting_of_a_graph(folder, setting, value, accepted):
    path = folder / graph.GRAPH_FILE
    content = json.loads(path.read_text())
    node = next(node for node in content["nodes"] if node["kind"] == "Conv2D")
    node["settings"][setting] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=f"graph.json: .*{setting} of '{node['name']}' is .*; accepted: {accepted}"):
        style_folder.find(folder).graph()


def test_a_graph_that_halves_pictures(folder):
    path = folder / graph.GRAPH_FILE
    content = json.loads(path.read_text())
    next(node for node in content["nodes"] if node["kind"] == "Conv2D")["settings"]["strides"] = [2, 2]
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="its pictures are of another size than the photos"):
        loading.load(style_folder.find(folder), "openvino", "float32")


NAME = "layers/conv2d/vars/0"


def external_link(file, folder):
    with h5py.File(folder / "other.h5", "w") as other:
        other["x"] = file[NAME][()]
    del file[NAME]
    file[NAME] = h5py.ExternalLink(str(folder / "other.h5"), "x")


def soft_link(file, folder):
    del file[NAME]
    file[NAME] = h5py.SoftLink("/layers")


def external_storage(file, folder):
    shape = file[NAME].shape
    (folder / "raw").write_bytes(bytes(4 * int(np.prod(shape))))
    del file[NAME]
    file.create_dataset(NAME, shape, "f4", external=[(str(folder / "raw"), 0, h5py.h5f.UNLIMITED)])


def virtual(file, folder):
    shape = file[NAME].shape
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource(str(folder / "other.h5"), "x", shape)
    del file[NAME]
    file.create_virtual_dataset(NAME, layout)


def bomb(file, folder):
    del file[NAME]
    file.create_dataset(NAME, (3, 3, 100_000, 1000), "f4", compression="gzip", chunks=(3, 3, 1000, 100))


def not_a_number(file, folder):
    file[NAME][0] = np.nan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external_link, "leads elsewhere"),
        (soft_link, "leads elsewhere"),
        (external_storage, "lies in another file"),
        (virtual, "lies in another file"),
        (bomb, "is larger than the file"),
        (not_a_number, "holds what is no number"),
    ],
)
def test_weights(folder, change, message):
    path = folder / weights.WEIGHTS_FILE
    with h5py.File(path, "r+") as file:
        change(file, folder)
    for read in (weights.read, lambda _: generators.load(style_folder.find(folder))):
        with pytest.raises(UserError, match=f"weights.h5: not a style's weights .'{NAME}' {message}"):
            read(path)


def test_weights_of_another_shape(folder):
    with h5py.File(folder / weights.WEIGHTS_FILE, "r+") as file:
        kernel = file[NAME][()]
        del file[NAME]
        file[NAME] = kernel[..., :-1]
    with pytest.raises(UserError, match=r"weights\.h5: the weights of '.*' are missing or of another network"):
        loading.load(style_folder.find(folder), "openvino", "float32")


@pytest.mark.parametrize(
    "style",
    sorted(path.parent.name for path in (Path(__file__).resolve().parents[2] / "checkpoints").glob("*/style.json")),
)
def test_bundled_weights_are_those_that_were_bundled(style):
    found = style_folder.find(style)
    assert len(found.description.weights_sha256) == 64 and found.weights.is_file()


def test_one_changed_bit_in_weights_is_told_before_they_are_read(tmp_path):
    """Amid the numbers, where HDF5 notices nothing and the picture would only look a little different."""
    copy = shutil.copytree(style_folder.find(style_folder.DEFAULT).path, tmp_path / "style")
    path = copy / weights.WEIGHTS_FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    weights.check(path)
    with pytest.raises(UserError, match="weights.h5: damaged, or of another style"):
        loading.load(style_folder.find(copy), "openvino", "float32")


def test_what_is_saved_or_mixed_says_what_its_weights_are(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    mixed = style_folder.find("daylight:0.6+pastel:0.4")
    assert mixed.description.weights_sha256 == sum_of_file(mixed.path / weights.WEIGHTS_FILE)
