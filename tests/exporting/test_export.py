"""Files for other programs: run in their own runtimes, at sizes they were not written at, against Keras."""

from pathlib import Path

import numpy as np
import pytest
from samples import wild

from japananime import export
from japananime.base.errors import UserError
from japananime.exporting import export as style_export
from japananime.networks import GENERATORS
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

NETWORKS = {
    "light": {"width": 4, "residual_blocks": 1},
    "far": {"width": 6, "heart_blocks": 2},
    "residual": {"width": 4, "residual_blocks": 1, "upsampling": "transposed"},
    "animegan2": {"width": 4, "inverted_blocks": 1},
    "unet": {"width": 4, "depth": 2},
    "animegan": {"width": 4, "inverted_blocks": 1, "normalisation": "layer"},
    "resnet": {"width": 4, "residual_blocks": 1},
    "vgg_autoencoder": {"width": 2, "depth": 2, "normalisation": "none"},
}
KINDS = [
    ("onnx", "float32"), ("tflite", "float32"), ("tflite", "float16"), ("tflite", "int8"), ("savedmodel", "float32"),
    ("keras", "float32"),
]  # fmt: skip


def style(folder, network):
    generator = wild(GENERATORS[network](**NETWORKS[network]))
    exportable = Exportable(network, NETWORKS[network], generator)
    generators.save(folder, exportable, name=network, description="", license="", training={})
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("styles")
    return {network: style(root / network, network) for network in NETWORKS}


@pytest.mark.parametrize(("kind", "precision"), KINDS)
def test_every_kind_gives_keras_pictures(made, tmp_path, kind, precision):
    target = tmp_path / f"out{style_export.KINDS[kind].suffix}"
    difference = style_export.write(style_folder.find(made["light"]), kind, target, precision)
    assert difference.levels <= style_export.TOLERANCES[precision]
    # Not the probe, and a size of its own.
    photo = np.random.default_rng(3).uniform(-1, 1, (1, 68, 100, 3)).astype(np.float32)
    expected = np.asarray(generators.load(style_folder.find(made["light"]))(photo))
    away = np.abs(np.asarray(style_export.KINDS[kind].open(target)(photo)) - expected).max() * 127.5
    assert away <= style_export.TOLERANCES[precision]
    assert np.ptp(expected) > 0.5


def test_every_network_that_a_style_can_name_is_tried():
    assert set(NETWORKS) == set(GENERATORS)


@pytest.mark.parametrize("network", [network for network in NETWORKS if network != "light"])
@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_every_network_goes_into_the_forms_written_here(made, tmp_path, network, kind):
    target = tmp_path / f"out{style_export.KINDS[kind].suffix}"
    assert style_export.write(style_folder.find(made[network]), kind, target).levels < 0.1


def test_a_file_that_differs_is_not_left_behind(made, tmp_path):
    with pytest.raises(UserError, match=r"differ from Keras' by up to .* accepted: 1e-09"):
        style_export.write(style_folder.find(made["light"]), "tflite", tmp_path / "a.tflite", "int8", tolerance=1e-9)
    assert list(tmp_path.iterdir()) == []


