import keras
import numpy as np
import psutil
import pytest

from japananime import engine
from japananime.errors import UserError
from japananime.networks import residual_generator


def identity():
    """A "generator" that gives its input back."""
    photo = keras.Input((None, None, 3))
    return keras.Model(photo, keras.layers.Activation("linear")(photo))


@pytest.mark.parametrize("size", [(1, 1), (3, 100), (100, 3), (64, 64), (65, 131)])
def test_size_and_place_are_kept_exactly(random, size):
    photo = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    assert np.array_equal(engine.Engine(identity())(photo), photo)


def test_equals_the_network_on_the_padded_picture(random):
    generator = residual_generator.build(width=4, residual_blocks=1)
    photo = random.integers(0, 256, (50, 70, 3)).astype(np.uint8)
    padded = np.pad(photo, ((17, 17), (17, 17), (0, 0)), mode="reflect")[None]
    expected = (np.asarray(generator(padded.astype("float32") / 127.5 - 1)) + 1) * 127.5
    made = engine.Engine(generator)(photo).astype(float)
    assert np.abs(made - expected[0, 17:-17, 17:-17]).max() <= 0.51


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (33, 64), (721, 1283)])
def test_padding_is_reflection_to_a_multiple(random, size):
    picture = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    padded = engine.pad(picture)
    for before, after in zip(size, padded.shape[:2], strict=True):
        assert after % engine.MULTIPLE == 0
        assert after >= max(engine.LEAST_SIDE, before + 2 * engine.MARGIN)
        assert after < max(engine.LEAST_SIDE, before + 2 * engine.MARGIN) + engine.MULTIPLE
    top, left = ((a - b) // 2 for a, b in zip(padded.shape[:2], size, strict=True))
    assert np.array_equal(padded[top : top + size[0], left : left + size[1]], picture)
    if size[0] > 2:
        assert np.array_equal(padded[top - 1, left : left + size[1]], picture[1])


def test_too_little_memory_is_said_before_it_runs_out(monkeypatch):
    run = engine.Engine(residual_generator.build(width=4, residual_blocks=1))
    free = psutil.virtual_memory()._replace(available=1_000_000)
    monkeypatch.setattr(engine.psutil, "virtual_memory", lambda: free)
    with pytest.raises(UserError, match=r"932×832 pixels need about .* GB"):
        run(np.zeros((800, 900, 3), np.uint8))
    # A line of pixels is a broad strip once it is continued on both sides.
    with pytest.raises(UserError, match=r"4032×64 pixels need about .* GB"):
        run(np.zeros((1, 4000, 3), np.uint8))


def test_blend_by_hand():
    photo, picture = np.full((1, 1, 3), 100, np.uint8), np.full((1, 1, 3), 201, np.uint8)
    assert engine.blend(photo, picture, 0.0).ravel().tolist() == [100] * 3
    assert engine.blend(photo, picture, 1.0).ravel().tolist() == [201] * 3
    assert engine.blend(photo, picture, 0.25).ravel().tolist() == [125] * 3


def test_keep_colors_takes_light_from_one_and_hue_from_the_other(random):
    photo = random.integers(60, 180, (5, 6, 3)).astype(np.uint8)
    picture = np.clip(photo + random.integers(-40, 40, (5, 6, 1)) + [10, -20, 5], 0, 255).astype(np.uint8)
    mixed = engine.keep_colors(photo, picture).astype(float)
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(mixed @ luma, picture @ luma, atol=0.51)
    for a, b in ((0, 1), (1, 2)):  # what a pixel's channels differ by is its colour
        np.testing.assert_allclose(mixed[..., a] - mixed[..., b], photo[..., a].astype(float) - photo[..., b], atol=1)


def test_compare_is_side_by_side(random):
    photo = random.integers(0, 256, (4, 5, 3)).astype(np.uint8)
    both = engine.compare(photo, 255 - photo)
    assert np.array_equal(both[:, :5], photo)
    assert np.array_equal(both[:, 5:], 255 - photo)
