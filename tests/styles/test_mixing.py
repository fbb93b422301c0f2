"""Mixtures of styles, against the mean of their weights; and what cannot be mixed."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from samples import wild

from japananime.base.errors import UserError
from japananime.networks import light_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators, mixing
from japananime.training.program import Exportable

RECIPE = {"width": 4, "residual_blocks": 1}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(folder, name, scale, recipe=RECIPE, seed=0):
    keras.utils.set_random_seed(seed)
    generator = wild(light_generator.build(**recipe))
    generator.set_weights([scale * values for values in generator.get_weights()])
    generators.save(folder / name, Exportable("light", recipe, generator), name=name)
    return str(folder / name)


def kernel(folder):
    return generators.load(style_folder.find(folder)).get_layer("enter_conv").get_weights()[0]


def test_parts():
    assert mixing.parts("a:0.6+b:0.4") == [("a", 0.6), ("b", 0.4)]
    assert mixing.parts("a:1+b:3") == [("a", 0.25), ("b", 0.75)]
    assert mixing.parts("a+b") == [("a", 0.5), ("b", 0.5)]


@pytest.mark.parametrize("text", ["a:0+b:1", "a:-1+b:2", "a:x+b:1", "a:nan+b:1", "a:inf+b", "+b", ":1+b:2", "a+"])
def test_shares_that_make_no_sense(text):
    with pytest.raises(UserError, match=r"accepted as a mixture: STYLE:SHARE\+STYLE:SHARE"):
        mixing.parts(text)


def test_a_mixture_is_the_mean_of_the_weights(tmp_path):
    one, two = write(tmp_path, "one", 1.0), write(tmp_path, "two", 0.5)
    found = style_folder.find(f"{one}:0.75+{two}:0.25")
    np.testing.assert_allclose(kernel(found.path), 0.75 * kernel(one) + 0.25 * kernel(two), atol=1e-3)
    assert np.abs(kernel(found.path) - kernel(one)).max() > 0.05
    assert found.title == "one75-two25"
    assert style_folder.find(f"{one}:3+{two}:1") == found  # the same shares, made once
    assert style_folder.find(f"{one}:1+{two}:1") != found
    assert found.portable() == f"{one}:0.75+{two}:0.25"


def test_a_style_that_has_changed_is_mixed_anew(tmp_path):
    one, two = write(tmp_path, "one", 1.0), write(tmp_path, "two", 0.5)
    before = style_folder.find(f"{one}+{two}")
    write(tmp_path, "two", 2.0)
    after = style_folder.find(f"{one}+{two}")
    assert after != before
    np.testing.assert_allclose(kernel(after.path), 0.5 * kernel(one) + 0.5 * kernel(two), atol=1e-3)


def test_styles_without_an_ancestor_in_common_are_refused(tmp_path):
    one, two = write(tmp_path, "one", 1.0), write(tmp_path, "two", 1.0, seed=1)
    with pytest.raises(UserError, match=r"no ancestor in common: their likeness is -?0.0"):
        style_folder.find(f"{one}+{two}")


def test_styles_of_different_networks_are_refused(tmp_path):
    one, two = write(tmp_path, "one", 1.0), write(tmp_path, "two", 1.0, {"width": 8, "residual_blocks": 1})
    with pytest.raises(UserError, match="only styles of one network can be mixed"):
        style_folder.find(f"{one}+{two}")
    with pytest.raises(UserError, match="--style is 'nowhere'"):
        style_folder.find(f"{one}+nowhere")
    with pytest.raises(UserError, match="accepted with 'cel': daylight, forest, pastel$"):
        style_folder.find("cel+watercolor")


def test_weights_that_are_not_what_the_style_says_are_refused(tmp_path):
    one, two = write(tmp_path, "one", 1.0), write(tmp_path, "two", 1.0, {"width": 8, "residual_blocks": 1})
    description = tmp_path / "two" / style_folder.DESCRIPTION_FILE
    description.write_text(json.dumps({**json.loads(description.read_text()), "arguments": RECIPE}))
    with pytest.raises(UserError, match="differ in shape: they cannot be mixed"):
        style_folder.find(f"{one}+{two}")
    assert list(mixing.place().iterdir()) == []  # nothing half made is left


def test_a_folder_with_a_plus_in_its_name_is_itself(tmp_path):
    folder = Path(write(tmp_path, "a", 1.0)).rename(tmp_path / "a+b")
    assert style_folder.find(str(folder)).path == folder


def test_bundled_styles_of_one_network_mix():
    mixed, daylight, pastel = (first_kernel(name) for name in ("daylight:0.6+pastel:0.4", "daylight", "pastel"))
    np.testing.assert_allclose(mixed, 0.6 * daylight + 0.4 * pastel, atol=1e-3)
    assert np.abs(daylight - pastel).max() > 0.01


def first_kernel(name):
    with h5py.File(style_folder.find(name).weights) as file:
        return file["layers/conv2d/vars/0"][()].astype(float)


def test_a_folder_that_somebody_else_has_made_ready_is_not_used(tmp_path, monkeypatch):
    """In the temporary folder all may write; a link there leads to whatever its maker wants."""
    (tmp_path / "file").touch()
    (tmp_path / "theirs").mkdir()
    other = tmp_path / "mixtures"
    monkeypatch.setattr(mixing, "places", lambda: (tmp_path / "file" / "mixtures", other))
    other.symlink_to(tmp_path / "theirs")
    with pytest.raises(UserError, match="is somebody else's; set XDG_CACHE_HOME"):
        mixing.place()
    other.unlink()
    assert mixing.place() == other and other.stat().st_mode & 0o777 == 0o700