def test_what_a_converter_or_a_runtime_says_is_one_line(made, tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("no such operation\nand much more")

    for step in ("write", "open"):
        with monkeypatch.context() as patched, pytest.raises(UserError) as raised:
            patched.setattr(style_export.KINDS["onnx"], step, staticmethod(fails))
            style_export.write(style_folder.find(made["light"]), "onnx", tmp_path / "a.onnx")
        assert str(raised.value) == f"--to onnx: the style '{made['light']}' cannot be written so (no such operation)"
        assert list(tmp_path.iterdir()) == []


def test_the_difference_is_counted_in_levels(made):
    generator = generators.load(style_folder.find(made["light"]))

    def off(photo):
        picture = np.array(generator(photo))
        picture[0, 0, 0, 0] += 2 / 255 * 3  # three levels at one value
        return picture

    found = style_export.compare(generator, off)
    assert found.levels == pytest.approx(3, rel=1e-4)
    values = sum(3 * height * width for height, width in style_export.SIZES)
    assert found.decibels == pytest.approx(10 * np.log10(255**2 / (2 * 9 / values)), rel=1e-4)
    assert style_export.compare(generator, generator).levels == 0
    assert style_export.compare(generator, lambda photo: photo * np.nan).levels == float("inf")


def test_the_command(made, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert export.main(["--style", str(made["light"]), "--to", "onnx"]) == 0
    assert Path("light.onnx").stat().st_size > 10_000
    assert capsys.readouterr().out.startswith("light.onnx: ")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--to", "onnx", "--precision", "int8"], "--precision is int8; accepted with --to onnx: float32"),
        (["--to", "onnx", "--out", "a.txt"], "--out is 'a.txt'; accepted: a name that ends in .onnx"),
        (["--to", "paper"], "invalid choice: 'paper'"),
        (["--to", "onnx", "--tolerance", "0"], "--tolerance is 0.0; it must be above 0"),
        (["--to", "onnx", "--style", "nowhere"], "nowhere"),
        (["--to", "savedmodel", "--out", "full"], "a folder with other things in it"),
    ],
)
def test_what_a_person_can_put_right(tmp_path, monkeypatch, capsys, flags, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    for name in ("mine.txt", "saved_model.pb"):
        (tmp_path / "full" / name).write_text("kept")
    assert export.main(flags) == 2
    assert words in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "mine.txt", "saved_model.pb"]


@pytest.fixture
def quick(monkeypatch):
    """Exporters that write a word in place of a network."""

    def write(generator, path, precision):
        path.suffix or path.mkdir()
        (path if path.suffix else path / "saved_model.pb").write_text("new")

    for exporter in style_export.KINDS.values():
        monkeypatch.setattr(exporter, "write", write)
        monkeypatch.setattr(exporter, "open", lambda path: None)
    monkeypatch.setattr(style_export, "compare", lambda *_: style_export.Difference(0.0, 99.0))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", style_export.KINDS)
@pytest.mark.parametrize("name", ["saved_model.pb", "mine.txt"])
def test_a_folder_that_holds_anything_is_never_replaced(made, tmp_path, kind, name):
    folder = tmp_path / f"full{style_export.KINDS[kind].suffix}"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(UserError, match=f"--out is '{folder}', a folder with other things in it"):
        style_export.write(style_folder.find(made["light"]), kind, folder)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "mine")]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.usefixtures("quick")
def test_an_empty_folder_is_filled_and_a_file_is_replaced(made, tmp_path):
    (tmp_path / "empty").mkdir()
    style_export.write(style_folder.find(made["light"]), "savedmodel", tmp_path / "empty")
    assert (tmp_path / "empty" / "saved_model.pb").read_text() == "new"
    (tmp_path / "a.onnx").write_text("before")
    style_export.write(style_folder.find(made["light"]), "onnx", tmp_path / "a.onnx")
    assert (tmp_path / "a.onnx").read_text() == "new"


@pytest.mark.usefixtures("quick")
def test_a_folder_that_fills_up_meanwhile_is_kept(made, tmp_path, monkeypatch):
    def compare(*_):
        (tmp_path / "empty" / "mine.txt").write_text("mine")
        return style_export.Difference(0.0, 99.0)

    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(style_export, "compare", compare)
    with pytest.raises(OSError, match="empty"):
        style_export.write(style_folder.find(made["light"]), "savedmodel", tmp_path / "empty")
    assert (tmp_path / "empty" / "mine.txt").read_text() == "mine"


def test_what_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setitem(export.NEEDED, "onnx", ("onnx", "no_such_runtime"))
    assert export.main(["--to", "onnx"]) == 2
    assert (
        "--to onnx needs no_such_runtime, which is not installed; install with: pip install" in capsys.readouterr().err
    )
    assert set(export.NEEDED) == set(style_export.KINDS)


def test_an_unknown_layer_is_named(made):
    from japananime.inference import onnx_graph as onnx_export
    from japananime.styles import graph

    nodes = (graph.Node("photo", "InputLayer"), graph.Node("x", "Strange", ("photo",)))
    with pytest.raises(UserError, match="a layer Strange, which the ONNX export does not support"):
        onnx_export.build(graph.Graph(nodes), {})
    assert style_folder.describe(made["light"]).network == "light"
