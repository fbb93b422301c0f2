"""Faces in the proportions of anime: where eyes and chins go, and that nothing else moves."""

import math

import numpy as np
import pytest

from japananime.faces import proportions, squares
from japananime.faces.squares import Square


def box(left, right, mouth, size=60.0):
    return np.array([0, 0, size, 0.9, *left, *right, *mouth], float)


def test_the_square_lies_a_third_above_the_eyes_and_is_as_wide_as_they_ask_for():
    # 28 apart: a side of 100; its top 33 1/3 above the eyes' height of 80, its middle at x = 60.
    square = proportions.around(box((46, 80), (74, 80), (60, 108)))
    assert (square.side, square.angle) == (100, 0)
    assert (square.x, square.y) == pytest.approx((60, 80 - 100 / 3 + 50), abs=0.5)


def test_of_a_face_from_the_side_the_mouth_tells_the_size():
    square = proportions.around(box((50, 80), (58, 80), (54, 80 + 28 * proportions.MOUTH_BELOW)))
    assert square.side == 100


@pytest.mark.parametrize(("apart", "expected"), [(28, True), (22, True), (20, False), (4, False)])
def test_a_face_turned_away_is_told_by_its_eyes(apart, expected):
    # The mouth is 28 below the eyes: 0.75 of that are 21.
    assert proportions.is_towards_us(box((60 - apart / 2, 80), (60 + apart / 2, 80), (60, 108))) is expected


def test_the_square_turns_with_the_eyes():
    angle = math.radians(20)
    ahead, below = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    eyes = np.array([200.0, 150.0])
    square = proportions.around(box(eyes - 14 * ahead, eyes + 14 * ahead, eyes + 28 * below))
    assert square.angle == pytest.approx(angle)
    assert np.array([square.x, square.y]) == pytest.approx(eyes + 100 / 6 * below, abs=0.5)


def stripes(height=300, side=200, top=50):
    """A square of 200 in a picture, with a line of 3 rows at the height of its eyes and one at its chin."""
    picture = np.zeros((height, 300, 3), np.uint8)
    for share in (proportions.EYES, proportions.CHIN):
        row = round(top + share * side)
        picture[row - 1 : row + 2] = 255
    return picture, Square(150, top + side / 2, side)


def test_eyes_go_down_and_the_chin_up():
    picture, square = stripes()
    bent = proportions.bend(picture, square)[:, 150, 0].astype(float)
    upper, lower = bent[:150], bent[150:]
    middle = [np.average(np.arange(len(part)), weights=part) + start for part, start in ((upper, 0), (lower, 150))]
    # Rounding the corners moves either by less than a hundredth of the side.
    assert middle == pytest.approx([50 + 0.40 * 200, 50 + 0.77 * 200], abs=2)


def test_outside_of_the_square_nothing_moves_and_hardly_anything_at_its_borders(random):
    picture = random.integers(0, 256, (300, 300, 3)).astype(np.uint8)
    _, square = stripes()
    bent = proportions.bend(picture, square)
    moved = np.any(bent != picture, axis=-1)
    assert moved[100:200, 120:180].mean() > 0.9
    moved[50:250, 50:250] = False
    assert not moved.any()
    smooth = np.repeat(np.linspace(0, 255, 300)[:, None, None], 300, axis=1).repeat(3, axis=2).astype(np.uint8)
    bent = proportions.bend(smooth, square).astype(int)
    for border in ((50,), (249,), (slice(50, 250), 50), (slice(50, 250), 249)):
        assert np.abs(bent[border] - smooth[border]).max() <= 1


def test_a_square_beyond_the_picture_is_bent_where_it_shows(random):
    picture = random.integers(0, 256, (120, 90, 3)).astype(np.uint8)
    bent = proportions.bend(picture, Square(10, 60, 80))
    assert np.any(bent[:, :40] != picture[:, :40]) and np.array_equal(bent[:, 50:], picture[:, 50:])
    assert np.array_equal(proportions.bend(picture, Square(-200, 60, 80)), picture)


def test_a_turned_square_is_bent_along_itself():
    """Bent and turned upright is the same as turned upright and bent, up to resampling."""
    down, across = np.mgrid[0:300, 0:300]
    picture = np.repeat(
        (127 + 60 * np.sin(across / 17) + 60 * np.cos(down / 23)).astype(np.uint8)[..., None], 3, axis=-1
    )
    square = Square(150, 150, 160, math.radians(25))
    one = squares.cut(proportions.bend(picture, square), square)
    upright = squares.cut(picture, square)
    other = proportions.bend(upright, Square(80, 80, 160))
    assert np.abs(one.astype(int) - other)[10:150, 10:150].max() <= 6


def test_places_come_from_in_order():
    heights = np.linspace(0, 1, 1001)
    places = proportions._unbent(heights)
    assert places[[0, -1]] == pytest.approx([0, 1], abs=1e-9)
    assert np.all(np.diff(places) > 0)
    assert np.interp([0.2, 0.585, 0.9], heights, places) == pytest.approx(
        [0.2 * (1 / 3) / 0.4, (1 / 3 + 5 / 6) / 2, 5 / 6 + 0.13 * (1 / 6) / 0.23], abs=2e-3
    )


def test_a_cut_has_the_size_asked_for(random):
    picture = random.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    found = box((86, 80), (114, 80), (100, 108))
    assert proportions.cut(picture, found).shape == (100, 100, 3)
    assert proportions.cut(picture, found, 64).shape == (64, 64, 3)
