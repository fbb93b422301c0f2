"""Styles on ONNX Runtime, on the processor: what a graphics chip would be given."""

import importlib.util
import sys

import numpy as np
import pytest

from japananime import inference, stylize
from japananime.base import private_imports
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.inference import loading
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.styles import folder as style_folder

if importlib.util.find_spec("onnxruntime") is None:  # asked without importing it, which would report to its maker
    pytest.skip("needs onnxruntime", allow_module_level=True)
from japananime.inference import onnxruntime_backend
from japananime.inference.onnxruntime_backend import OnnxRuntimeNetwork


@pytest.mark.parametrize("name", ["cel", "watercolor"])
def test_the_same_pictures_as_openvino(name, random):
    style = style_folder.find(name)
    plain = style.graph()
    pictures = random.integers(0, 256, (2, 64, 96, 3), np.uint8)
    made = OnnxRuntimeNetwork(plain, style.weights).whole(pictures)
    expected = OpenVinoNetwork(plain, style.weights, "float32").whole(pictures)
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - expected).max() <= 1


def test_by_the_command(tmp_path, random):
    photo = image_files.Picture(random.integers(0, 256, (37, 50, 3), np.uint8))
    image_files.write(tmp_path / "photo.png", photo)
    arguments = [str(tmp_path / "photo.png"), "--drawn-at", "0", "--precision", "float32"]
    for engine in ("onnxruntime", "openvino"):
        assert stylize.main([*arguments, "--engine", engine, "--out", str(tmp_path / f"{engine}.png")]) == 0
    one, other = (image_files.read_rgb(tmp_path / f"{engine}.png") for engine in ("onnxruntime", "openvino"))
    assert one.shape == (37, 50, 3)
    assert np.abs(one.astype(int) - other).max() <= 1


def test_what_it_cannot_do_is_refused(tmp_path, monkeypatch):
    style = style_folder.find("cel")
    with pytest.raises(UserError, match="--device is GPU with --engine onnxruntime"):
        loading.load(style, "onnxruntime", device="GPU")
    plain = style.graph()
    monkeypatch.setattr(type(plain), "normalised", property(lambda graph: ("enter",)))
    with pytest.raises(UserError, match=r"normalises whole pictures.*accepted for it: openvino, tensorflow"):
        OnnxRuntimeNetwork(plain, style.weights)


def test_without_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for name in ("onnxruntime_backend", "onnx_graph"):  # as if they had not been imported yet
        monkeypatch.delitem(sys.modules, f"japananime.inference.{name}")
        monkeypatch.delattr(inference, name)
    with pytest.raises(UserError, match=r"--engine onnxruntime needs onnx, which is not installed; .*\[cuda\]"):
        loading.load(style_folder.find("cel"), "onnxruntime")


def test_a_chip_that_is_offered_and_not_there(monkeypatch, capsys):
    class Session:
        def __init__(self, model, options, providers):
            assert providers == ["CUDAExecutionProvider", "CPUExecutionProvider"]

        def get_providers(self):
            return ["CPUExecutionProvider"]

    runtime = private_imports.onnxruntime()
    offered = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(runtime, "get_available_providers", lambda: offered)
    monkeypatch.setattr(runtime, "InferenceSession", Session)
    style = style_folder.find("cel")
    assert onnxruntime_backend.OnnxRuntimeNetwork(style.graph(), style.weights).provider == "CPUExecutionProvider"
    assert capsys.readouterr().err == "note: CUDAExecutionProvider cannot be used here; CPUExecutionProvider computes\n"
