import numpy as np
import pytest

from japananime.networks import pixels


def test_every_level_survives_the_way_there_and_back():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.asarray(pixels.to_bytes(pixels.to_signed(levels))), levels)


def test_range():
    signed = np.asarray(pixels.to_signed(np.array([0, 255], np.uint8)))
    assert signed.tolist() == [-1.0, 1.0]


def test_values_outside_are_clipped_not_wrapped():
    assert np.asarray(pixels.to_bytes(np.array([-3.0, 1.01, 2.0], "float32"))).tolist() == [0, 255, 255]


def test_chroma_by_hand():
    rgb = np.array([[1.0, 0.0, 0.0], [0.25, 0.25, 0.25], [0.0, 0.0, -1.0]], "float32").reshape(1, 3, 1, 3)
    chroma = np.asarray(pixels.to_chroma(rgb)).reshape(3, 2)
    np.testing.assert_allclose(chroma, [[-0.14713, 0.615], [0, 0], [-0.436, 0.10001]], atol=2e-5)


def test_gray_by_hand():
    rgb = np.array([1.0, 0.5, -1.0], "float32").reshape(1, 1, 1, 3)
    expected = 0.299 + 0.587 * 0.5 - 0.114
    gray = np.asarray(pixels.to_gray(rgb))
    assert gray.shape == (1, 1, 1, 3)
    assert gray.ravel() == pytest.approx([expected] * 3, abs=1e-6)
