import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import paint, wild

from japananime import Stylizer
from japananime.base.errors import UserError
from japananime.image.color import blend, keep_colors
from japananime.networks import light_generator
from japananime.styles import generators
from japananime.training.program import Exportable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def style(tmp_path):
    recipe = {"width": 4, "residual_blocks": 1}
    generators.save(tmp_path / "tiny", Exportable("light", recipe, wild(light_generator.build(**recipe))), name="tiny")
    return tmp_path / "tiny"


def test_the_documented_example(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    names = {}
    for example in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(), re.DOTALL):
        exec(compile(example, "library.md", "exec"), names)
    assert capsys.readouterr().out == "(300, 451, 3) uint8\n"


def test_paths_images_and_arrays_are_the_same_photo(style, tmp_path, random):
    path = paint(tmp_path / "photo.png", random)
    photo = np.asarray(Image.open(path))
    stylize = Stylizer(style)
    made = stylize(photo)
    assert made.shape == photo.shape
    assert np.abs(made.astype(int) - photo).mean() > 1
    for same in (path, str(path), Image.open(path), Image.open(path).convert("RGBA")):
        assert np.array_equal(stylize(same), made)
    gray = photo[..., 0]
    assert np.array_equal(stylize(gray), stylize(np.stack([gray] * 3, axis=-1)))


def test_strength_and_colors(style, tmp_path, random):
    photo = np.asarray(Image.open(paint(tmp_path / "photo.png", random)))
    made = Stylizer(style)(photo)
    assert np.array_equal(Stylizer(style, strength=0.3)(photo), blend(photo, made, 0.3))
    assert np.array_equal(Stylizer(style, colors="photo")(photo), keep_colors(photo, made))


def test_a_device_that_is_not_there_gives_way_to_the_processor(style, tmp_path, random, capsys):
    photo = paint(tmp_path / "photo.png", random)
    made = Stylizer(style)(photo)
    assert np.array_equal(Stylizer(style, device="cpu")(photo), made)
    assert capsys.readouterr().err == ""
    assert np.array_equal(Stylizer(style, device="npu.7")(photo), made)
    assert capsys.readouterr().err.startswith("note: --device NPU.7 cannot be used here (OpenVINO sees ")


def test_what_it_does_not_take(style):
    for wrong in (np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(UserError, match=r"the photo is an array of .*accepted: uint8"):
            Stylizer(style)(wrong)
    with pytest.raises(UserError, match="strength is 2"):
        Stylizer(style, strength=2)
    with pytest.raises(UserError, match="colors is 'pink'"):
        Stylizer(style, colors="pink")
    with pytest.raises(UserError, match="device is 'TPU'; accepted: 'CPU', 'GPU', 'NPU', 'AUTO'"):
        Stylizer(style, device="TPU")
    with pytest.raises(UserError, match="--device is CPU with --engine onnxruntime"):
        Stylizer(style, device="cpu", engine="onnxruntime")
    with pytest.raises(UserError, match="--style is 'nowhere'"):
        Stylizer("nowhere")
