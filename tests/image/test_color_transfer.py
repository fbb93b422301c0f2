import numpy as np
import pytest

from japananime.image import color, color_transfer


@pytest.fixture
def pair(random):
    reference = random.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    return random.integers(0, 256, (20, 30, 3)).astype(np.uint8), reference


def chroma(picture):
    """Blue and red less luma."""
    luma = picture @ np.array([0.299, 0.587, 0.114])
    return np.stack([picture[..., 2] - luma, picture[..., 0] - luma], axis=-1)


def test_chroma_is_kept_but_for_rounding_even_at_the_ends_of_the_range(pair):
    picture, reference = pair
    kept = color.keep_chroma(picture, reference)
    # Three roundings of half a level each are in a difference of colour and luma.
    assert np.abs(chroma(kept) - chroma(reference)).max() <= 1.0 + 1e-9
    assert np.array_equal(color.keep_chroma(reference, reference), reference)


def test_light_is_the_pictures_wherever_the_colour_allows():
    reference = np.array([[[100, 100, 100], [200, 100, 100], [255, 0, 0]]], np.uint8)
    picture = np.array([[[30, 30, 30], [80, 80, 80], [255, 255, 255]]], np.uint8)
    # 200, 100, 100 has luma 129.9; 80 is 49.9 darker. Pure red is at the end of the range and stays.
    assert color.keep_chroma(picture, reference).tolist() == [[[30, 30, 30], [150, 50, 50], [255, 0, 0]]]


def test_gray_and_its_light():
    picture = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert color_transfer.gray(picture)[0].tolist() == [[76] * 3, [150] * 3, [29] * 3]
    light = color_transfer.match_light(
        np.array([[[10] * 3, [30] * 3]], np.uint8), np.array([[[50] * 3, [150] * 3]], np.uint8)
    )
    assert light[0].tolist() == [[50] * 3, [150] * 3]


def test_matched_colors_have_the_mean_and_covariance_asked_for(random):
    # Far enough from 0 and 255 that nothing is cut off.
    mixing = random.normal(0, 1, (3, 3))
    picture = np.clip(110 + 9 * random.normal(size=(60, 50, 3)) @ mixing, 0, 255).astype(np.uint8)
    reference = np.clip(140 + 6 * random.normal(size=(40, 70, 3)), 0, 255).astype(np.uint8)
    made = color_transfer.match_colors(picture, reference).reshape(-1, 3)
    wanted = reference.reshape(-1, 3)
    assert made.mean(axis=0) == pytest.approx(wanted.mean(axis=0), abs=0.1)
    assert np.cov(made.T) == pytest.approx(np.cov(wanted.T), abs=0.6)


def test_colors_that_agree_already_stay(pair):
    assert np.array_equal(color_transfer.match_colors(pair[0], pair[0][::-1]), pair[0])


def test_a_picture_of_one_color_can_be_matched():
    flat = np.full((4, 4, 3), 90, np.uint8)
    assert np.isfinite(color_transfer.match_colors(flat, np.full((2, 2, 3), 40, np.uint8))).all()
    assert np.all(color_transfer.match_colors(flat, np.full((2, 2, 3), 40, np.uint8)) == 40)
    assert np.all(color_transfer.match_light(flat, np.full((2, 2, 3), 40, np.uint8)) == 40)
