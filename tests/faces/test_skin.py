"""The tone of a drawn face."""

import numpy as np
import pytest

from japananime.faces import skin


def flat(*color):
    return np.tile(np.array(color, np.uint8), (100, 100, 1))


def test_three_tenths_of_the_way_to_the_photos_tone_in_steps_of_light():
    made = skin.keep(flat(64, 100, 225), flat(225, 225, 225))
    # 225 (64 / 225)^0.3 = 154.3 and 225 (100 / 225)^0.3 = 176.4; blue is as light as it was.
    assert made[50, 60].tolist() == [154, 176, 225]


def test_all_of_the_face_is_dimmed_alike_by_what_cheeks_and_nose_say():
    face, drawn = flat(49, 49, 49), flat(196, 196, 196)
    face[:40], drawn[:40] = 255, 8  # hair, which has no say
    made = skin.keep(face, drawn)
    assert (made[60, 50, 0], made[10, 50, 0]) == (129, 5)  # both times a quarter to the 0.3


@pytest.mark.parametrize("tone", [230, 255])
def test_nothing_becomes_lighter(tone):
    drawn = flat(200, 180, 160)
    assert np.array_equal(skin.keep(flat(tone, tone, tone), drawn), drawn)


def test_black_stays_black():
    assert not skin.keep(flat(0, 0, 0), flat(0, 0, 0)).any()
