"""Films made in chunks, in any order, by whoever is there: the same film as made in one."""

import dataclasses
import os

import numpy as np
import pytest
from film_samples import Centred, Inverse, film, frames, packets

from japananime.base.errors import UserError
from japananime.faces.engine import FacesEngine
from japananime.faces.film_overlay import FilmFaces
from japananime.stylizing import film_chunks
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_work import SETTINGS_FILE, FilmSettings, FilmWork, work_of
from japananime.stylizing.pictures import Finish
from japananime.stylizing.planning import Task
from japananime.video.writing import sink as film_sink


@pytest.fixture
def short_pieces(monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 4)


def make_in_chunks(task, settings, engine, order=reversed, pieces=2, overlay=None):
    chunks, _ = film_chunks.begin(task, settings, pieces)
    film_chunks.look(task, settings, engine, overlay)
    made = {chunk: film_chunks.make(task, settings, engine, chunk, overlay) for chunk in order(chunks)}
    return film_chunks.join(task, settings, chunks, [made[chunk] for chunk in chunks]), chunks


@pytest.mark.parametrize(
    ("engine", "steady"),
    [(Inverse(), False), (Centred(), False), (Inverse(), True)],
    ids=["plain", "normalised", "steady"],
)
def test_a_film_in_chunks_is_the_film_in_one(tmp_path, short_pieces, engine, steady):
    source = film(tmp_path / "film.mkv", 22, audio=True)
    settings = FilmSettings(codec="ffv1", steady=steady)
    whole, chunkd = (
        Task(source, tmp_path / f"{name}.mkv", tmp_path / f"{name}-compare.mkv") for name in ("whole", "chunkd")
    )
    film_stylizing.make(whole, engine, settings)
    line, chunks = make_in_chunks(chunkd, settings, engine)
    assert line == f"{chunkd.target}: 22 frames"
    assert [(chunk.first, chunk.stop) for chunk in chunks] == [(0, 8), (8, 16), (16, None)]
    for one, other in ((whole.target, chunkd.target), (whole.comparison, chunkd.comparison)):
        assert [time for time, _ in frames(one)] == [time for time, _ in frames(other)]
        assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(frames(one), frames(other), strict=True))
    assert packets(chunkd.target, "audio") == packets(whole.target, "audio")
    assert not work_of(chunkd).exists()


