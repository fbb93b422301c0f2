"""Faces in films: found by a stand-in that knows a coloured square, drawn by engines of arithmetic."""

import io

import numpy as np
import pytest
from film_samples import Inverse, film, frames, task_of

from japananime.faces import film_overlay, proportions
from japananime.faces.engine import FacesEngine
from japananime.faces.film_overlay import FilmFaces, network_side
from japananime.image.files import Picture
from japananime.stylizing import films as film_stylizing
from japananime.stylizing import real_time
from japananime.stylizing.film_work import FilmSettings
from japananime.video.reading import source as film_source
from japananime.video.writing import sink as film_sink

COUNT, SIZE, SIDE = 22, (96, 128), 24
RED = (250, 30, 30)


def scene(number, height, width):
    """A gray wall, and a red square that goes right by two pixels a frame; from frame 14 on another room without it."""
    picture = np.full((height, width, 3), 90 if number < 14 else 190, np.uint8)
    picture[::2] += np.uint8(4)
    if number < 14:
        left = 20 + 2 * number
        picture[30 : 30 + SIDE, left : left + SIDE] = RED
    return picture


class Finder:
    """Finds the red square; counts what it looks at."""

    def __init__(self):
        self.looked = 0

    def __call__(self, rgb):
        self.looked += 1
        rows, columns = np.nonzero((rgb[..., 0] > 220) & (rgb[..., 1] < 60))
        if not len(rows):
            return np.zeros((0, 4))
        return np.array([[columns.min(), rows.min(), SIDE, 0.99]], np.float64)


class Blue:
    """A face style: everything is blue."""

    def __init__(self):
        self.shapes = []

    def __call__(self, rgb):
        self.shapes.append(rgb.shape)
        return np.full_like(rgb, (0, 0, 200))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("source") / "film.mkv"
    return film(path, COUNT, size=SIZE, codec="ffv1", kind="bgr0", picture=scene, audio=True)


def made_of(source, target, engine, overlay, **settings):
    settings = FilmSettings(codec="ffv1", **settings)
    film_stylizing.make(task_of(source, target, settings), engine, settings, overlay=overlay)
    return [rgb for _, rgb in frames(target)]


def test_the_face_is_drawn_where_it_is_and_the_rest_by_the_other(source, tmp_path):
    finder, blue = Finder(), Blue()
    faces = FacesEngine(blue, finder, margin=0.0)
    made = made_of(source, tmp_path / "out.mkv", Inverse(), FilmFaces(faces))
    # Frames 0, 3, 6, 9, 12 and 13, the last before the cut, and then 14, 17, 20 and 21.
    assert finder.looked == 10
    for number, picture in enumerate(made):
        expected = 255 - scene(number, *SIZE)
        if number < 14:
            left = 20 + 2 * number
            # The middle of the face is in full what the face style makes, and beyond its square nothing is.
            assert (picture[36:48, left + 8 : left + 16] == (0, 0, 200)).all()
            expected[30 : 30 + SIDE, left : left + SIDE] = picture[30 : 30 + SIDE, left : left + SIDE]
        assert np.array_equal(picture, expected)
    # One face, one size for the network; as found it would have been 24.
    assert blue.shapes == [(64, 64, 3)] * 14


def test_without_another_style_the_rest_is_the_film(source, tmp_path):
    engine, overlay = film_overlay.divided(FacesEngine(Blue(), Finder(), margin=0.0))
    made = made_of(source, tmp_path / "out.mkv", engine, overlay)
    assert all(np.array_equal(made[number], scene(number, *SIZE)) for number in range(14, COUNT))
    assert np.array_equal(made[3][:, :20], scene(3, *SIZE)[:, :20])
    assert (made[3][40, 36] == (0, 0, 200)).all()


def test_without_a_face_it_is_said_and_the_film_is_made(source, tmp_path, capsys):
    faces = FilmFaces(FacesEngine(Blue(), lambda rgb: np.zeros((0, 4))))
    made = made_of(source, tmp_path / "out.mkv", Inverse(), faces)
    assert all(np.array_equal(picture, 255 - scene(number, *SIZE)) for number, picture in enumerate(made))
    assert capsys.readouterr().err == f"note: {source}: no faces found\n"


def test_in_real_time_faces_are_looked_for_in_the_film_and_drawn_on_its_small_frames(tmp_path, monkeypatch):
    def speed(work, engine, over=None):
        return 60.0 if engine is real_time._unchanged or (over and work.source.loaded_at == (192, 144)) else 1.0

    monkeypatch.setattr(real_time, "_speed", speed)
    source = film(tmp_path / "film.mkv", COUNT, size=(240, 320), codec="ffv1", kind="bgr0", picture=scene)
    finder, blue, engine = Finder(), Blue(), Inverse()
    made = made_of(source, tmp_path / "out.mkv", engine, FilmFaces(FacesEngine(blue, finder)), speed="realtime")
    assert finder.looked == 10  # once, and not again for the trials
    for number, picture in enumerate(made):
        left = 20 + 2 * number
        middle = picture[40:44, left + 10 : left + 14].astype(int)
        expected = (0, 0, 200) if number < 14 else 255 - scene(number, 240, 320)[41:42, :1].astype(int)
        assert np.abs(middle - expected).max() <= 6


