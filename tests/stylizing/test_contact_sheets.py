"""A sheet of one photo in several styles."""

import numpy as np
import pytest
from PIL import Image
from samples import paint

from japananime import stylize
from japananime.image import files as image_files
from japananime.image.color import Finish
from japananime.image.contact_sheet import contact_sheet
from japananime.styles import folder as style_folder
from japananime.stylizing import contact_sheets
from japananime.stylizing.planning import Task


def darker(rgb):
    return rgb // 2


def test_a_sheet_of_the_photo_and_every_style(tmp_path, random, capsys):
    source = paint(tmp_path / "a.png", random)
    task = Task(source, tmp_path / "a-styles.png")
    engines = {"dark": darker, "nothing to do": lambda rgb: None}
    assert contact_sheets.make_all([task], engines, Finish(strength=0.5)) == 0
    photo = image_files.read(source).rgb
    half = Finish(strength=0.5)(photo, darker(photo))
    expected = contact_sheet([("photo", photo), ("dark", half), ("nothing to do", photo)])
    assert np.array_equal(image_files.read(task.target).rgb, expected)
    assert capsys.readouterr().out == f"1 of 1 sheets of 2 styles made: {task.target}\n"


def test_a_large_photo_is_made_smaller(tmp_path):
    Image.new("RGBA", (1920, 480), (0, 0, 0, 0)).save(tmp_path / "a.png")
    seen = []
    task = Task(tmp_path / "a.png", tmp_path / "out.png")
    assert contact_sheets.make_all([task], {"x": seen.append}, Finish()) == 0
    assert seen[0].shape == (240, 960, 3)
    assert (seen[0] == 255).all()  # what is transparent is white


def test_a_bad_photo_is_skipped(tmp_path, random, capsys):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    tasks = [
        Task(tmp_path / "bad.png", tmp_path / "1.png"),
        Task(paint(tmp_path / "a.png", random), tmp_path / "2.png"),
    ]
    assert contact_sheets.make_all(tasks, {"dark": darker}, Finish()) == 1
    said = capsys.readouterr()
    assert f"1 of 2 sheets of 1 styles made: {tmp_path / '2.png'}" in said.out
    assert "bad.png: not an image (10 bytes)" in said.err
    assert not (tmp_path / "1.png").exists()


@pytest.fixture
def loaded(monkeypatch):
    """The styles that were loaded, in place of loading them."""
    titles = []
    monkeypatch.setattr(
        contact_sheets.loading.EngineOptions, "load", lambda self, style: titles.append(style.title) or darker
    )
    return titles


def test_the_command_takes_every_bundled_style_for_photos(tmp_path, random, loaded):
    photo = paint(tmp_path / "a.jpg", random)
    assert stylize.main([str(photo), "--style", "all", "--compare"]) == 0
    assert loaded == style_folder.bundled_for_photos()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-styles.png", "a.jpg"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "give --compare too"),
        (["--compare", "--faces"], "--faces takes one style"),
        (["--compare", "--cluster", "local:1"], "--cluster takes one style"),
        (["--compare", "--format", "jpg"], "whose sheets are png"),
        (["--compare", "--direction", "anime2photo"], "of photos into anime"),
        (["--compare", "--out", "x.jpg"], "--format is png; they must agree"),
    ],
)
def test_what_there_is_no_sheet_of(flags, message, tmp_path, random, loaded, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo = paint(tmp_path / "a.png", random)
    assert stylize.main([str(photo), "--style", "all", *flags]) == 2
    assert message in capsys.readouterr().err
    assert loaded == [] and [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_films_have_no_sheet(tmp_path, loaded, capsys):
    (tmp_path / "film.mp4").touch()
    assert stylize.main([str(tmp_path / "film.mp4"), "--style", "all", "--compare"]) == 2
    assert "film.mp4' moves; give photos alone" in capsys.readouterr().err
