"""Films made with --steady: what of them is steadied, what stays to the last level, and what happens at every seam."""

import importlib.util
import zlib

import numpy as np
import pytest
from film_samples import Inverse, film, frames, make, packets, task_of
from PIL import Image

from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.pictures import Finish
from japananime.video import bounds
from japananime.video.writing import sink as film_sink

COUNT = 22


class Shimmering(Inverse):
    """A "network" that draws other noise into every frame, and is interrupted after so many."""

    def __init__(self, after=10**9):
        super().__init__()
        self.after = after

    def __call__(self, rgb):
        if self.calls == self.after:
            raise KeyboardInterrupt
        noise = np.random.default_rng(zlib.crc32(rgb.tobytes())).normal(0, 9, rgb.shape)
        return np.clip(super().__call__(rgb) + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A lossless film with sound, in which a block moves."""
    return film(tmp_path_factory.mktemp("source") / "film.mkv", COUNT, codec="ffv1", kind="bgr0", audio=True)


def made_of(source, target, after=10**9, **settings):
    """(the engine, what it made of a film, lossless as well): [(time, rgb)]."""
    engine = Shimmering(after)
    return engine, frames(make(source, engine, target, codec="ffv1", **settings))


def background(film):
    """Where nothing moves, int (frames, ...)."""
    return np.stack([rgb[20:] for _, rgb in film]).astype(int)


def test_flicker_is_held_and_all_else_is_the_same(source, tmp_path):
    _, plain = made_of(source, tmp_path / "plain.mkv")
    _, steady = made_of(source, tmp_path / "steady.mkv", steady=True)
    before, after = (np.abs(np.diff(background(each), axis=0)).mean() for each in (plain, steady))
    assert after < before / 2
    assert [time for time, _ in steady] == [time for time, _ in plain]
    assert np.array_equal(steady[0][1], plain[0][1])
    assert packets(tmp_path / "steady.mkv", "audio") == packets(source, "audio") != []


def test_beside_it_the_photo_is_untouched_and_the_picture_the_same(source, tmp_path):
    settings = FilmSettings(codec="ffv1", steady=True)
    task = task_of(source, tmp_path / "made.mkv", settings, compare=True)
    film_stylizing.make(task, Shimmering(), settings)
    for (_, both), (_, photo), (_, picture) in zip(
        frames(task.comparison), frames(source), frames(task.target), strict=True
    ):
        assert np.array_equal(both, np.concatenate([photo, picture], axis=1))


def test_the_photo_s_share_is_not_steadied(source, tmp_path):
    _, made = made_of(source, tmp_path / "made.mkv", steady=True, finish=Finish(strength=0.0))
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(made, frames(source), strict=True))


def test_a_preview_begins_like_a_film(source, tmp_path):
    _, steady = made_of(source, tmp_path / "steady.mkv", steady=True, preview=0.4)
    _, plain = made_of(source, tmp_path / "plain.mkv", preview=0.4)
    equal = [np.array_equal(a, b) for (_, a), (_, b) in zip(steady, plain, strict=True)]
    assert equal == [True, *[False] * 10]


def test_interrupted_and_continued_is_the_same_film(source, tmp_path, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 6)
    _, whole = made_of(source, tmp_path / "whole.mkv", steady=True)
    with pytest.raises(KeyboardInterrupt):
        made_of(source, tmp_path / "parts.mkv", after=20, steady=True)
    ticks = []
    settings = FilmSettings(codec="ffv1", steady=True)
    engine = Shimmering()
    line = film_stylizing.make(task_of(source, tmp_path / "parts.mkv", settings), engine, settings, ticks.append)
    # Three pieces of six frames are safe. What is made anew begins twelve frames before the fourth.
    assert (ticks.count(False), ticks.count(True), engine.calls) == (18, 4, 16)
    assert "22 frames" in line and "18 of them made before" in line
    parts = frames(tmp_path / "parts.mkv")
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(parts, whole, strict=True))


def test_an_animation_goes_on_where_it_was(tmp_path):
    images = [Image.fromarray(np.full((48, 64, 3), 100 + number, np.uint8)) for number in range(6)]
    images[0].save(tmp_path / "moving.webp", save_all=True, append_images=images[1:], lossless=True, duration=40)
    whole = make(tmp_path / "moving.webp", Shimmering(), tmp_path / "whole.webp", steady=True)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "moving.webp", Shimmering(4), tmp_path / "parts.webp", steady=True)
    make(tmp_path / "moving.webp", Shimmering(), tmp_path / "parts.webp", steady=True)
    assert (tmp_path / "parts.webp").read_bytes() == whole.read_bytes()


def test_frames_of_other_sizes_in_a_folder(tmp_path):
    (tmp_path / "frames").mkdir()
    for number, height in enumerate((40, 40, 30)):
        Image.fromarray(np.full((height, 50, 3), 90, np.uint8)).save(tmp_path / "frames" / f"{number}.png")
    settings = FilmSettings(steady=True)
    task = task_of(tmp_path / "frames", None, settings, frames=True)
    film_stylizing.make(task, Inverse(), settings)
    made = [image_files.read(task.target / f"{number}.png").rgb for number in range(3)]
    assert [(rgb.shape, int(rgb.min()), int(rgb.max())) for rgb in made] == [
        ((40, 50, 3), 165, 165), ((40, 50, 3), 165, 165), ((30, 50, 3), 165, 165),
    ]  # fmt: skip


def test_it_is_said_where_opencv_is_missing(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cv2" else find(name))
    FilmSettings().check()
    with pytest.raises(UserError, match=r"--steady needs OpenCV.*pip install .*\[steady\]"):
        FilmSettings(steady=True).check()


def test_memory_is_asked_for_before_the_work(source, tmp_path, monkeypatch):
    most = 48 * 64 * (bounds.PIXEL + bounds.STEADIED)
    monkeypatch.setattr(bounds, "LEAST", 0)
    make(source, Inverse(), tmp_path / "enough.mkv", steady=True, memory=most)
    make(source, Inverse(), tmp_path / "without.mkv", memory=most - 1)
    with pytest.raises(UserError, match="pictures of 64×48 pixels take about"):
        make(source, Inverse(), tmp_path / "more.mkv", steady=True, memory=most - 1)
