"""The ComfyUI node, with a stand-in for torch's tensors."""

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from japananime import Stylizer
from japananime.styles.folder import bundled_for_photos

FILE = Path(__file__).resolve().parents[2] / "integrations" / "comfyui" / "__init__.py"


class Tensor:
    """As much of a tensor as the node touches."""

    def __init__(self, values):
        self.values = values

    def cpu(self):
        return self

    def numpy(self):
        return self.values


@pytest.fixture
def node(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(from_numpy=Tensor))
    spec = importlib.util.spec_from_file_location("comfyui_japananime", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.NODE_CLASS_MAPPINGS["Japananime"]


def test_every_image_of_a_batch_becomes_its_picture(node, random):
    photos = random.integers(0, 256, (2, 40, 56, 3)).astype(np.uint8)
    (made,) = node().stylize(Tensor(photos.astype(np.float32) / 255.0), "watercolor", 0.5, 0.0)
    expected = np.stack([Stylizer("watercolor", strength=0.5, boldness=0.0)(photo) for photo in photos])
    assert made.values.dtype == np.float32
    np.testing.assert_array_equal(np.rint(made.values * 255.0), expected)


def test_what_the_node_offers(node):
    wanted = node.INPUT_TYPES()["required"]
    assert wanted["style"][0] == bundled_for_photos() and wanted["style"][1]["default"] in wanted["style"][0]
    assert list(wanted) == ["image", "style", "strength", "boldness"]
    assert node.RETURN_TYPES == ("IMAGE",) and callable(getattr(node, node.FUNCTION))
