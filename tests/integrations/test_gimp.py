"""The GIMP plug-in, with a stand-in for GIMP: what it saves, starts, loads and answers."""

import importlib.util
import subprocess
import sys
import types
from pathlib import Path
from unittest import mock

import pytest

from japananime.styles.folder import DEFAULT, bundled_for_photos

FILE = Path(__file__).resolve().parents[2] / "integrations" / "gimp" / "japananime" / "japananime.py"


@pytest.fixture
def gimp():
    stand_in = mock.MagicMock()
    stand_in.PlugIn = type("PlugIn", (), {"__gtype__": "type"})
    return stand_in


@pytest.fixture
def plugin(gimp, monkeypatch):
    repository = types.SimpleNamespace(
        Gimp=gimp,
        GimpUi=mock.MagicMock(),
        Gio=types.SimpleNamespace(File=types.SimpleNamespace(new_for_path=Path)),
        GLib=types.SimpleNamespace(Error=lambda text="": text),
        GObject=mock.MagicMock(),
    )
    monkeypatch.setitem(
        sys.modules, "gi", types.SimpleNamespace(require_version=lambda *_: None, repository=repository)
    )
    monkeypatch.setitem(sys.modules, "gi.repository", repository)
    spec = importlib.util.spec_from_file_location("gimp_japananime", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(plugin, gimp, monkeypatch, command):
    """Run the plug-in without its dialog: (its answer, the image, the command line)."""
    started = []

    def start(line, **options):
        started.append(line)
        return command(Path(line[line.index("--out") + 1]))

    gimp.file_save.side_effect = lambda mode, image, file, options: file.write_bytes(b"photo")
    gimp.file_load_layer.side_effect = lambda mode, image, file: mock.MagicMock(content=file.read_bytes())
    monkeypatch.setattr(subprocess, "run", start)
    procedure, image = mock.MagicMock(), mock.MagicMock()
    procedure.new_return_values.side_effect = lambda status, error: (status, error)
    config = types.SimpleNamespace(get_property={"style": "pastel", "strength": 0.7, "boldness": 0.2}.get)
    answer = plugin.Japananime().run(procedure, "no dialog", image, [], config, None)
    return answer, image, started[0] if started else None


def test_the_picture_comes_above_all_layers(plugin, gimp, monkeypatch):
    def make(out):
        out.write_bytes(b"made")
        return subprocess.CompletedProcess([], 0, "", "")

    (status, error), image, line = run(plugin, gimp, monkeypatch, make)
    assert (status, error) == (gimp.PDBStatusType.SUCCESS, "")
    assert line[:2] == ["japananime", "stylize"] and line[-6:] == [
        *("--style", "pastel", "--strength", "0.7", "--boldness", "0.2")
    ]
    (layer, parent, place), _ = image.insert_layer.call_args
    assert (layer.content, parent, place) == (b"made", None, 0)
    layer.set_name.assert_called_once_with("anime: pastel")
    image.flatten.assert_not_called()  # a copy is


def test_what_the_command_says_is_told(plugin, gimp, monkeypatch):
    failed = subprocess.CompletedProcess([], 2, "", "error: --style is 'x'\n")
    (status, error), image, _ = run(plugin, gimp, monkeypatch, lambda out: failed)
    assert (status, error) == (gimp.PDBStatusType.EXECUTION_ERROR, "error: --style is 'x'")
    image.insert_layer.assert_not_called()

    def missing(out):
        raise FileNotFoundError

    (status, error), *_ = run(plugin, gimp, monkeypatch, missing)
    assert status == gimp.PDBStatusType.EXECUTION_ERROR and "pipx install" in error


def test_its_styles_are_those_that_are_bundled(plugin):
    assert sorted(plugin.STYLES) == sorted(bundled_for_photos()) and plugin.STYLES[0] == DEFAULT
