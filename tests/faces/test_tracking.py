"""Faces followed through a film: boxes worked out by hand."""

import numpy as np
import pytest

from japananime.faces.tracking import Look, follow, smooth

EVERY = 4


def look(frame, *faces):
    """faces: (x, y, side), and how sure and how turned if need be."""
    filled = [(*face, *(0.96, 0.0)[len(face) - 3 :]) for face in faces]
    return Look(frame, np.array(filled, np.float64).reshape(-1, 5))


def numbers(track):
    return list(range(track.first, track.first + len(track.boxes)))


def test_a_face_that_moves_evenly_is_where_it_is_in_every_frame():
    # 3 pixels to the right a frame, one down; the size grows by half a pixel. Middle: a half of the side further.
    looks = [look(frame, (10 + 3 * frame, 20 + frame, 30 + frame / 2)) for frame in (0, 4, 8, 12, 14)]
    (track,) = follow(looks, [0], EVERY)
    frames = np.arange(15)
    sides = 30 + frames / 2
    expected = np.stack([10 + 3 * frames + sides / 2, 20 + frames + sides / 2, sides, 0 * frames], axis=1)
    assert numbers(track) == list(range(15))
    np.testing.assert_allclose(track.boxes, expected, atol=1e-9)
    assert track.shares.tolist() == [1.0] * 15
    assert track.largest == 37.0


def test_what_a_detector_is_unsure_of_is_smoothed_over_both_sides():
    # One look is four pixels off: interpolated it is a tent from frame 4 to 12, and the mean of that over the window
    # from 4 frames before to 4 after, weighted 1 2 3 4 5 4 3 2 1 of 25, is at its top (5·4 + 2·(4·3 + 3·2 + 2·1)) / 25.
    places = {0: 50, 4: 50, 8: 54, 12: 50, 16: 50}
    (track,) = follow([look(frame, (x, 0, 20)) for frame, x in places.items()], [0], EVERY)
    middle = track.boxes[:, 0] - 10
    assert middle[8] == pytest.approx(50 + 60 / 25)
    assert middle[0] == middle[16] == 50
    assert np.array_equal(middle, middle[::-1])
    assert track.boxes[:, 2].tolist() == [20.0] * 17


def test_sizes_and_leans_are_smoothed_over_longer_than_places():
    # The side is 24 instead of 20 in the middle of nine looks: the tent's sum is 16, its window reaches 12 frames with
    # weights 13 - |k| of 169: (4·13 + 2·(3·12 + 2·11 + 1·10)) / 169.
    looks = [look(4 * n, (0, 0, 24 if n == 4 else 20, 0.96, 0.4 if n == 4 else 0.0)) for n in range(9)]
    (track,) = follow(looks, [0], EVERY)
    assert track.boxes[16, 2] == pytest.approx(20 + 188 / 169)
    assert track.boxes[16, 3] == pytest.approx(0.1 * 188 / 169)
    # Their corners stay while they grow, so that the middle moves by half as much; that is smoothed as a place is.
    assert track.boxes[16, 0] == pytest.approx(10 + 60 / 25 / 2)


def test_smoothing_by_hand():
    values = np.array([[0.0], [0.0], [6.0], [0.0], [0.0], [1.0]])
    # Weights 1 2 1 of 4 and, where there is room, 1 2 3 2 1 of 9.
    assert smooth(values, 2).ravel().tolist() == pytest.approx([0, 1.5, 2, (12 + 1) / 9, 0.25, 1])
    assert smooth(values, 0).tolist() == values.tolist()


def test_two_who_cross_keep_apart():
    # One goes right by 10 pixels a look, the other left; in the third look they are in one place, a pixel apart in y.
    frames = [0, 4, 8, 12, 16]
    looks = [look(frame, (10 * n, 50, 30, 0.98), (40 - 10 * n, 51, 30, 0.96)) for n, frame in enumerate(frames)]
    # The detector names them in no certain order.
    looks[2:] = [Look(one.frame, one.boxes[::-1]) for one in looks[2:]]
    left, right = follow(looks, [0], EVERY)
    assert (left.score, right.score) == (pytest.approx(0.96), pytest.approx(0.98))
    np.testing.assert_allclose(right.boxes[:, :2], [[15 + 2.5 * frame, 65] for frame in range(17)])
    np.testing.assert_allclose(left.boxes[:, :2], [[55 - 2.5 * frame, 66] for frame in range(17)])


def test_one_who_is_hidden_by_another_goes_on_behind():
    frames = [0, 4, 8, 12, 16, 20]
    looks = [look(f, (0, 50, 40), *[(60 - 3 * f, 50, 30)] * (f not in (8, 12))) for f in frames]
    tracks = follow(looks, [0], EVERY)
    assert [numbers(track) for track in tracks] == [list(range(21))] * 2
    moving = tracks[1] if tracks[0].boxes[0, 0] == 20 else tracks[0]
    np.testing.assert_allclose(moving.boxes[:, 0], 75 - 3.0 * np.arange(21))
    assert moving.shares.min() == 1


