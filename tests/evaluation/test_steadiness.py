"""How steady films are, in numbers worked out by hand, and stills moved by a camera."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from japananime.evaluation import steadiness
from japananime.evaluation.steadiness import Motion, Steadiness

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def benchmark(name):
    found = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


synthetic_pans = benchmark("synthetic_pans")
Camera, Flicker = synthetic_pans.Camera, benchmark("flicker").Flicker


def flat(*levels):
    return [np.full((24, 32, 3), level, np.uint8) for level in levels]


@pytest.fixture(scope="module")
def photo():
    rgb = np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(3)))


def still(height=24, width=32):
    return Motion(np.zeros((height, width, 2), np.float32), np.ones((height, width), bool))


def test_the_warping_error_is_the_mean_of_what_does_not_move():
    before = np.tile(np.uint8([[[10], [20], [30], [40]]]), (2, 1, 3))
    now = np.tile(np.uint8([[[20], [30], [46], [0]]]), (2, 1, 3))
    flow = np.zeros((2, 4, 2), np.float32)
    flow[..., 0] = 1
    seen = np.tile([True, True, True, False], (2, 1))
    # All has moved by a column to the left, and a third of what both show is 6 levels lighter.
    assert steadiness.warping_error(now, before, Motion(flow, seen)) == 2.0
    assert steadiness.warping_error(now, before, Motion(flow, np.zeros((2, 4), bool))) == 0.0


def test_sharpness_is_the_variance_of_the_laplacian():
    point = np.zeros((5, 5, 3), np.uint8)
    assert steadiness.sharpness(point) == 0.0
    point[2, 2] = 10
    # -40 in the middle, 10 at its four neighbours: a mean of 0, and squares of 1600 + 4 * 100 over 25 pixels.
    assert steadiness.sharpness(point) == 80.0


def test_a_still_film_has_an_error_of_0():
    found = steadiness.follow(flat(100, 100, 100), {"inverse": lambda rgb: 255 - rgb})["inverse"]
    assert (found.film, found.made, found.score) == ([0, 0], [0, 0], 1.0)
    assert Steadiness(film=[0], made=[1]).score == float("inf")


def test_a_score_is_what_was_made_over_the_film():
    frames = flat(100, 102, 101)
    made = iter(flat(10, 16, 10))
    found = steadiness.follow(frames, {"same": lambda rgb: rgb, "made": lambda rgb: next(made)}, lambda n: still())
    assert found["same"].film == found["same"].made == found["made"].film == [2, 1]
    assert found["made"].made == [6, 6]
    assert found["same"].score == 1.0
    assert found["made"].score == 4.0
    assert np.mean([each.score for each in found.values()]) == 2.5


def test_a_cut_does_not_count(photo):
    first, second = photo[:60, :80], 255 - photo[-60:, -80:] // 4
    found = steadiness.follow([first] * 3 + [second] * 3, {"same": lambda rgb: rgb})["same"]
    assert found.film == [0] * 4


def test_a_camera_tells_exactly_how_pixels_moved(photo):
    size = (48, 64)
    pan = Camera(right=2, down=-1)
    frames = list(synthetic_pans.frames(photo, pan, size, 5, noise=0))
    moved = pan.motion(3, size)
    assert np.array_equal(moved.flow, np.tile(np.float32([2, -1]), (48, 64, 1)))
    # In the newer frame things are two columns further to the left and one row lower.
    assert np.abs(frames[3][1:, :-2].astype(int) - frames[2][:-1, 2:]).max() <= 1
    assert moved.seen[1:, :-2].all() and not moved.seen[0].any() and not moved.seen[:, -2:].any()
    zoom = Camera(nearer=1.25)
    first, second = synthetic_pans.frames(photo, zoom, size, 2, noise=0)
    found = steadiness.warping_error(second, first, zoom.motion(1, size))
    assert found < 0.5 < 4 * found + 4 < steadiness.warping_error(second, first, still(*size))
    # The middle stays; what was half way from it to the edge at 0.8 times the distance is now at 1.
    assert zoom.motion(1, size).flow[0, 0] == pytest.approx([0.2 * 31.5, 0.2 * 23.5])


def test_measured_motion_gives_the_error_of_known_motion(photo):
    size = (72, 96)
    pan = Camera(right=1.5, down=1)
    frames = list(synthetic_pans.frames(photo, pan, size, 3, noise=2))
    known = steadiness.follow(frames, {}, lambda number: pan.motion(number, size))
    assert known == {}
    found = [
        steadiness.follow(frames, {"same": lambda rgb: rgb}, motion_to)["same"].film
        for motion_to in (lambda number: pan.motion(number, size), None)
    ]
    assert found[0] == pytest.approx(found[1], rel=0.1)


def test_noise_is_of_the_strength_given_and_the_same_in_every_run(photo):
    quiet, loud, again = (
        np.stack(list(synthetic_pans.frames(photo, Camera(), (48, 64), 2, noise))).astype(int) for noise in (0, 5, 5)
    )
    assert np.array_equal(loud, again)
    assert (loud - quiet).std() == pytest.approx(5, rel=0.03)
    assert not np.array_equal(loud[0], loud[1])


def test_flicker_by_hand():
    before = np.zeros((3, 1, 2, 3), np.uint8)
    after = np.zeros((3, 1, 2, 3), np.uint8)
    before[1, 0, 0], before[1, 0, 1] = 1, 90  # one pixel stands still but for a level, the other moves
    after[1, 0, 0], after[1, 0, 1] = 4, 200
    before[2] = before[1]
    after[2] = after[1] + 1
    flicker = Flicker()
    for photo, made in zip(before, after, strict=True):
        flicker.add(photo, made)
    # Still: three channels from frame 0 to 1, six from 1 to 2. Input: 3 of 1. Output: 3 of 4 and 6 of 1.
    assert flicker.before == pytest.approx(3 / 9)
    assert flicker.after == pytest.approx(18 / 9)
    assert flicker.score == pytest.approx(6)


def test_flicker_does_not_count_cuts_and_knows_nothing():
    flicker = Flicker()
    assert flicker.score == 1
    flicker.add(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8))
    flicker.cut()
    flicker.add(np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 9, np.uint8))
    assert flicker.score == 1
    flicker.add(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8))
    assert flicker.score == float("inf")
