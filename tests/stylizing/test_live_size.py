"""How large live pictures are drawn, by sequences worked out by hand."""

import pytest

from japananime.stylizing.live_size import MOST_PATIENCE, PATIENCE, WINDOW, WorkingSize, ladder

SIDES, RATE = (400, 200, 100), 10  # a tenth of a second each


def sides(size, times):
    """The side of each picture, and of the one that would be next."""
    found = [size.side]
    for seconds in times:
        size.took(seconds)
        found.append(size.side)
    return found


def changes(size, cost, count):
    """[(number of the picture, its side)] of the first picture of each size. cost: {side: seconds}."""
    found, last = [], None
    for number in range(count):
        if size.side != last:
            last = size.side
            found.append((number, last))
        size.took(cost[last])
    return found


def test_the_ladder_by_hand():
    # 720 · 2^(-n/4) to the nearest multiple of 8, and the ends themselves.
    assert ladder(720, 144) == [720, 608, 512, 432, 360, 304, 256, 216, 176, 152, 144]
    assert ladder(200, 190) == [200, 190]
    assert ladder(100, 144) == ladder(100, 100) == [100]


def test_a_size_is_left_after_a_window_of_slow_pictures():
    # 0.2 s at 400 is 0.05 s at 200. The first of a size does not count, whatever it takes.
    assert sides(WorkingSize(SIDES, RATE), [9.0, *[0.2] * WINDOW]) == [400] * 6 + [200]


def test_what_is_far_too_slow_falls_by_several_steps_at_once():
    # 0.9 s at 400 is 0.225 at 200 and 0.056 at 100; two of them are more than a second.
    assert sides(WorkingSize(SIDES, RATE), [0.9] * 3) == [400] * 3 + [100]
    # 0.4 s is exactly 0.1 at 200: too little room is left there.
    assert sides(WorkingSize(SIDES, RATE), [0.4] * 4) == [400] * 4 + [100]
    # One that takes more than a second is enough.
    assert sides(WorkingSize(SIDES, RATE), [9.0, 3.0]) == [400, 400, 100]


def test_single_pictures_that_were_disturbed_do_not_count():
    assert sides(WorkingSize(SIDES, RATE), [0.09, 0.09, 5.0, 0.09, 5.0, 0.09] * 20) == [400] * 121


def test_the_smallest_is_kept_however_slow_it_is():
    assert changes(WorkingSize(SIDES, RATE), {400: 9, 200: 9, 100: 9}, 1000) == [(0, 400), (2, 100)]


def test_between_too_slow_and_room_enough_nothing_changes():
    # At 200 it is 0.021, so at 400 it would be 0.084, and 0.08 is the most.
    assert changes(WorkingSize(SIDES, RATE), {400: 0.2, 200: 0.021}, 1000) == [(0, 400), (6, 200)]


def test_with_room_it_rises_after_some_patience_to_the_largest_that_fits():
    size = WorkingSize(SIDES, RATE)
    assert sides(size, [2.0] * 2)[-1] == 100
    # 0.005 s at 100 is 0.08 at 400.
    assert sides(size, [0.005] * (PATIENCE + 1)) == [100] * (PATIENCE + 1) + [400]


def test_a_size_that_cannot_be_held_is_tried_less_and_less_often():
    """At 200 it looks as if 400 would do, and never does: no flapping."""
    found = changes(WorkingSize(SIDES, RATE), {400: 0.11, 200: 0.02, 100: 0.005}, 4000)
    # 0.11 at 400 is 0.0275 at 200. Six pictures at 400 each time, and one more than the patience at 200.
    expected, number = [], 0
    for patience in (30, 60, 120, 240, *[480] * 8):
        expected += [(number, 400), (number + 6, 200)]
        number += 6 + patience + 1
    assert MOST_PATIENCE == 480
    assert found == [one for one in expected if one[0] < 4000]


def test_after_a_size_was_held_patience_is_short_again():
    size = WorkingSize(SIDES, RATE)
    assert changes(size, {400: 0.11, 200: 0.02}, 80) == [(0, 400), (6, 200), (37, 400), (43, 200)]
    # The machine has become quicker: 400 is held this time, for longer than the patience, which is 60 by now.
    held = {400: 0.05, 200: 0.02}
    assert changes(size, held, 24 + 70) == [(0, 200), (24, 400)]
    # And slower: down as soon as three of five are slow, and up again after the short patience.
    assert sides(size, [0.11] * 3)[-1] == 200
    assert changes(size, held, 40) == [(0, 200), (31, 400)]


@pytest.mark.parametrize("cost", [1e-4, 1e-3, 1e-2, 0.1, 1.0])
def test_it_settles_on_the_largest_side_that_holds_the_rate(cost):
    """cost: seconds of 720; time grows with the pixels."""
    size = WorkingSize(ladder(720, 144), 12)
    seconds = {side: cost * (side / 720) ** 2 for side in ladder(720, 144)}
    found = changes(size, seconds, 500)
    fit = [side for side in ladder(720, 144) if seconds[side] <= 0.8 / 12]
    assert found == ([(0, 720)] if seconds[720] <= 1 / 12 else [(0, 720), (2 if cost == 1 else 6, max(fit))])
