"""tools/image_smoothing.py: the published arithmetic."""

import numpy as np
import pytest
from PIL import Image
from published import smooth

from japananime.image.files import read_rgb


@pytest.fixture
def run(tool):
    return tool("image_smoothing").main


def test_equal_to_the_loop_over_pixels_within_a_gray_level(run, tmp_path, scene, save):
    picture = scene(1)[0]
    picture[:3, :40] = 255  # an edge at the border, where the picture is continued by reflection
    path = save(tmp_path / "frames" / "a.png", picture)

    assert run([str(path.parent)]) == 0

    smoothed, expected = read_rgb(tmp_path / "frames-smooth" / "a.png").astype(int), smooth(picture).astype(int)
    assert np.abs(smoothed - expected).max() <= 1
    assert (smoothed != picture).any(axis=2).mean() > 0.05
    assert (smoothed == picture).all(axis=2).mean() > 0.3


def test_a_wider_box_changes_more(run, tmp_path, scene, save):
    path = save(tmp_path / "a.png", scene(1)[0])
    for box in ("3", "5", "9"):
        run([str(path), "--box", box, "--out", str(tmp_path / box)])
    changed = [(read_rgb(tmp_path / box / "a.png") != read_rgb(path)).sum() for box in ("3", "5", "9")]
    assert changed[0] < changed[1] < changed[2]


def test_names_folders_and_formats_stay(run, tmp_path, scene, save):
    for name in ("a.jpg", "b.PNG", "deep er/夏.webp", "c.bmp"):
        save(tmp_path / "frames" / name, scene(1)[0])
    assert run([str(tmp_path / "frames")]) == 0
    made = {str(path.relative_to(tmp_path / "frames-smooth")) for path in (tmp_path / "frames-smooth").rglob("*.*")}
    assert made == {"a.jpg", "b.png", "deep er/夏.webp", "c.png"}


def test_transparency_stays(run, tmp_path, scene):
    rgba = np.dstack([scene(1)[0], np.full((96, 160), 77, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "a.png")
    run([str(tmp_path / "a.png")])
    with Image.open(tmp_path / "smooth" / "a.png") as made:
        assert np.asarray(made)[..., 3].tolist() == rgba[..., 3].tolist()


def test_bad_pictures_are_told_and_the_others_done(run, tmp_path, scene, save, capsys):
    save(tmp_path / "frames" / "good.png", scene(1)[0])
    (tmp_path / "frames" / "empty.png").touch()
    assert run([str(tmp_path / "frames"), str(tmp_path / "missing.png")]) == 1
    told = capsys.readouterr()
    assert "empty.png: not an image (0 bytes)" in told.err
    assert "missing.png: no such file or folder" in told.err
    assert "1 of 2 pictures smoothed" in told.out


def test_a_picture_is_never_overwritten_by_its_copy(run, tmp_path, scene, save, capsys):
    path = save(tmp_path / "a.png", scene(1)[0])
    before = path.read_bytes()
    assert run([str(path), "--out", str(tmp_path)]) == 1
    assert path.read_bytes() == before
    assert "overwritten" in capsys.readouterr().err


@pytest.mark.parametrize("flags, words", [(["--box", "4"], "--box is 4"), (["--low", "300"], "--low is 300")])
def test_wrong_flags(run, tmp_path, scene, save, capsys, flags, words):
    assert run([str(save(tmp_path / "a.png", scene(1)[0])), *flags]) == 2
    assert words in capsys.readouterr().err
