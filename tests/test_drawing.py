import numpy as np
import pytest

from japananime import drawing


def halves():
    picture = np.full((48, 64, 3), 60, np.uint8)
    picture[:, 32:] = 200
    return picture


def test_contours_lie_on_the_dark_side_of_edges():
    ink = drawing.contours(halves())
    assert ink[:, 31].min() > 0.5
    assert ink[:, :28].max() == ink[:, 32:].max() == 0.0


def test_a_texture_takes_no_ink(random):
    noise = np.clip(128 + random.integers(-6, 7, (48, 64, 3)), 0, 255).astype(np.uint8)
    assert drawing.contours(drawing.flatten(noise)).max() == 0.0


def test_clear_by_hand():
    # Luma 100/255 = 0.3922 for a gray; 0.3922^0.9 = 0.4306; 0.5 + (0.4306 - 0.5)·1.08 = 0.4250, which is 108.4.
    assert drawing.clear(np.full((1, 1, 3), 100, np.uint8))[0, 0] == pytest.approx([108.4] * 3, abs=0.1)
    # A colour's distance from its luma grows by a fifth: blue of (100, 100, 150) has luma 105.7 -> lit 113.9.
    blue = drawing.clear(np.full((1, 1, 3), (100, 100, 150), np.uint8))[0, 0]
    assert blue[2] - blue[0] == pytest.approx(1.2 * 50, abs=0.01)


def test_white_and_black_stay():
    for level in (0, 255):
        picture = np.full((20, 20, 3), level, np.uint8)
        assert np.abs(drawing.draw(picture).astype(int) - level).max() <= 11