def test_nothing_goes_across_a_cut():
    looks = [look(frame, (10, 10, 30)) for frame in (0, 4, 7)] + [look(frame, (14, 10, 30)) for frame in (8, 12, 15)]
    one, other = follow(looks, [0, 8], EVERY)
    assert (numbers(one), numbers(other)) == (list(range(8)), list(range(8, 16)))
    assert (set(one.boxes[:, 0]), set(other.boxes[:, 0])) == ({25.0}, {29.0})
    assert one.shares.tolist() == other.shares.tolist() == [1.0] * 8


def test_who_is_lost_fades_and_who_comes_appears():
    # Seen from frame 12 to 20 of a shot of 41, going right by two pixels a frame: eight frames to appear and to go.
    looks = [look(f, *[(2 * f, 0, 20)] * (12 <= f <= 20)) for f in range(0, 41, 4)]
    (track,) = follow(looks, [0], EVERY)
    assert numbers(track) == list(range(5, 28))
    rise = [n / 8 for n in range(1, 8)]
    assert track.shares.tolist() == [*rise, *[1.0] * 9, *rise[::-1]]
    np.testing.assert_allclose(track.boxes[:, 0], 10 + 2.0 * np.arange(5, 28))


def test_a_face_that_is_missed_for_a_moment_is_not_let_go():
    missed = [look(f, *[(10, 10, 30)] * (f not in (8, 12))) for f in range(0, 25, 4)]
    (track,) = follow(missed, [0], EVERY)
    assert track.shares.tolist() == [1.0] * 25
    gone = [look(f, *[(10, 10, 30)] * (f not in (8, 12, 16))) for f in range(0, 29, 4)]
    first, second = follow(gone, [0], EVERY)
    assert (numbers(first)[-1], numbers(second)[0]) == (4 + 7, 20 - 7)


def test_what_is_seen_once_is_no_face_but_in_a_short_shot():
    assert follow([look(0), look(4, (10, 10, 30)), look(8)], [0], EVERY) == []
    (track,) = follow([look(0, (10, 10, 30)), look(1)], [0], EVERY)
    assert numbers(track) == [0, 1]
    assert track.shares.tolist() == [1, 7 / 8]


def test_one_sure_look_speaks_for_the_others_and_without_one_there_is_no_face():
    assert follow([look(f, (10, 10, 30, 0.94)) for f in (0, 4, 8)], [0], EVERY) == []
    (track,) = follow([look(f, (10, 10, 30, 0.95 if f == 4 else 0.8)) for f in (0, 4, 8)], [0], EVERY)
    assert (numbers(track), track.score) == (list(range(9)), pytest.approx(0.85))


def test_two_that_are_far_apart_are_two():
    # Further away than they are wide; or nearer, and one is more than half as large again.
    for other in ((20, 0, 20), (0, 0, 46), (14, 20, 20)):
        first, second = follow([look(0, (0, 0, 20)), look(2, other)], [0], EVERY)
        assert sorted((first.largest, second.largest)) == sorted((20, other[2]))
    for near in ((13, 0, 20), (19, 0, 20), (11, 5, 30)):
        (one,) = follow([look(0, (0, 0, 20)), look(2, near)], [0], EVERY)
        middle = near[0] + near[2] / 2
        assert one.boxes[:, 0].tolist() == [10, (10 + middle) / 2, middle]


def test_a_face_that_a_shaking_camera_throws_about_is_one_but_not_across_a_look_without_it():
    # It jumps by 18 of its 20 pixels. 20 wide and 18 further, a box shares 2 of 38 with the last.
    jumps = [look(4 * n, (0 if n % 2 else 18, 0, 20)) for n in range(5)]
    (track,) = follow(jumps, [0], EVERY)
    assert numbers(track) == list(range(17))
    apart = [look(0, (0, 0, 20)), look(4, (0, 0, 20)), look(8), look(12, (18, 0, 20)), look(16, (18, 0, 20))]
    assert len(follow(apart, [0], EVERY)) == 2


def test_what_overlaps_goes_before_what_is_near():
    # In the second look one box is on the first face, and another where it would be near to either.
    looks = [look(0, (0, 0, 20), (50, 0, 20)), look(4, (15, 0, 20), (4, 0, 20)), look(8, (15, 0, 20), (8, 0, 20))]
    first = [track for track in follow(looks, [0], EVERY) if track.boxes[0, 0] == 10]
    assert len(first) == 1
    np.testing.assert_allclose(first[0].boxes[:, 0], 10 + np.arange(9))


def test_no_faces_and_no_frames():
    assert follow([look(0), look(4)], [0], EVERY) == []
    assert follow([], [], EVERY) == []
