"""The key frames of japananime.datasets.keyframes, against the algorithm as published."""

import random

import numpy as np
import pytest
from published import key_frames, pick

from japananime.datasets import keyframes
from japananime.video.reading import film_frames


def found(levels, window):
    peaks = keyframes.Peaks(window)
    numbers = [number for index, level in enumerate(levels) for number in peaks.push(level, index + 1)]
    return numbers + peaks.finish()


def chosen(film, **settings):
    return [one.frame.number for one in keyframes.choose(film_frames.frames(film), keyframes.KeyFrames(**settings), 2)]


def test_peaks_are_those_of_the_published_loop_with_all_its_ties_and_borders():
    numbers = random.Random(0)
    for _ in range(1500):
        levels = [numbers.randint(0, numbers.choice([2, 5, 1000])) for _ in range(numbers.randint(2, 50))]
        if len(set(levels)) > 1:  # where all are equal the published loop divides by zero
            window = numbers.randint(2, 30)
            assert found(levels, window) == pick(levels, window), (levels, window)


def test_peaks_by_hand():
    assert found([0, 5, 1, 1, 7, 2, 0], window=4) == [2, 5]
    assert found([0, 5, 1, 5, 0, 9], window=4) == [2, 4, 6]  # a tie gives both; the last counts for itself alone
    assert found([3], window=100) == [1]


def test_few_items_are_held():
    peaks = keyframes.Peaks(100)
    for level in np.random.default_rng(0).permutation(2000):
        peaks.push(level, None)
        assert len(peaks.open) <= 1
        assert len(peaks.recent) <= 50


@pytest.fixture(scope="module")
def pictures():
    """Three scenes of different length with a flash in one."""
    generator = np.random.default_rng(1)
    film = []
    for length in (70, 55, 90):
        place = generator.integers(0, 256, (12, 20, 3), np.uint8).repeat(8, axis=0).repeat(8, axis=1)
        for step in range(length):
            picture = np.roll(place, step * int(generator.integers(1, 4)), axis=1)
            film.append(picture)
    film[100] = np.full_like(film[0], 250)
    return film


@pytest.mark.parametrize("window, alpha, blur", [(100, None, 3), (25, None, 3), (10, None, 3), (25, 0.07, 3)])
def test_picked_numbers_are_exactly_the_published_ones(tmp_path, make_film, pictures, window, alpha, blur):
    film = make_film(tmp_path / "film.mp4", pictures)

    assert chosen(film, window=window, alpha=alpha, blur=blur) == key_frames(film, tmp_path, window, alpha)


def test_cuts_are_found_where_they_are(tmp_path, make_film, scene):
    film = make_film(tmp_path / "film.mp4", scene(1, 60) + scene(2, 60) + scene(3, 60))

    assert {61, 121} <= set(chosen(film, window=50))


def test_of_a_still_film_all_frames_are_equal_and_share_one_picture(tmp_path, make_film, scene):
    film = make_film(tmp_path / "film.mp4", scene(1) * 40, options={"qp": "0", "preset": "ultrafast"})

    picked = list(keyframes.choose(film_frames.frames(film), keyframes.KeyFrames(window=10), 2))

    assert [one.frame.number for one in picked] == list(range(1, 41))
    assert len({id(one.frame.image) for one in picked}) == 1


@pytest.mark.parametrize("alpha", [None, 0.07])
@pytest.mark.parametrize("stop", [30, 101, 160, 214])
def test_a_choice_goes_on_from_any_place_as_if_it_had_not_stopped(tmp_path, make_film, pictures, stop, alpha):
    film = make_film(tmp_path / "film.mp4", pictures)
    settings = {"window": 20, "alpha": alpha}
    whole = chosen(film, **settings)

    first, early = keyframes.KeyFrames(**settings), []
    for frame in film_frames.frames(film):
        if frame.number > stop:
            break
        early += [one.frame.number for one in first.push(frame, first.prepare(frame))]
    past = first.decided()
    rest = keyframes.KeyFrames(**settings, past=past)
    late = [one.frame.number for one in keyframes.choose(film_frames.frames(film, after=past), rest, 2)]

    assert past.number >= stop - 12
    assert early + late == whole
