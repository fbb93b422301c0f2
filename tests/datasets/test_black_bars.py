"""japananime.datasets.black_bars."""

import numpy as np

from japananime.datasets import black_bars


def test_inside_bars_by_hand(scene):
    picture = scene(1)[0].clip(60)
    boxed = np.pad(picture, ((10, 20), (0, 30), (0, 0)))
    assert black_bars.inside_bars([boxed]) == (12, 104, 0, 158)
    assert black_bars.inside_bars([picture]) is None
    assert black_bars.inside_bars([]) is None
    assert black_bars.inside_bars([np.zeros_like(picture)]) is None


def test_a_night_scene_makes_no_bars(scene):
    day = scene(1)[0].clip(60)
    night = day.copy()
    night[:40] = 0
    assert black_bars.inside_bars([night, day]) is None


def test_noise_in_a_bar_is_still_a_bar(scene):
    boxed = np.pad(scene(1)[0].clip(60), ((16, 16), (0, 0), (0, 0)))
    boxed[5, 80] = 255
    boxed[:16] += np.random.default_rng(0).integers(0, 12, boxed[:16].shape).astype(np.uint8)
    assert black_bars.inside_bars([boxed]) == (18, 110, 0, 160)
