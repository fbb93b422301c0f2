"""japananime.stylizing.planning: what is made of what, seen whole before any work."""

import os

import pytest
from PIL import Image

from japananime.base.errors import UserError
from japananime.stylizing import planning
from japananime.stylizing.planning import Wanted

NEW = Wanted("new")


def photo(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path)
    return path


def moving(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    first, second = (Image.new("RGB", (8, 8), color) for color in ("red", "blue"))
    first.save(path, save_all=True, append_images=[second])
    return path


def film(path):
    """A file that is a film by its name, which is all that planning looks at."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def planned(folder, inputs, out=None, wanted=NEW):
    """{source: target}, both as text below `folder`; the photos first."""
    plan = planning.plan(inputs, out, wanted)
    return {
        str(task.source.relative_to(folder)): str(task.target.relative_to(folder)) for task in plan.photos + plan.films
    }


def test_photos_and_films_for_one_place_are_refused_before_the_work(tmp_path):
    moving(tmp_path / "d1" / "a.webp")
    photo(tmp_path / "d2" / "a.webp")
    with pytest.raises(UserError, match="d2/a.webp' and '.*d1/a.webp' would both become '.*out/a.webp'"):
        planning.plan([tmp_path / "d1", tmp_path / "d2"], tmp_path / "out", NEW)


def test_films_and_photos_of_a_folder_are_told_apart(tmp_path):
    for name in ("a.avi", "a.wmv", "b.mkv", "deep/a.avi"):
        film(tmp_path / "in" / name)
    moving(tmp_path / "in" / "c.webp")
    photo(tmp_path / "in" / "c.bmp")
    assert planned(tmp_path, [tmp_path / "in"], wanted=Wanted("new", format="webp")) == {
        "in/c.bmp": "in-new/c.bmp.webp",
        "in/a.avi": "in-new/a.avi.mkv",
        "in/a.wmv": "in-new/a.wmv.mkv",
        "in/b.mkv": "in-new/b.mkv",
        "in/c.webp": "in-new/c.webp.webp",
        "in/deep/a.avi": "in-new/deep/a.mkv",
    }


def test_names_that_differ_in_case_alone_are_told_apart(tmp_path):
    photo(tmp_path / "in" / "a.jpg")
    if (tmp_path / "in" / "A.jpg").exists():
        pytest.skip("one file on this file system")
    photo(tmp_path / "in" / "A.jpg")
    photo(tmp_path / "in" / "a-2.jpg")
    assert planned(tmp_path, [tmp_path / "in"]) == {
        "in/A.jpg": "in-new/A.jpg",
        "in/a-2.jpg": "in-new/a-2.jpg",
        "in/a.jpg": "in-new/a-3.jpg",
    }


def test_files_named_one_by_one_are_told_apart_likewise(tmp_path):
    inputs = [film(tmp_path / "a.mkv"), film(tmp_path / "a.avi"), photo(tmp_path / "b.bmp"), photo(tmp_path / "b.png")]
    assert planned(tmp_path, inputs) == {
        "b.bmp": "b.bmp-new.png",
        "b.png": "b.png-new.png",
        "a.mkv": "a.mkv-new.mkv",
        "a.avi": "a.avi-new.mkv",
    }


def test_an_input_is_never_overwritten(tmp_path):
    one, other = photo(tmp_path / "a.jpg"), photo(tmp_path / "a-new.jpg")
    with pytest.raises(UserError, match="would overwrite '.*a-new.jpg'"):
        planning.plan([one, other], None, NEW)
    made, source = film(tmp_path / "b-new.mkv"), film(tmp_path / "b.avi")
    with pytest.raises(UserError, match="would overwrite '.*b-new.mkv'"):
        planning.plan([made, source], None, NEW)
    frame, cat = photo(tmp_path / "frames" / "cat-new.png"), photo(tmp_path / "cat.png")
    with pytest.raises(UserError, match="would overwrite '.*cat-new.png'"):
        planning.plan([frame.parent, cat], frame.parent, Wanted("new", frames=True))


def test_comparisons_keep_apart_too(tmp_path):
    for name in ("a.jpg", "a-compare.jpg"):
        photo(tmp_path / "in" / name)
    plan = planning.plan([tmp_path / "in"], None, Wanted("new", compare=True))
    assert sorted(path.name for path in plan.targets) == [
        "a-2-compare.jpg", "a-compare-compare.jpg", "a-compare.jpg", "a.jpg",
    ]  # fmt: skip


def test_an_input_given_twice_is_made_once(tmp_path):
    path = photo(tmp_path / "in" / "a.jpg")
    assert planned(tmp_path, [path, path, path.parent / ".." / "in" / "a.jpg"]).keys() == {"in/a.jpg"}


def test_what_was_made_before_is_no_source(tmp_path):
    photo(tmp_path / "in" / "a.jpg")
    photo(tmp_path / "in" / "made" / "a.jpg")
    film(tmp_path / "in" / "made" / "b.mkv.parts" / "made" / "000000.mkv")
    film(tmp_path / "in" / "c.mkv.parts" / "made" / "000000.mkv")
    assert planned(tmp_path, [tmp_path / "in"], tmp_path / "in" / "made") == {"in/a.jpg": "in/made/a.jpg"}


def test_several_inputs_and_a_preview(tmp_path):
    photo(tmp_path / "in" / "a.jpg")
    photo(tmp_path / "in" / "deep" / "京都.PNG")
    inputs = [tmp_path / "in" / "a.jpg", tmp_path / "in" / "deep", film(tmp_path / "b.avi")]
    assert planned(tmp_path, inputs, tmp_path / "out", Wanted("new", format="webp", preview=True)) == {
        "in/a.jpg": "out/a-new.webp",
        "in/deep/京都.PNG": "out/京都.webp",
        "b.avi": "out/b-new-preview.mkv",
    }
    assert planned(tmp_path, [tmp_path / "b.avi"], tmp_path / "c.mp4", Wanted("new", preview=True)) == {
        "b.avi": "c-preview.mp4"
    }


def test_folders_of_frames_keep_apart(tmp_path):
    folders = [photo(tmp_path / name / "1.png").parent for name in ("one", "two")]
    assert planned(tmp_path, folders, tmp_path / "out", Wanted("new", frames=True)) == {
        "one": "out/one",
        "two": "out/two",
    }
    assert planned(tmp_path, folders[:1], tmp_path / "out", Wanted("new", frames=True)) == {"one": "out"}
    assert planned(tmp_path, folders, None, Wanted("new", frames=True)) == {"one": "one-new", "two": "two-new"}


@pytest.mark.parametrize("inputs", [["a.jpg", "b.jpg"], ["."]])
@pytest.mark.parametrize("name", ["new.png", "new.mp4"])
def test_a_file_name_for_several_is_refused(tmp_path, inputs, name):
    for each in ("a.jpg", "b.jpg"):
        photo(tmp_path / each)
    with pytest.raises(
        UserError, match=rf"--out is '.*{name}', the name of one file, and .* given; it must be a folder"
    ):
        planning.plan([tmp_path / each for each in inputs], tmp_path / name, NEW)
    (tmp_path / name).mkdir()
    assert len(planning.plan([tmp_path / each for each in inputs], tmp_path / name, NEW).photos) == 2


def test_names_that_fill_a_name_up_are_shortened(tmp_path):
    long = photo(tmp_path / "in" / ("a" * 251 + ".jpg"))
    assert planned(tmp_path, [tmp_path / "in"]) == {f"in/{long.name}": f"in-new/{long.name}"}
    (task,) = planning.plan([long], None, Wanted("new", compare=True)).photos
    for path in (task.target, task.comparison):
        assert len(path.name) == 255
        photo(path)
    assert task.target.name.endswith("-new.jpg") and task.comparison.name.endswith("-compare.jpg")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.jpg", "which does not exist; it must be a photo, a film or a folder of them"),
        ("void", "a folder without photos .* and without films"),
        ("pipe.mp4", "a pipe; it must be a file"),
    ],
)
def test_what_cannot_be_planned(tmp_path, name, words):
    (tmp_path / "void").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UserError, match=words):
        planning.plan([tmp_path / name], None, NEW)


def test_a_film_needs_the_name_of_a_film(tmp_path):
    with pytest.raises(UserError, match="a film's name must end in .*\\.mkv.*\\.gif"):
        planning.plan([film(tmp_path / "a.avi")], tmp_path / "b.jpg", NEW)


def test_other_kinds_are_handed_on_and_what_telephones_write_becomes_jpg(tmp_path):
    for name in ("a.HEIC", "b.avif", "c.jpg", "c.cr2", "notes.txt"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    plan = planning.plan([tmp_path / "in"], tmp_path / "out", planning.Wanted("cel"))
    assert [task.target.name for task in plan.photos] == ["a.jpg", "b.jpg", "c.jpg"]
    assert sorted(path.name for path in plan.others) == ["c.cr2", "notes.txt"]
    assert planning.plan([tmp_path / "in" / "c.jpg"], None, planning.Wanted("cel")).others == ()


def test_earlier_results_among_the_photos_are_passed_over(tmp_path):
    """In this style and made of what lies beside them; other names that end alike are photos."""
    photos = tmp_path / "photos"
    names = [
        "a.jpg",
        "a-new.jpg",
        "a-new-compare.jpg",
        "b-new.jpg",
        "c/a.png",
        "c-new/a.png",
        "d-new/a.png",
        "-new.jpg",
    ]
    for name in names:
        photo(photos / name)
    plan = planning.plan([photos], None, NEW)
    assert sorted(str(task.source.relative_to(photos)) for task in plan.photos) == [
        "-new.jpg",
        "a.jpg",
        "b-new.jpg",
        "c/a.png",
        "d-new/a.png",
    ]
    assert sorted(str(path.relative_to(photos)) for path in plan.made) == [
        "a-new-compare.jpg",
        "a-new.jpg",
        "c-new/a.png",
    ]
    # Named by itself, each is what is asked for.
    assert [task.target.name for task in planning.plan([photos / "a-new.jpg"], None, NEW).photos] == ["a-new-new.jpg"]


def test_an_empty_path_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(photo(tmp_path / "a.jpg").parent)
    with pytest.raises(UserError, match="--in is '', an empty path"):
        planning.plan([""], None, NEW)
