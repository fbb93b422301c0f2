"""japananime.image.tone_mapping: the standards' own figures, and colours worked out by hand."""

import numpy as np
import pytest

from japananime.image import tone_mapping
from japananime.image.tone_mapping import BT709, BT2020, HLG, P3, PQ


def gray(level, transfer):
    """What a gray level becomes, of 255."""
    shown = 255 * tone_mapping.to_bt709(np.full((1, 3), level), transfer)
    assert np.ptp(shown) < 0.01
    return float(shown[0, 0])


@pytest.mark.parametrize(
    ("level", "light"),
    # ST 2084: black, 100 candelas at 0.508, 203 at 0.58 (BT.2408), 1000 at 0.7518 and 10000 at the end.
    [(0, 0), (0.508078, 100), (0.580689, 203), (0.751827, 1000), (1, 10000)],
)
def test_pq_as_the_standard_has_it(level, light):
    assert tone_mapping.pq_light(np.array(level)) == pytest.approx(light, rel=1e-4)
    assert tone_mapping.pq_level(np.array(light)) == pytest.approx(level, abs=1e-5)


@pytest.mark.parametrize(
    ("level", "light"),
    # BT.2100: half is a twelfth of the scene's light, 1000 · (1/12)^1.2; 0.75 is white at 203 (BT.2408).
    [(0, 0), (0.5, 50.70), (0.75, 203.2), (1, 1000)],
)
def test_hlg_as_the_standard_has_it(level, light):
    assert tone_mapping.hlg_light(np.full(3, level)) == pytest.approx([light] * 3, rel=1e-3)


def test_the_tone_curve_of_bt_2390_by_hand():
    # 203 of 1000 is 0.77237 of PQ's way, so that the curve bends from 0.65856 on, which is 92.8 candelas.
    light = np.array([0, 1, 50, 92, 203, 1000, 4000])
    # 203: t is a third; 0.74074 · 0.65856 + 0.14815 · 0.34144 + 0.25926 · 0.77237 = 0.73865, in PQ 0.55534.
    bent = float(tone_mapping.pq_light(np.array(0.73865 * 0.751827)))
    assert tone_mapping.tone_curve(light) == pytest.approx([0, 1, 50, 92, bent, 203, 203], rel=2e-3)
    assert (np.diff(tone_mapping.tone_curve(np.linspace(0, 1000, 1000))) > 0).all()


def test_grays_of_both_kinds():
    # 50 candelas are (50 / 203)^(1 / 2.4) of 255 on a common screen; PEAK is its white.
    assert gray(0, PQ) == gray(0, HLG) == 0
    assert gray(0.440282, PQ) == pytest.approx(142.2, abs=0.1)
    assert gray(0.5, HLG) == pytest.approx(143.05, abs=0.1)
    assert gray(0.751827, PQ) == gray(1, HLG) == pytest.approx(255, abs=0.01)
    assert gray(1, PQ) == pytest.approx(255, abs=0.01)
    # White is nearly white, the same in both.
    assert gray(0.580689, PQ) == pytest.approx(230.4, abs=0.5)
    assert gray(0.75, HLG) == pytest.approx(230.4, abs=0.5)


def test_primaries_as_bt_2087_has_them():
    own = tone_mapping._to_xyz(tone_mapping.PRIMARIES[BT2020])
    change = np.linalg.inv(tone_mapping._to_xyz(tone_mapping.PRIMARIES[BT709])) @ own
    expected = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    assert change == pytest.approx(np.array(expected), abs=1e-4)


def test_a_colour_of_bt_709_stays_the_colour_that_it_is():
    # 60, 20 and 5 candelas, below where the curve bends: each is as bright as before.
    light = np.array([60.0, 20.0, 5.0])
    shown = 255 * tone_mapping.to_bt709(tone_mapping.pq_level(light), PQ, BT709)
    assert shown == pytest.approx(255 * (light / 203) ** (1 / 2.4), abs=0.05)
    # The same in BT.2020's primaries.
    own = tone_mapping._to_xyz(tone_mapping.PRIMARIES[BT2020])
    there = np.linalg.inv(own) @ tone_mapping._to_xyz(tone_mapping.PRIMARIES[BT709]) @ light
    assert tone_mapping.to_bt709(tone_mapping.pq_level(there), PQ) * 255 == pytest.approx(shown, abs=0.05)


def test_a_highlight_keeps_its_colour():
    light = np.array([800.0, 400.0, 100.0])
    shown = tone_mapping.to_bt709(tone_mapping.pq_level(light), PQ, BT709) ** 2.4
    assert shown / shown[0] == pytest.approx(light / light[0], rel=1e-4)
    assert shown[0] < 1


@pytest.mark.parametrize("primaries", [BT2020, P3])
def test_a_green_that_no_common_screen_shows_takes_white_until_it_can(primaries):
    level = float(tone_mapping.pq_level(np.array(50.0)))
    red, green, blue = tone_mapping.to_bt709(np.array([0, level, 0]), PQ, primaries) ** 2.4 * 203
    # BT.2020: -29.4, 56.6 and -5.0 candelas; 56.6 / (56.6 + 29.4) of the way from white at 56.6: 0, 56.6, 16.1.
    expected = {BT2020: (0, 56.64, 16.07), P3: (0, 52.10, 5.99)}[primaries]
    assert (red, green, blue) == pytest.approx(expected, abs=0.15)


def test_what_is_marked_with_neither_is_not_high_dynamic_range():
    assert [number for number in range(19) if tone_mapping.is_hdr(number)] == [16, 18]
