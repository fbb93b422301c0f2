import cv2
import numpy as np
import pytest

from japananime.image import contours, drawing
from japananime.image.flattening import merge_areas


def halves():
    picture = np.full((48, 64, 3), 60, np.uint8)
    picture[:, 32:] = 200
    return picture


def grain(random, level=128, spread=6):
    return np.clip(level + random.integers(-spread, spread + 1, (48, 64, 3)), 0, 255).astype(np.uint8)


def ink_of(rgb):
    return contours.contours(rgb.astype(np.float32) / 255.0)


def test_contours_lie_on_the_dark_side_of_borders():
    ink = ink_of(halves())
    assert ink[:, 31].min() > 0.5
    assert ink[:, :27].max() == ink[:, 32:].max() == 0.0


def test_a_line_is_of_even_width_whatever_its_direction():
    y, x = np.mgrid[:96, :96]
    sides = {}
    for degrees in (0, 30, 45, 90):
        across = np.cos(np.radians(degrees)) * (x - 48) + np.sin(np.radians(degrees)) * (y - 48)
        picture = np.repeat((60 + 140 / (1 + np.exp(-4.0 * across)))[..., None], 3, axis=2).astype(np.uint8)
        ring = np.hypot(x - 48, y - 48) < 30
        sides[degrees] = ink_of(picture)[ring].sum() / 60
    assert np.ptp(list(sides.values())) < 0.12 * np.mean(list(sides.values())), sides


def test_grain_takes_no_ink(random):
    assert drawing.draw(grain(random)).std() < 1.0
    assert ink_of(drawing.flatten(grain(random))).max() == 0.0


def test_the_flow_is_across_a_border_and_sure_of_it_there_alone():
    lab = cv2.cvtColor(halves().astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB) / 100.0
    across, certainty = contours.flow(lab)
    np.testing.assert_allclose(np.abs(across[0, :, 32]), 1.0, atol=1e-6)
    np.testing.assert_allclose(across[1, :, 32], 0.0, atol=1e-6)
    assert certainty[:, 31:33].min() > 0.95
    assert certainty[:, :16].max() == 0.0


def test_short_lines_are_left_out():
    ink = np.zeros((10, 40), np.float32)
    ink[2, 5:20] = 0.7  # strong and long enough
    ink[5, 5:15] = 0.7  # too short
    ink[8, 5:30] = 0.5  # nowhere strong
    kept = contours._strong(ink, low=0.15, high=0.6, least=14)
    assert kept[2, 5:20].all()
    assert kept.sum() == 15


def test_merged_areas_of_two_halves_are_the_two_halves():
    # 48 rows differ by (140/255)² · 3 = 0.904 each, far over the cost of a border.
    np.testing.assert_allclose(merge_areas(halves()), halves() / 255.0, atol=2e-3)


def test_merging_takes_slight_borders_and_leaves_strong_ones():
    picture = np.full((24, 48, 3), 100, np.uint8)
    picture[:, 16:32] = 104  # (4/255)² · 3 = 0.0007 a pixel, under the cost
    picture[:, 32:] = 200
    merged = merge_areas(picture) * 255.0
    assert np.ptp(merged[:, :30]) < 1.0
    assert merged[0, 32, 0] - merged[0, 31, 0] > 90
    # The mean of all stays: nothing is gained or lost.
    assert merged.mean() == pytest.approx(picture.mean(), abs=0.1)


def test_merging_smooths_grain_away(random):
    picture = grain(random)
    merged = merge_areas(picture)
    np.testing.assert_allclose(merged, np.broadcast_to(picture.mean((0, 1)) / 255.0, merged.shape), atol=2e-3)


def test_relight_by_hand():
    # 100/255 = 0.3922; 0.3922^0.78 = 0.4818; 0.5 + (0.4818 - 0.5)·1.04 = 0.4811. A gray keeps no colour but for its
    # shade: 1 - 2·0.4811 = 0.0378 of 0.4811 = 0.01819, times -0.06 in red and 0.1 in blue.
    gray = drawing.relight(np.full((1, 1, 3), 100, np.uint8))[0, 0]
    assert gray == pytest.approx([0.4811 - 0.00109, 0.4811, 0.4811 + 0.00182], abs=1e-4)
    # Colours grow by 1.2 · (1.25 - luma/4): luma of (100, 100, 150) is 105.7/255 = 0.4145, so by 1.3756.
    blue = drawing.relight(np.full((1, 1, 3), (100, 100, 150), np.uint8))[0, 0]
    assert blue[2] - blue[1] == pytest.approx(1.3756 * 50 / 255, abs=1e-3)


def test_white_and_black_stay():
    for level in (0, 255):
        picture = np.full((20, 20, 3), level, np.uint8)
        assert np.abs(drawing.draw(picture).astype(int) - level).max() <= 5
