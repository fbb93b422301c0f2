"""A training where nothing was asked for."""

import json

import numpy as np
import pytest

from japananime import train
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.perception.features import VGG19
from japananime.training import first_look


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder to stand in, on a computer without VGG19's weights."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv(VGG19.variable, raising=False)
    return tmp_path


def test_pictures_are_made_of_what_is_bundled(empty, capsys):
    flags = first_look.arguments()
    assert flags[:8] == [
        *("--photos", "runs/first-look-pictures/photos", "--anime", "runs/first-look-pictures/drawings"),
        *("--out", "runs/1", "--family", "cyclegan"),
    ]
    photos, drawings = (sorted((empty / flags[place]).iterdir()) for place in (1, 3))
    assert [path.name for path in photos] == [path.name for path in drawings]
    assert len(photos) == first_look.SQUARES * 8
    first = image_files.read_rgb(photos[0])
    assert first.shape == (96, 96, 3)
    again = [image_files.read_rgb(path) for path in (photos[0], drawings[0])]
    first_look.make_pictures(empty / "again")
    for before, name in zip(again, ("photos", "drawings"), strict=True):
        np.testing.assert_array_equal(before, image_files.read_rgb(empty / "again" / name / photos[0].name))
    # A drawing is of other places than the photo of its name.
    assert np.abs(again[0].astype(int) - again[1]).mean() > 10
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2
    assert "the run is runs/1" in out[0]
    assert "VGG19's weights are not on this computer" in out[1]
    assert VGG19.file in out[1]


def test_a_dataset_that_is_there_is_taken(empty, monkeypatch, capsys):
    (empty / "dataset").mkdir()
    (empty / "dataset" / "dataset.json").write_text(json.dumps({}))
    (empty / "runs" / "1").mkdir(parents=True)
    monkeypatch.setenv(VGG19.variable, "somewhere.h5")
    flags = first_look.arguments()
    assert flags[:6] == ["--dataset", "dataset", "--out", "runs/2", "--family", "japananimegan"]
    assert "the dataset in ./dataset; the run is runs/2" in capsys.readouterr().out
    assert not (empty / "runs" / "first-look-pictures").exists()


def test_without_photos_it_says_what_to_give(empty, monkeypatch):
    monkeypatch.setattr(first_look, "bundled_photos", lambda: [])
    with pytest.raises(UserError, match="give --photos DIR and --anime DIR"):
        first_look.arguments()


def test_every_flag_is_known(empty, monkeypatch):
    for family, flags in first_look.SMALL.items():
        parsed, *_ = train.parse(["--out", "x", "--family", family, *flags.split()])
        assert parsed.size == "64"


def test_it_trains(empty, monkeypatch):
    monkeypatch.setitem(
        first_look.SMALL,
        "cyclegan",
        "--size 16 --width 2 --residual-blocks 1 --discriminator-width 2 --batch 1 --epochs 1 --steps-per-epoch 2",
    )
    monkeypatch.setattr(first_look, "SQUARES", 2)
    assert train.main([]) == 0
    assert (empty / "runs" / "1" / "samples" / "epoch-001.png").is_file()
    assert (empty / "runs" / "1" / "style" / "style.json").is_file()
