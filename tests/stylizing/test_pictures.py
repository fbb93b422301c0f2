"""Photos made one by one: what is said where the disk is full."""

import errno
import io
import os

import numpy as np
import pytest
from film_samples import Inverse, film, task_of
from PIL import Image

from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.image.color import Finish
from japananime.stylizing import films as film_stylizing
from japananime.stylizing import pictures, planning
from japananime.stylizing.film_work import FilmSettings
from japananime.video.writing.sink import FilmSink


@pytest.fixture
def tasks(tmp_path):
    for number in range(4):
        Image.new("RGB", (8, 6), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return planning.plan([tmp_path], tmp_path / "out", planning.Wanted("new")).photos


def full(path, *more, **options):
    raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/temporary")


def test_a_full_disk_ends_the_run_at_the_first_and_names_what_was_to_be_written(tasks, monkeypatch, capsys):
    (write, count) = image_files.write, io.StringIO()

    def second_fails(path, picture, **options):
        count.write(".")
        return full(path) if count.tell() == 2 else write(path, picture, **options)

    tasks[0].target.parent.mkdir()
    monkeypatch.setattr(pictures.image_files, "write", second_fails)
    with pytest.raises(UserError, match="1 of 4 pictures are made; make room and start again") as error:
        pictures.make_all(tasks, Inverse(), Finish(), 95)
    assert str(error.value).startswith(f"{tasks[1].target}: cannot be written (No space left on device)")
    assert count.tell() == 2
    assert capsys.readouterr().err == ""
    assert np.array_equal(image_files.read(tasks[0].target).rgb[0, 0], [255, 255, 255])


def test_a_full_disk_ends_a_run_of_films_too(tmp_path, monkeypatch):
    films = [task_of(film(tmp_path / f"{name}.mkv", 3)) for name in "ab"]
    monkeypatch.setattr(FilmSink, "finish", full)
    with pytest.raises(UserError, match=r"a-new\.mkv: cannot be finished \(No space left on device\); what is made is"):
        film_stylizing.make_all(films, Inverse(), FilmSettings())
    assert not films[1].target.exists()


def test_what_killed_runs_left_beside_pictures_goes_and_nothing_else(tasks, capsys):
    out = tasks[0].target.parent
    out.mkdir()
    old = [out / name for name in (".japananime-abcdefgh.part", ".other-abcdefgh.part", "a.part", ".japananime-x.part")]
    new = out / ".japananime-abcdefg2.part"
    for path in (*old, new):
        path.write_text("half")
    for path in old:
        os.utime(path, (1, 1))
    (out / ".japananime-abcdefg3.part").symlink_to(old[1])
    assert pictures.make_all(tasks, Inverse(), Finish(), 95) == 0
    assert not old[0].exists()
    assert all(path.exists() for path in (*old[1:], new, out / ".japananime-abcdefg3.part"))
