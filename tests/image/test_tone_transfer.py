"""Light and colours of broad parts: flat pictures, a ramp, what stays of fine things, and a slow reference."""

import numpy as np
import pytest

from japananime.image import tone_transfer


def flat(height, width, *color):
    return np.tile(np.array(color, np.uint8), (height, width, 1))


def test_a_flat_picture_becomes_the_mean_of_the_others():
    kept = tone_transfer.keep(flat(200, 300, 200, 100, 0), [flat(50, 75, 10, 20, 30), flat(200, 300, 30, 50, 32)])
    assert kept.dtype == np.uint8 and kept.shape == (200, 300, 3)
    assert (kept == [20, 35, 31]).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 4), (64, 64), (3, 700)])
def test_of_any_shape(shape):
    assert (tone_transfer.keep(flat(*shape, 1, 2, 3), [flat(*shape, 4, 5, 6)]) == [4, 5, 6]).all()


def test_fine_things_stay():
    picture = flat(256, 256, 100, 100, 100)
    picture[::2] += 20  # stripes of a row each: 110 on average
    kept = tone_transfer.keep(picture, [flat(256, 256, 150, 150, 150)]).astype(int)
    assert (np.abs(kept[::2] - 160) <= 1).all() and (np.abs(kept[1::2] - 140) <= 1).all()


def test_broad_parts_follow_without_an_edge():
    wanted = flat(256, 256, 100, 100, 100)
    wanted[:, 128:] = 140
    kept = tone_transfer.keep(flat(256, 256, 100, 100, 100), [wanted])[128, :, 0].astype(int)
    steps = np.diff(kept)
    assert (steps >= 0).all() and steps.max() <= 2
    assert kept[:60].max() <= 101 and kept[-60:].min() >= 139 and abs(kept[127:129].mean() - 120) <= 1


def test_a_bright_sky_is_changed_otherwise_than_what_stands_before_it():
    picture = flat(256, 256, 240, 240, 240)
    picture[:, 100:] = 30
    wanted = flat(256, 256, 200, 220, 240)
    wanted[:, 100:] = 50
    kept = tone_transfer.keep(picture, [wanted]).astype(int)
    assert np.abs(kept[:, :95] - [200, 220, 240]).max() <= 6
    assert np.abs(kept[:, 105:] - [50, 50, 50]).max() <= 6


def test_at_its_own_size_it_is_a_guided_filter(random):
    picture, other = random.integers(60, 190, (2, 64, 96, 3)).astype(np.uint8)
    found, change = picture[..., 1].astype(float), other[..., 1].astype(float) - picture[..., 1]
    down, across = np.arange(64), np.arange(96)

    def bell(y, x):
        weights = np.exp(-((down - y) ** 2) / 32)[:, None] * np.exp(-((across - x) ** 2) / 32)[None, :]
        return weights / weights.sum()

    slopes, offsets = np.zeros((2, 64, 96))
    for y in down:
        for x in across:
            weights = bell(y, x)
            mean, mean_change = (weights * found).sum(), (weights * change).sum()
            covariance = (weights * (found - mean) * (change - mean_change)).sum()
            slopes[y, x] = covariance / ((weights * (found - mean) ** 2).sum() + tone_transfer.ALIKE)
            offsets[y, x] = mean_change - slopes[y, x] * mean
    kept = tone_transfer.keep(picture, [other])[..., 1]
    for y, x in ((0, 0), (20, 95), (63, 40)):
        weights = bell(y, x)
        expected = found[y, x] * (1 + (weights * slopes).sum()) + (weights * offsets).sum()
        assert abs(kept[y, x] - np.clip(expected, 0, 255)) <= 0.51


def test_rows_are_corrected_alike_whatever_is_done_at_once(random, monkeypatch):
    picture, other = random.integers(0, 256, (2, 150, 90, 3)).astype(np.uint8)
    whole = tone_transfer.keep(picture, [other])
    monkeypatch.setattr(tone_transfer, "ROWS", 7)
    np.testing.assert_array_equal(tone_transfer.keep(picture, [other]), whole)
