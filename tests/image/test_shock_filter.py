"""Edges made crisp: a blurred edge by hand, nothing beyond its surroundings, flat areas, turns, and rows at once."""

import numpy as np

from japananime.image import shock_filter
from japananime.image.shock_filter import crispen


def soft_edge():
    """Dark, a slope of eight pixels, light: (40, 40, 3)."""
    levels = np.clip((np.arange(40) - 15.5) * 15 + 60, 60, 180)
    return np.repeat(np.tile(levels, (40, 1))[..., None], 3, axis=2).astype(np.uint8)


def test_a_soft_edge_becomes_steeper_and_stays_where_it_is():
    before, after = soft_edge()[20, :, 0].astype(int), crispen(soft_edge())[20, :, 0].astype(int)
    assert np.diff(after).max() > 1.5 * np.diff(before).max()
    assert (np.diff(after) >= 0).all() and (after.min(), after.max()) == (60, 180)
    assert abs(np.flatnonzero(after >= 120)[0] - np.flatnonzero(before >= 120)[0]) <= 1


def test_what_is_flat_stays():
    assert (crispen(np.full((9, 7, 3), 77, np.uint8)) == 77).all()
    ramp = np.repeat(np.tile(np.arange(20, 220, 4), (30, 1))[..., None], 3, axis=2).astype(np.uint8)
    np.testing.assert_array_equal(crispen(ramp)[10:20, 10:-10], ramp[10:20, 10:-10])  # it bends nowhere


def test_nothing_leaves_the_range_of_its_surroundings(random):
    picture = random.integers(0, 256, (30, 33, 3)).astype(np.uint8)
    crisp, reach = crispen(picture), shock_filter.TIMES
    for y, x in random.integers(0, 30, (50, 2)):
        around = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        assert (crisp[y, x] >= around.min(axis=(0, 1))).all() and (crisp[y, x] <= around.max(axis=(0, 1))).all()
    assert (crisp != picture).any()


def test_it_has_no_direction(random):
    picture = random.integers(0, 256, (24, 24, 3)).astype(np.uint8)
    crisp = crispen(picture).astype(int)
    assert np.abs(crispen(picture.transpose(1, 0, 2)) - crisp.transpose(1, 0, 2)).max() <= 1
    assert np.abs(crispen(picture[::-1])[::-1] - crisp).max() <= 1


def test_a_step_by_hand():
    # A parabola bends upwards by 2 a pixel, blurred or not: every place is surely on a dark side, and moves by SHARE to
    # the darkest of its neighbours.
    x = np.arange(-12, 13.0)
    bowl = np.tile(x**2, (25, 1))
    part = np.repeat(bowl[..., None], 3, axis=2).astype(np.float32)
    made = shock_filter._step(part)
    np.testing.assert_allclose(made[12, 6], part[12, 6] + shock_filter.SHARE * (part[12, 7] - part[12, 6]), rtol=1e-5)


def test_rows_come_out_alike_whatever_is_done_at_once(random, monkeypatch):
    picture = random.integers(0, 256, (90, 40, 3)).astype(np.uint8)
    whole = crispen(picture)
    monkeypatch.setattr(shock_filter, "ROWS", 16)
    np.testing.assert_array_equal(crispen(picture), whole)
