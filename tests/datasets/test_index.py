"""japananime.datasets.index: what a training asks of a dataset."""

import json

import pytest

from japananime.base.errors import UserError
from japananime.datasets import index as dataset_index


@pytest.fixture
def built(tmp_path):
    for place in ("train/anime", "train/smooth", "validation/anime"):
        (tmp_path / place).mkdir(parents=True)
    folders = {"anime": "train/anime", "smooth": "train/smooth", "val_anime": "validation/anime", "photos": None}
    (tmp_path / "dataset.json").write_text(json.dumps({"format": 1, "folders": folders}))
    return tmp_path


def test_folders(built):
    assert dataset_index.folders(str(built)) == {
        "photos": None,
        "anime": built / "train" / "anime",
        "smooth": built / "train" / "smooth",
        "val_photos": None,
        "val_anime": built / "validation" / "anime",
    }


def test_no_folder(built):
    with pytest.raises(UserError, match="does not exist"):
        dataset_index.folders(built / "nothing")
    with pytest.raises(UserError, match="is a file"):
        dataset_index.folders(built / "dataset.json")


def test_no_index(built):
    with pytest.raises(UserError, match=r"has no dataset\.json"):
        dataset_index.folders(built / "train")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1, "folders": 3}', '{"format": 1, "folders": {"anime": 3}}']
)
def test_a_damaged_index(built, text):
    (built / "dataset.json").write_text(text)
    with pytest.raises(UserError, match="damaged"):
        dataset_index.folders(built)


def test_another_format(built):
    (built / "dataset.json").write_text('{"format": 2, "folders": {}}')
    with pytest.raises(UserError, match="format 2"):
        dataset_index.folders(built)


def test_a_missing_folder(built):
    (built / "train" / "smooth").rmdir()
    with pytest.raises(UserError, match="smooth' is missing"):
        dataset_index.folders(built)
