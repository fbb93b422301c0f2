"""Shots and their statistics, with numbers worked out by hand."""

import numpy as np

from japananime.image.files import Picture
from japananime.video.cuts import CutFinder
from japananime.video.frames import TimedFrame
from japananime.video.shot_statistics import WINDOW, FilmStatistics, survey


def frames(levels):
    """A film of flat gray frames."""
    for number, level in enumerate(levels):
        picture = Picture(np.full((32, 32, 3), level, np.uint8))
        yield TimedFrame(number, number, 1, lambda picture=picture: picture)


def measure(pictures):
    """ "Statistics": the mean level."""
    level = np.mean([picture.mean() for picture in pictures], dtype=np.float32)
    return {"only": (np.full(2, level, np.float32), np.zeros(2, np.float32))}


def levels(statistics, numbers):
    return [float(statistics.at(number)["only"][0][0]) for number in numbers]


def test_a_cut_is_found_and_slow_change_is_none():
    finder = CutFinder()
    random = np.random.default_rng(1)
    dark, light = (random.integers(low, low + 60, (36, 64, 3)).astype(np.uint8) for low in (10, 170))
    frames = [dark] * 10 + [light] * 10 + [light - np.uint8(3 * step) for step in range(30)] + [dark] * 3
    found = [number for number, frame in enumerate(frames) if finder(frame)]
    assert found == [0, 10, 50]


def test_a_camera_that_moves_makes_no_cut():
    random = np.random.default_rng(1)
    wide = np.kron(random.integers(0, 256, (9, 60, 3)), np.ones((4, 8, 1))).astype(np.uint8)
    finder = CutFinder()
    assert [number for number in range(100) if finder(wide[:, 3 * number : 3 * number + 64])] == [0]


def test_statistics_change_at_a_cut_and_not_before():
    statistics = survey(frames([50] * 20 + [200] * 30), measure)
    assert statistics.begins == [0, 20]
    assert levels(statistics, [0, 10, 19, 20, 49]) == [50, 50, 50, 200, 200]


def test_in_a_long_shot_statistics_are_statistics_in_equal_steps():
    # Brighter by one level every window: measured 100, 101, 102 at the windows' middles.
    statistics = survey(frames([100 + number // WINDOW for number in range(3 * WINDOW)]), measure)
    middle = (WINDOW - 1) / 2
    assert statistics.begins == [0] and statistics.places == [middle, middle + WINDOW, middle + 2 * WINDOW]
    quarter = middle + WINDOW / 4
    assert levels(statistics, [0, middle, quarter, middle + WINDOW, 3 * WINDOW - 1]) == [100, 100, 100.25, 101, 102]


def test_a_short_rest_of_a_shot_is_not_measured_by_itself():
    statistics = survey(frames([100] * (WINDOW + 10)), measure)
    assert len(statistics.places) == 1
    assert survey(frames([7]), measure).places == [0]


def test_statistics_survive_a_file(tmp_path):
    statistics = survey(frames([50] * 20 + [200] * 30), measure)
    (tmp_path / "file.npz").write_bytes(statistics.to_bytes())
    again = FilmStatistics.from_file(tmp_path / "file.npz")
    assert levels(again, range(50)) == levels(statistics, range(50))
    assert again.begins == statistics.begins
