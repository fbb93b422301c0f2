"""tools/image_cutting.py: the published areas, and the same in proportion."""

import re

import numpy as np
import pytest

from japananime.datasets import cutting
from japananime.image.files import read_rgb


@pytest.fixture
def run(tool):
    return tool("image_cutting").main


@pytest.fixture
def frame():
    """A frame at 1080p that says at every pixel where it is: red and green the column, blue and green the row."""
    y, x = np.mgrid[:1080, :1920]
    return np.stack([x % 256, x // 256 * 16 + y // 256, y % 256], axis=-1).astype(np.uint8)


def test_the_published_bounds_at_1080p():
    rows = [(150, 284), (540, 674)]
    columns = [(0, 384), (640, 1024), (1280, 1664)]
    assert cutting.margin(1080, (140, 940, 0, 1920)) == 150
    assert cutting.bounds(1080, 1920, margin=150) == [(y, x) for y in rows for x in columns]


def test_the_same_geometry_in_proportion():
    assert cutting.margin(2160, (140, 2020, 0, 3840)) == 300
    assert cutting.bounds(2160, 3840, size=512, margin=300) == [
        ((2 * a, 2 * b), (2 * c, 2 * d)) for (a, b), (c, d) in cutting.bounds(1080, 1920, margin=150)
    ]
    assert cutting.bounds(720, 1280, margin=100)[0] == ((100, 104), (0, 171))
    assert cutting.bounds(1080, 1920, rows=1, columns=1, margin=150) == [((150, 674), (0, 1664))]


def test_only_bars_have_a_margin():
    assert cutting.margin(1080, None) == 0
    assert cutting.margin(1080, (0, 1080, 200, 1720)) == 0  # at the sides
    assert cutting.margin(1080, (0, 700, 0, 1920)) == 0  # a dark floor
    assert cutting.margin(1080, (200, 900, 0, 1920)) == 200  # higher than the published margin
    assert cutting.bounds(800, 1920) == [
        (y, x) for y in [(0, 144), (400, 544)] for x in [(0, 384), (640, 1024), (1280, 1664)]
    ]


def test_every_row_is_seen_where_the_bars_are_gone_and_none_of_a_bar(run, tmp_path, save):
    inside = np.broadcast_to(np.arange(800)[:, None, None] // 4 + 40, (800, 400, 3)).astype(np.uint8)
    for name, rows in (("gone", 0), ("barred", 140)):
        save(tmp_path / name / "a.png", np.pad(inside, ((rows, rows), (0, 0), (0, 0))))
        for seed in range(40):
            assert run([str(tmp_path / name), "--areas", "2x1", "--seed", str(seed), "--format", "png"]) == 0
        levels = {level for path in (tmp_path / f"{name}-cut").iterdir() for level in np.unique(read_rgb(path))}
        assert min(levels) < (42 if name == "gone" else 45) and max(levels) > (237 if name == "gone" else 234)
        assert min(levels) >= 40


@pytest.mark.parametrize("height, width", [(256, 256), (256, 1920), (480, 640), (575, 1023), (1080, 300), (2160, 4096)])
def test_windows_lie_in_pictures_of_any_size(height, width):
    for (top, bottom), (left, right) in cutting.bounds(height, width):
        assert 0 <= top <= bottom <= height - 256
        assert 0 <= left <= right <= width - 256


def test_all_places_within_the_bounds_come_and_no_other():
    settings = [cutting.Settings(seed=seed) for seed in range(3000)]
    places = np.array([cutting.windows(1080, 1920, "frame", one, 150)[0] for one in settings])
    assert places.min(axis=0).tolist() == [150, 0]
    assert places.max(axis=0).tolist() == [284, 384]


def test_windows_that_fall_together_are_given_once():
    assert cutting.windows(256, 256, "frame", cutting.Settings()) == [(0, 0)]


def test_pictures_are_what_their_names_say(run, tmp_path, frame, save):
    save(tmp_path / "frames" / "deep" / "a b 夏.png", frame)

    assert run([str(tmp_path / "frames"), "--format", "png"]) == 0

    made = sorted((tmp_path / "frames-cut" / "deep").iterdir())
    assert len(made) == 6
    for path in made:
        y, x = map(int, re.fullmatch(r"a b 夏-y(\d{4})-x(\d{4})", path.stem).groups())
        assert np.array_equal(read_rgb(path), frame[y : y + 256, x : x + 256])


def test_same_seed_same_pictures_whatever_else_is_cut(run, tmp_path, frame, save):
    for name in ("a.png", "b.png"):
        save(tmp_path / "frames" / name, frame)
    for out, flags in (("one", ["--seed", "1"]), ("again", ["--seed", "1"]), ("other", ["--seed", "2"])):
        run([str(tmp_path / "frames"), "--out", str(tmp_path / out), *flags])
    run([str(tmp_path / "frames" / "b.png"), "--out", str(tmp_path / "alone"), "--seed", "1"])

    one, again, other, alone = (
        {path.name for path in (tmp_path / out).iterdir()} for out in ("one", "again", "other", "alone")
    )
    assert len(one) == 12
    assert one == again
    assert one & other == set()
    assert alone == {name for name in one if name.startswith("b-")}


def test_scale_size_and_areas(run, tmp_path, frame, save):
    path = save(tmp_path / "frame.png", frame)
    assert run([str(path), "--scale", "0.5", "--size", "128", "--areas", "1x2", "--out", str(tmp_path / "out")]) == 0
    made = list((tmp_path / "out").iterdir())
    assert len(made) == 2
    assert all(read_rgb(one).shape == (128, 128, 3) for one in made)


def test_small_and_unreadable_frames_are_told_and_the_others_cut(run, tmp_path, frame, save, capsys):
    save(tmp_path / "frames" / "good.png", frame)
    save(tmp_path / "frames" / "small.png", frame[:255])
    (tmp_path / "frames" / "broken.png").write_bytes(b"no picture")

    assert run([str(tmp_path / "frames"), str(tmp_path / "nothing"), "--out", str(tmp_path / "out")]) == 1

    told = capsys.readouterr()
    assert "small.png: 1920×255, too small to cut 256×256 from" in told.err
    assert "broken.png: not an image" in told.err
    assert "nothing: no such file or folder" in told.err
    assert "6 pictures cut from 1 of 3 frames" in told.out


def test_frames_of_one_name_keep_apart(run, tmp_path, frame, save):
    save(tmp_path / "frames" / "a.png", frame)
    save(tmp_path / "frames" / "a.bmp", frame)
    save(tmp_path / "more" / "a.png", frame)
    assert run([str(tmp_path / "frames"), str(tmp_path / "more"), "--out", str(tmp_path / "out")]) == 0
    assert len(list((tmp_path / "out" / "frames").iterdir())) == 12
    assert len(list((tmp_path / "out" / "more").iterdir())) == 6


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--size", "8"], "--size is 8"),
        (["--areas", "0x3"], "--areas is '0x3'"),
        (["--areas", "none"], "--areas is 'none'"),
        (["--scale", "0"], "--scale is 0"),
        (["--seed", "-1"], "--seed is -1"),
    ],
)
def test_wrong_flags(run, tmp_path, frame, save, capsys, flags, words):
    path = save(tmp_path / "a.png", frame)
    assert run([str(path), *flags]) == 2
    assert words in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]
