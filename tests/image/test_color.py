"""Blending, keeping colours and laying on white, by hand; the same digits of BT.601 wherever they stand."""

import numpy as np

from japananime.image import color
from japananime.networks import pixels


def test_networks_and_pictures_agree_on_luma_and_chroma():
    assert color.LUMA.tolist() == list(pixels.LUMA)
    assert color.CHROMA.tolist() == [list(row) for row in pixels.CHROMA]


def test_on_white_by_hand():
    rgb = np.array([[[0, 100, 200], [10, 20, 30], [50, 60, 70]]], np.uint8)
    laid = color.on_white(rgb, np.array([[0, 255, 51]], np.uint8))
    assert laid.tolist() == [[[255, 255, 255], [10, 20, 30], [214, 216, 218]]]


def test_the_finish_keeps_colors_first_and_blends_then():
    photo, picture = np.full((1, 1, 3), (100, 120, 140), np.uint8), np.full((1, 1, 3), 200, np.uint8)
    assert color.Finish()(photo, picture) is picture
    bright = color.keep_colors(photo, picture)
    assert bright.ravel().tolist() == [184, 204, 224]  # luma 116.3 becomes 200
    assert color.Finish(0.5, True)(photo, picture).ravel().tolist() == [142, 162, 182]


def test_blend_by_hand():
    photo, picture = np.full((1, 1, 3), 100, np.uint8), np.full((1, 1, 3), 201, np.uint8)
    assert color.blend(photo, picture, 0.0).ravel().tolist() == [100] * 3
    assert color.blend(photo, picture, 1.0).ravel().tolist() == [201] * 3
    assert color.blend(photo, picture, 0.25).ravel().tolist() == [125] * 3


def test_keep_colors_takes_light_from_one_and_hue_from_the_other(random):
    photo = random.integers(60, 180, (5, 6, 3)).astype(np.uint8)
    picture = np.clip(photo + random.integers(-40, 40, (5, 6, 1)) + [10, -20, 5], 0, 255).astype(np.uint8)
    mixed = color.keep_colors(photo, picture).astype(float)
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(mixed @ luma, picture @ luma, atol=0.51)
    for a, b in ((0, 1), (1, 2)):  # what a pixel's channels differ by is its colour
        np.testing.assert_allclose(mixed[..., a] - mixed[..., b], photo[..., a].astype(float) - photo[..., b], atol=1)
