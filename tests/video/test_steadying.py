"""Pictures carried along a film's motion: what flickers is held, what the film itself changes is not."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from japananime.evaluation import steadiness
from japananime.video.steadying import OVERLAP, Steadier


@pytest.fixture(scope="module")
def texture():
    """Blurred noise, uint8 (120, 200, 3)."""
    rgb = np.random.default_rng(5).integers(0, 256, (120, 200, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(rgb).filter(ImageFilter.GaussianBlur(2)))


def noisy(rgb, strength, seed):
    added = np.random.default_rng(seed).normal(0, strength, rgb.shape)
    return np.clip(np.rint(rgb + added), 0, 255).astype(np.uint8)


def flickering(texture, count=16, right=0):
    """(frames, what is drawn of them) of a camera that goes to the right: areas with hard edges, and noise."""
    frames = [texture[10:110, 10 + right * n : 130 + right * n] for n in range(count)]
    return frames, [noisy(frame // 48 * 40 + 30, 3, n) for n, frame in enumerate(frames)]


def steadied(frames, drawn, first=0, period=None):
    steadier = Steadier(period)
    return [steadier(n, *pair) for n, pair in enumerate(zip(frames, drawn, strict=True), first)]


def test_what_is_drawn_the_same_of_a_still_film_stays_as_it_is(texture):
    made = steadied([texture] * 4, [255 - texture] * 4)
    assert all(np.array_equal(each, 255 - texture) for each in made)


def measured(frames, made):
    waiting = iter(made)
    return steadiness.follow(frames, {"it": lambda rgb: next(waiting)})["it"]


@pytest.mark.parametrize("right", [0, 3])
def test_flicker_is_held_and_lines_stay_crisp(texture, right):
    frames, drawn = flickering(texture, right=right)
    before, after = (measured(frames, made) for made in (drawn, steadied(frames, drawn)))
    assert sum(after.made[4:]) < 0.6 * sum(before.made[4:])
    assert np.mean(after.sharp) == pytest.approx(np.mean(before.sharp), rel=0.02)


def test_the_first_frame_and_the_first_after_a_cut_are_as_they_were_drawn(texture):
    frames, drawn = flickering(texture, 5)
    other = 255 - texture[10:110, 60:180] // 4
    frames, drawn = [*frames, other, other], [*drawn, noisy(other, 6, 8), noisy(other, 6, 9)]
    made = steadied(frames, drawn)
    assert [np.array_equal(*pair) for pair in zip(made, drawn, strict=True)] == [True, *[False] * 4, True, False]


def test_after_a_frame_of_another_size_it_begins_anew(texture):
    made = steadied([texture, texture[:60], texture[:60]], [texture, 255 - texture[:60], texture[:60]])
    assert np.array_equal(made[1], 255 - texture[:60])
    assert made[2].shape == (60, 200, 3)


def test_what_the_film_changes_is_as_it_was_drawn(texture):
    """A lamp goes on in a corner: there nothing of before is left, elsewhere half of it is."""
    light = texture.copy()
    light[:40, :40] = 250
    dark = np.full_like(texture, 100)
    drawn = np.full_like(texture, 120)
    made = steadied([texture, light], [dark, drawn])[1]
    assert (made[8:30, 8:30] == 120).all()
    assert (made[60:, 60:] == 110).all()


def test_nothing_is_held_in_a_frame_that_has_changed_everywhere_without_a_cut():
    """Other noise of the same colours: no cut is seen, and nothing in it is where it was."""
    blocks = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8).repeat(3, 0).repeat(3, 1)
    other = np.ascontiguousarray(blocks[::-1, ::-1])
    dark, drawn = np.full_like(blocks, 100), np.full_like(blocks, 180)
    assert not np.array_equal(steadied([blocks] * 2, [dark, drawn])[1], drawn)
    made = steadied([blocks, other], [dark, drawn])[1]
    assert np.abs(made.astype(int) - drawn).mean() < 8


def test_a_change_of_light_is_followed_a_few_frames_late(texture):
    """Six levels a frame: what has changed everywhere passes for noise, so that exp(-1/4) of 0.85 is kept of before."""
    frames = [texture // 2 + np.uint8(20 + 6 * n) for n in range(15)]
    kept = 0.85 * np.exp(-0.25)
    behind = frames[-1].astype(int) - steadied(frames, frames)[-1]
    assert behind[20:-20, 20:-20].mean() == pytest.approx(6 * kept / (1 - kept), rel=0.05)


def test_a_piece_is_the_same_whoever_makes_it(texture):
    frames, drawn = flickering(texture, 44, right=1)
    whole = steadied(frames, drawn, period=20)
    needed = Steadier(20).first_needed(40)
    assert needed == 40 - OVERLAP == Steadier(20).first_needed(43)
    assert [Steadier(20).first_needed(done) for done in (0, 7, 20)] == [0, 0, 20 - OVERLAP]
    assert Steadier().first_needed(500) == 0
    alone = steadied(frames[needed:], drawn[needed:], needed, period=20)[40 - needed :]
    assert all(np.array_equal(*pair) for pair in zip(whole[40:], alone, strict=True))
    # And hardly anything shows where a piece begins: not more than between any two frames.
    errors = measured(frames, whole).made
    assert errors[20 - 1] < 1.25 * np.mean(errors[5:19])
