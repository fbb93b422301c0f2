import math

import numpy as np
import pytest

from japananime.faces import boxes
from japananime.faces.squares import MASK_FULL, MASK_WIDTH, MASK_ZERO, Square, around, cut, mask, put_back, tilt


def noise(random, height=60, width=80):
    return random.integers(0, 256, (height, width, 3)).astype(np.uint8)


def drawing(height, width, square):
    """A smooth synthetic face, uint8 (height, width, 3): eyes, mouth and a gradient where a square says they are."""
    y, x = np.mgrid[:height, :width] + 0.5
    cos, sin = math.cos(square.angle), math.sin(square.angle)
    across = (cos * (x - square.x) + sin * (y - square.y)) / square.side
    down = (cos * (y - square.y) - sin * (x - square.x)) / square.side
    light = 150 + 80 * across - 60 * down
    for u, v, depth in ((-0.2, -0.1, 90), (0.2, -0.1, 60), (0.05, 0.25, 70)):
        light = light - depth * np.exp(-((across - u) ** 2 + (down - v) ** 2) / 0.01)
    return np.clip(np.rint(np.stack([light, 0.8 * light, 255 - light], axis=-1)), 0, 255).astype(np.uint8)


def outside(shape, square):
    """Where the mask of an upright square is nothing, bool (height, width)."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    half = square.side / 2
    return np.hypot((x - square.x) / half / MASK_WIDTH, (y - square.y) / half) >= MASK_ZERO


def test_the_mask_is_one_in_the_middle_and_nothing_at_the_sides():
    assert mask(0.0, 0.0) == 1
    across = np.linspace(-1, 1, 41)
    for values in (mask(across, 1.0), mask(across, -1.0), mask(1.0, across), mask(-1.0, across)):
        assert not values.any()
    assert mask(0.0, MASK_FULL) == 1
    assert mask(MASK_FULL * MASK_WIDTH, 0.0) == pytest.approx(1)
    # Half way it is a half, a quarter of the way 3 / 16 - 2 / 64.
    middle, quarter = (MASK_ZERO + share * (MASK_FULL - MASK_ZERO) for share in (0.5, 0.25))
    assert mask(0.0, -middle) == pytest.approx(0.5)
    assert mask(middle * MASK_WIDTH, 0.0) == pytest.approx(0.5)
    assert mask(0.0, quarter) == pytest.approx(0.15625)


def test_a_square_by_hand():
    assert around((10, 20, 30, 0.9), 0.2) == Square(x=25, y=35, side=42)
    # 31 * 1.4 = 43.4; 10 - 6 and 20 - 6 are whole already.
    assert around((10, 20, 31), 0.2, 0.1) == Square(x=25.5, y=35.5, side=43, angle=0.1)


def test_tilt_by_hand():
    assert tilt((30, 30), (70, 40), 100) == pytest.approx(math.atan(0.25))
    assert tilt((30, 40), (70, 30), 100) == pytest.approx(-math.atan(0.25))
    # From the side the eyes are near each other; and nobody stands so slanted.
    assert tilt((30, 40), (49, 40), 100) == 0
    assert tilt((30, 40), (50, 40), 100) == 0
    assert tilt((30, 40), (49, 45), 95) == pytest.approx(math.atan(5 / 19))
    assert tilt((30, 30), (50, 70), 100) == 0


def test_an_upright_square_is_cut_out_to_the_pixel(random):
    picture = noise(random)
    assert np.array_equal(cut(picture, Square(30, 25, 20)), picture[15:35, 20:40])
    assert np.array_equal(cut(picture, Square(30.5, 25.5, 21)), picture[15:36, 20:41])
    box = (11, 17, 25, 0.9)
    assert np.array_equal(cut(picture, around(box, 0.2)), boxes.crop(picture, box, 0.2))


def test_beyond_the_border_the_edge_goes_on(random):
    picture = noise(random)
    padded = np.pad(picture, ((10, 10), (10, 10), (0, 0)), mode="edge")
    assert np.array_equal(cut(picture, Square(5, 55, 30)), padded[50:80, :30])
    # Much larger than the picture.
    assert cut(picture, Square(40, 30, 200, 0.3)).shape == (200, 200, 3)


def test_a_quarter_turn_by_hand(random):
    picture = noise(random)
    # A face that lies on its right ear is turned clockwise; upright again, it is turned the other way.
    assert np.array_equal(cut(picture, Square(30, 25, 20, math.pi / 2)), np.rot90(picture[15:35, 20:40]))
    assert np.array_equal(cut(picture, Square(30, 25, 20, -math.pi / 2)), np.rot90(picture[15:35, 20:40], -1))


@pytest.mark.parametrize("degrees", [-30, -7, 12, 25])
def test_a_known_turn_is_undone(degrees):
    turned = Square(100.3, 70.8, 80, math.radians(degrees))
    found = cut(drawing(140, 200, turned), turned).astype(int)
    upright = drawing(80, 80, Square(40, 40, 80)).astype(int)
    assert np.abs(found - upright).max() <= 2
    assert np.abs(cut(drawing(140, 200, turned), Square(100.3, 70.8, 80)) - upright).max() > 20


def test_what_is_put_back_as_it_was_changes_nothing(random):
    picture = noise(random)
    for square in (Square(30, 25, 20), Square(30.5, 25.5, 21), Square(3, 57, 24), Square(40, 30, 300)):
        assert np.array_equal(put_back(picture, cut(picture, square), square), picture)


@pytest.mark.parametrize("degrees", [-18, 5, 20])
def test_turned_there_and_back_it_is_the_same_within_two_levels(degrees):
    square = Square(100, 70, 81, math.radians(degrees))
    picture = drawing(140, 200, square)
    again = put_back(picture, cut(picture, square), square)
    assert np.abs(again.astype(int) - picture).max() <= 2


def test_white_on_black_is_the_mask(random):
    square = Square(40, 30, 40)
    black, white = np.zeros((60, 80, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)
    made = put_back(black, white, square)
    assert not black.any()
    assert made[30, 40].tolist() == [255, 255, 255]
    assert not made[outside(black.shape, square)].any()
    # Pixel 13 of row 30 has its middle 16.5 of 20 away: 0.825 of the way down the ellipse.
    across, down = 0.5 / 20 / 0.85, 16.5 / 20
    share = (0.97 - math.hypot(across, down)) / (0.97 - 0.7)
    assert made[13, 40, 0] == round(255 * (3 * share**2 - 2 * share**3))
    assert np.array_equal(made, made[:, ::-1])


def test_outside_of_the_mask_every_byte_stays(random):
    picture, square = noise(random), Square(33, 28, 36)
    made = put_back(picture, noise(random, 36, 36), square)
    beyond = outside(picture.shape, square)
    assert np.array_equal(made[beyond], picture[beyond])
    assert (made[~beyond] != picture[~beyond]).mean() > 0.8


def test_a_turned_face_is_put_where_it_was_cut_out():
    square = Square(100, 70, 81, math.radians(20))
    face = np.zeros((81, 81, 3), np.uint8)
    face[10:20, 36:45] = 255  # above the middle, 25.5 pixels
    made = put_back(np.zeros((140, 200, 3), np.uint8), face, square)
    rows, columns = np.nonzero(made[..., 0] > 128)
    # Turned clockwise, what was above goes to the right.
    assert columns.mean() + 0.5 == pytest.approx(100 + 25.5 * math.sin(square.angle), abs=0.3)
    assert rows.mean() + 0.5 == pytest.approx(70 - 25.5 * math.cos(square.angle), abs=0.3)


def test_a_face_cut_by_the_border_is_shown_up_to_it():
    black, white = np.zeros((60, 80, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)
    made = put_back(black, white, Square(0, 60, 40))
    assert made[59, 0, 0] == 255
    assert np.count_nonzero(made[..., 0]) == np.count_nonzero(put_back(black, white, Square(40, 30, 40))[..., 0]) / 4
    assert not put_back(black, white, Square(-40, 30, 40)).any()
