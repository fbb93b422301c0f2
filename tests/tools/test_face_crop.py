import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from japananime.faces import detectors, proportions
from japananime.image import files as image_files

PHOTO = Path(__file__).resolve().parents[2] / "Pretrain" / "origin" / "astronaut.jpg"


@pytest.fixture
def run(tool):
    return tool("face_crop").main


def listed(folder):
    with (folder / "faces.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_faces_are_cut_out_named_and_listed(run, tmp_path, scene, save, capsys):
    folder = tmp_path / "people"
    folder.mkdir()
    shutil.copy(PHOTO, folder)
    save(folder / "empty.png", np.full((80, 100, 3), 130, np.uint8))
    (folder / "broken.png").write_bytes(b"no picture")
    assert run([str(folder), "--kind", "photo", "--smallest", "40", "--size", "64", "--format", "png"]) == 1
    told = capsys.readouterr()
    assert f"no face: {folder / 'empty.png'}" in told.out
    assert f"1 faces in 1 of 3 pictures, in {tmp_path / 'people-faces'}" in told.out
    assert "broken.png: not an image" in told.err

    empty, found = sorted(listed(tmp_path / "people-faces"), key=lambda row: row["file"] != "empty.png")
    assert empty == {"file": "empty.png", "crop": "", "x": "", "y": "", "size": "", "score": ""}
    x, y, size = (int(found[key]) for key in ("x", "y", "size"))
    assert found["file"] == "astronaut.jpg"
    assert found["crop"] == f"astronaut-y{y:04d}-x{x:04d}-s{size:04d}.png"
    with Image.open(tmp_path / "people-faces" / found["crop"]) as image:
        made = np.asarray(image)
    assert made.shape == (64, 64, 3)
    # The same square by Pillow's own means: the face with a fifth of its size on every side.
    box = [round(x - 0.2 * size), round(y - 0.2 * size), round(x + 1.2 * size), round(y + 1.2 * size)]
    with Image.open(PHOTO) as photo:
        expected = np.asarray(photo.crop(box).resize((64, 64), Image.Resampling.LANCZOS))
    assert np.abs(made.astype(int) - expected).mean() < 6


def test_with_the_proportions_of_anime(run, tmp_path):
    arguments = [str(PHOTO), "--kind", "photo", "--smallest", "40", "--size", "64", "--format", "png"]
    assert run([*arguments, "--proportions", "anime", "--out", str(tmp_path)]) == 0
    (row,) = listed(tmp_path)
    rgb = image_files.read_rgb(PHOTO)
    (box,) = detectors.PhotoFaces(smallest=40, threshold=0.5)(rgb)
    assert np.array_equal(image_files.read_rgb(tmp_path / row["crop"]), proportions.cut(rgb, box, 64))


def test_as_large_as_found_and_surer_than_asked_for(run, tmp_path):
    arguments = [str(PHOTO), "--kind", "photo", "--smallest", "40", "--out", str(tmp_path)]
    assert run([*arguments, "--size", "0", "--margin", "0"]) == 0
    (row,) = listed(tmp_path)
    with Image.open(tmp_path / row["crop"]) as made:
        assert made.size == (int(row["size"]), int(row["size"]))
    assert float(row["score"]) >= 0.5
    assert run([*arguments, "--threshold", "0.95"]) == 0
    assert all(not row["score"] or float(row["score"]) >= 0.95 for row in listed(tmp_path))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--size", "8"], "--size is 8; it must be 16 to 4096"),
        (["--margin", "9"], "--margin is 9.0; it must be -0.4 to 4"),
        (["--threshold", "0"], "--threshold is 0.0; it must be 0.05 to 0.95"),
        (["--smallest", "2"], "--smallest is 2; it must be 16 to 4096"),
        (["--kind", "cat"], "--kind is 'cat'; accepted: "),
        (["--proportions", "anime"], "--proportions is 'anime', for faces of people, and --kind is 'auto'; add --kind"),
        (["--proportions", "anime", "--kind", "photo", "--margin", "0.1"], "--margin is 0.1; with --proportions anime"),
    ],
)
def test_wrong_flags(run, tmp_path, save, capsys, flags, words):
    path = save(tmp_path / "a.png", np.zeros((20, 20, 3), np.uint8))
    assert run([str(path), *flags]) == 2
    assert words in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]