def test_an_engine_without_faces_is_handed_on():
    engine = Inverse()
    assert film_overlay.divided(engine) == (engine, None)
    faces = FacesEngine(Blue(), Finder(), rest=engine)
    drawn, overlay = film_overlay.divided(faces)
    assert drawn is engine and overlay.faces is faces


def test_a_style_that_has_learnt_a_size_is_shown_that(source, tmp_path):
    blue = Blue()
    made_of(source, tmp_path / "out.mkv", Inverse(), FilmFaces(FacesEngine(blue, Finder(), size=48)))
    assert set(blue.shapes) == {(48, 48, 3)}


class Stops(Inverse):
    def __call__(self, rgb):
        if self.calls == 15:
            raise KeyboardInterrupt
        return super().__call__(rgb)


def test_interrupted_and_continued_has_the_same_faces_without_a_second_look(source, tmp_path, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 6)
    whole = made_of(source, tmp_path / "whole.mkv", Inverse(), FilmFaces(FacesEngine(Blue(), Finder())))
    with pytest.raises(KeyboardInterrupt):
        made_of(source, tmp_path / "out.mkv", Stops(), FilmFaces(FacesEngine(Blue(), Finder())))
    finder = Finder()
    made = made_of(source, tmp_path / "out.mkv", Inverse(), FilmFaces(FacesEngine(Blue(), finder)))
    assert finder.looked == 0
    assert all(np.array_equal(one, other) for one, other in zip(made, whole, strict=True))


def test_a_face_that_comes_appears_little_by_little():
    # Looks at a shot of 13 frames, three frames apart: it is found from frame 9 on.
    def found(rgb):
        return np.array([[40.0, 30, SIDE, 0.99]] * bool(rgb[0, 0, 0])).reshape(-1, 4)

    faces = FilmFaces(FacesEngine(Blue(), found, margin=0))
    shown = [np.full((*SIZE, 3), 60 if number >= 8 else 0, np.uint8) for number in range(13)]

    def timed(number):
        picture = Picture(shown[number])
        return film_source.TimedFrame(number, number, 1, lambda: picture, lambda: np.zeros((9, 9, 3), np.uint8))

    ticks = []
    followed = faces.over(faces.survey(map(timed, range(13)), 25.0, lambda: ticks.append(1)))
    assert len(ticks) == 13
    ground = np.full((*SIZE, 3), 100, np.uint8)
    middle = [followed.finish(number, shown[number], ground)[42, 52].tolist() for number in range(13)]
    shares = np.maximum(np.arange(-3, 7) / 6, 0)
    expected = [[100 - 100 * share, 100 - 100 * share, 100 + 100 * share] for share in shares]
    assert np.abs(np.array(middle[:10]) - expected).max() <= 0.5
    assert middle[10:] == [[0, 0, 200]] * 3


def test_what_is_kept_is_plain_numbers(source):
    overlay = FilmFaces(FacesEngine(Blue(), Finder(), margin=0.25))
    kept = overlay.survey(film_source.open_film(source).frames(), 25.0, lambda: None)
    with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
        assert arrays["frames"].tolist() == [0, 3, 6, 9, 12, 13, 14, 17, 20, 21]
        assert arrays["begins"].tolist() == [0, 14]
        assert arrays["counts"].tolist() == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
        # What is followed are the squares that are drawn, with what is around a face.
        assert arrays["boxes"][1].tolist() == [26 - 6, 30 - 6, SIDE + 12, 0.99, 0]


def test_faces_in_the_proportions_of_anime_are_bent_before_anything_is_drawn():
    rows = np.zeros((200, 200, 3), np.uint8) + np.arange(200, dtype=np.uint8)[:, None, None]
    # Eyes 28 pixels apart are in a square of 100, a third from its top.
    face = np.array([[60.0, 60, 80, 0.99, 86, 90, 114, 90, 100, 118.56]])
    faces = FilmFaces(FacesEngine(lambda rgb: rgb, lambda rgb: face, bent=True))
    timed = [film_source.TimedFrame(n, n, 1, lambda: Picture(rows)) for n in range(2)]
    followed = faces.over(faces.survey(timed, 25.0, lambda: None))
    square = proportions.around(face[0])
    bent = followed.prepare(1, rows)
    assert np.array_equal(bent, proportions.bend(rows, square)) and not np.array_equal(bent, rows)
    assert np.abs(followed.finish(1, bent, bent).astype(int) - bent).max() <= 2


def test_sides_for_the_network():
    assert [network_side(side) for side in (10, 64, 65, 96, 97, 128, 129, 500)] == [64, 64, 96, 96, 128, 128, 176, 512]