def test_faces_are_the_same_on_both_sides_of_a_border(tmp_path, short_pieces):
    looked = []

    def bright(rgb):
        """The moving block of the film, for a face that the detector is never quite sure where it is."""
        looked.append(1)
        columns = np.nonzero(rgb[10, :, 0] > 230)[0]
        return np.array([[columns.min() + len(looked) % 3, 4, 12, 0.99]] * (len(columns) > 6)).reshape(-1, 4)

    def overlay():
        looked.clear()
        return FilmFaces(FacesEngine(lambda rgb: rgb // 2, bright, margin=0.1))

    source = film(tmp_path / "film.mkv", 22, codec="ffv1", kind="bgr0")
    settings = FilmSettings(codec="ffv1")
    whole, chunkd = (Task(source, tmp_path / f"{name}.mkv") for name in ("whole", "chunkd"))
    film_stylizing.make(whole, Inverse(), settings, overlay=overlay())
    assert len(looked) == 8
    make_in_chunks(chunkd, settings, Inverse(), overlay=overlay())
    assert len(looked) == 8
    plain = Task(source, tmp_path / "plain.mkv")
    film_stylizing.make(plain, Inverse(), settings)
    one, other, without = (frames(task.target) for task in (whole, chunkd, plain))
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(one, other, strict=True))
    assert not any(np.array_equal(a, b) for (_, a), (_, b) in zip(one, without, strict=True))


def test_a_chunk_goes_on_after_its_last_whole_piece(tmp_path, short_pieces):
    task = Task(film(tmp_path / "film.mkv", 30), tmp_path / "made.mkv")
    settings, engine = FilmSettings(codec="ffv1"), Inverse()
    chunks, _ = film_chunks.begin(task, settings, 3)
    film_chunks.look(task, settings, engine)

    class Dying(Inverse):
        def __call__(self, rgb):
            if self.calls == 6:
                raise InterruptedError
            return super().__call__(rgb)

    with pytest.raises(InterruptedError):
        film_chunks.make(task, settings, Dying(), chunks[1])
    engine.calls = 0
    # The piece of frames 12 to 15 was whole; what came after is made again.
    assert film_chunks.make(task, settings, engine, chunks[1]) == 18
    assert engine.calls == 14
    assert film_chunks.make(task, settings, engine, chunks[1]) == 18
    assert engine.calls == 14
    assert film_chunks.make(task, settings, engine, chunks[0]) == 12
    assert film_chunks.join(task, settings, chunks, [12, 18]) == f"{task.target}: 30 frames"
    assert len(frames(task.target)) == 30


def test_more_frames_than_announced_and_fewer(tmp_path, short_pieces):
    task = Task(film(tmp_path / "film.mkv", 10), tmp_path / "made.mkv")
    settings, engine = FilmSettings(codec="ffv1"), Inverse()
    film_chunks.begin(task, settings, 1)
    # Had the film been thought three times as long, the last chunks would find nothing.
    chunks = [film_chunks.Chunk(number, 4 * number, 4 * number + 4) for number in range(6)]
    counts = [film_chunks.make(task, settings, engine, chunk) for chunk in chunks]
    assert counts == [4, 4, 2, 0, 0, 0]
    assert film_chunks.join(task, settings, chunks, counts) == f"{task.target}: 10 frames"
    assert len(frames(task.target)) == 10


def test_a_film_with_a_hole_is_not_joined(tmp_path, short_pieces):
    task = Task(film(tmp_path / "film.mkv", 12), tmp_path / "made.mkv")
    settings = FilmSettings(codec="ffv1")
    chunks, _ = film_chunks.begin(task, settings, 1)
    with pytest.raises(UserError, match="chunk 1 has 3 frames and others follow"):
        film_chunks.join(task, settings, chunks, [4, 3, 4])
    film_chunks.make(task, settings, Inverse(), chunks[0])
    with pytest.raises(UserError, match="is gone or damaged"):
        film_chunks.join(task, settings, chunks, [4, 4, 4])


def test_another_division_begins_anew(tmp_path, short_pieces):
    task = Task(film(tmp_path / "film.mkv", 12), tmp_path / "made.mkv")
    settings, engine = FilmSettings(codec="ffv1"), Inverse()
    chunks, _ = film_chunks.begin(task, settings, 1)
    film_chunks.make(task, settings, engine, chunks[0])
    film_chunks.begin(task, settings, 1)
    engine.calls = 0
    film_chunks.make(task, settings, engine, chunks[0])
    assert engine.calls == 0
    for division in ((settings, 2), (dataclasses.replace(settings, finish=Finish(strength=0.5)), 2)):
        (first, *_), _ = film_chunks.begin(task, *division)
        engine.calls = 0
        film_chunks.make(task, division[0], engine, first)
        assert engine.calls == 8


def test_division(tmp_path, short_pieces):
    task, settings = Task(film(tmp_path / "film.mkv", 100), tmp_path / "made.mkv"), FilmSettings(codec="ffv1")
    # 25 pieces; each of so many workers is to have four chunks, and no chunk more than 40 pieces.
    assert [film_chunks.division(task, settings, workers) for workers in (1, 2, 3, 100)] == [6, 3, 2, 1]
    film_chunks.begin(task, settings, 5)
    assert film_chunks.division(task, settings, 100) == 5


def test_two_processes_do_not_make_the_same_film(tmp_path, short_pieces):
    task, settings = Task(film(tmp_path / "film.mkv", 10), tmp_path / "made.mkv"), FilmSettings(codec="ffv1")
    with (
        FilmWork(task, settings).held(),
        pytest.raises(UserError, match=f"made.mkv.parts', where process {os.getpid()}"),
    ):
        film_stylizing.make(task, Inverse(), settings)
    assert not task.target.exists()
    assert film_stylizing.make(task, Inverse(), settings).startswith(f"{task.target}: 10 frames")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["film.mkv", "made.mkv"]


@pytest.mark.parametrize("text", ["[1]", "3", "{", '{"pieces": "x"}', '{"pieces": -1}', "null"])
def test_damaged_notes_are_no_end(tmp_path, short_pieces, text):
    task, settings = Task(film(tmp_path / "film.mkv", 30), tmp_path / "made.mkv"), FilmSettings(codec="ffv1")
    chunks, _ = film_chunks.begin(task, settings, 2)
    folder = work_of(task)
    (folder / SETTINGS_FILE).write_text(text)
    assert film_chunks.division(task, settings, 1) == 1
    chunks, _ = film_chunks.begin(task, settings, 2)
    (folder / chunks[0].place).mkdir()
    (folder / chunks[0].place / film_chunks.DONE_FILE).write_text(text if text != "3" else "[]")
    assert film_chunks.make(task, settings, Inverse(), chunks[0]) == 8
