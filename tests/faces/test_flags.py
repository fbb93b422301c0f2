"""Which style draws the faces, and what becomes of the rest."""

import numpy as np
import pytest
from PIL import Image
from samples import wild

from japananime import stylize
from japananime.base.errors import UserError
from japananime.faces import flags
from japananime.inference.loading import EngineOptions
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


@pytest.fixture
def usual(tmp_path, monkeypatch):
    """A style that has learnt faces, as the one that draws them where none is named."""
    recipe = Exportable("residual", RECIPE, wild(residual_generator.build(**RECIPE)))
    for name in ("usual", "mine"):
        generators.save(tmp_path / name, recipe, name=name, trained={"size": 24, "framing": "whole"})
    monkeypatch.setattr(style_folder, "DEFAULT_FACES", str(tmp_path / "usual"))
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "faces", "rest"),
    [
        (["--faces"], "usual", True),
        (["--faces", "--style", "daylight"], "usual", True),
        (["--faces", "--rest", "photo"], "usual", False),
        (["--faces", "FOLDER/mine"], "mine", True),
        (["--faces", "FOLDER/mine", "--rest", "photo"], "mine", False),
        # One that has learnt faces draws these alone.
        (["--faces", "--style", "FOLDER/mine"], "mine", False),
        (["--faces", "FOLDER/usual", "--style", "FOLDER/mine"], "usual", True),
    ],
)
def test_which_style_draws_what(usual, typed, faces, rest):
    parsed = stylize.parse(["a.jpg", *(word.replace("FOLDER", str(usual)) for word in typed)])
    flags.check(parsed)
    style = style_folder.find(parsed.style or style_folder.DEFAULT)
    loaded = flags.chosen(parsed).load(style, EngineOptions("openvino", "float32"))
    assert (loaded.size, loaded.rest is not None) == (24, rest)
    assert flags._of_faces(parsed).path.name == faces


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--rest", "photo"], "--rest is photo, which says something about --faces; give that too"),
        (["--face-size", "64"], "--face-size is 64, which says something about --faces"),
        (["--faces", "--style", "FOLDER/mine", "--rest", "style"], "--rest is style, and --style '.*mine' has learnt"),
    ],
)
def test_what_cannot_be_asked_for(usual, typed, message):
    parsed = stylize.parse(["a.jpg", *(word.replace("FOLDER", str(usual)) for word in typed)])
    with pytest.raises(UserError, match=message):
        flags.check(parsed)


def test_a_photo_after_the_flag_is_a_photo(usual):
    (usual / "a.jpg").write_bytes(b"photo")
    (usual / "party").mkdir()
    for name in ("a.jpg", "party"):
        parsed = stylize.parse(["--faces", str(usual / name), "b.jpg"])
        assert (parsed.inputs, parsed.faces) == ([str(usual / name), "b.jpg"], flags.USUAL)
    for name in (str(usual / "mine"), "daylight", "nothing.jpg"):
        parsed = stylize.parse(["--faces", name, "b.jpg"])
        assert (parsed.inputs, parsed.faces) == (["b.jpg"], name)


def test_what_is_told_differs_where_pictures_would(usual):
    def told(*typed):
        return flags.told(stylize.parse(["a.jpg", *typed]))

    texts = [told(), told("--faces"), told("--faces", "--rest", "photo"), told("--faces", "--face-size", "32")]
    assert texts[0] == "" and len(set(texts)) == 4
    assert told("--faces") == told("--faces", str(usual / "usual"))


def test_without_a_face_the_whole_photo_is_drawn(usual, tmp_path, random):
    path = tmp_path / "a.png"
    Image.fromarray(random.integers(100, 140, (40, 60, 3)).astype(np.uint8)).save(path)
    for name, typed in {"faces": ["--faces"], "plain": []}.items():
        assert stylize.main([str(path), *typed, "--out", str(tmp_path / f"{name}.png")]) == 0
    one, other = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("faces", "plain"))
    assert np.array_equal(one, other)
