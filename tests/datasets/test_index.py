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
    ("text", "fault"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion|nested|Expecting"),
        ("[]", "a list of 0; it must be an object"),
        ("{}", "no field 'format'"),
        ('{"format": "1", "folders": {}}', "'format' is '1'; it must be a whole number"),
        ('{"format": 1, "folders": 3}', "'folders' is 3; it must be an object"),
        ('{"format": 1, "folders": {"anime": 3}}', "every value is a text or null"),
    ],
    ids=range(8),
)
def test_a_damaged_index_is_named_with_its_field(built, text, fault):
    (built / "dataset.json").write_text(text)
    with pytest.raises(UserError, match=rf"dataset\.json: not a dataset's index.*({fault})"):
        dataset_index.folders(built)


@pytest.mark.parametrize("linked", [True, False])
def test_a_folder_that_leads_out_is_refused(built, tmp_path_factory, linked):
    outside = tmp_path_factory.mktemp("outside")
    if linked:
        (built / "train" / "smooth").rmdir()
        (built / "train" / "smooth").symlink_to(outside)
    else:
        text = (built / "dataset.json").read_text().replace("train/smooth", str(outside))
        (built / "dataset.json").write_text(text)
    with pytest.raises(UserError, match="folder 'smooth' leads out of the dataset"):
        dataset_index.folders(built)


def test_another_format(built):
    (built / "dataset.json").write_text('{"format": 2, "folders": {}}')
    with pytest.raises(UserError, match="format 2"):
        dataset_index.folders(built)


def test_a_missing_folder(built):
    (built / "train" / "smooth").rmdir()
    with pytest.raises(UserError, match="smooth' is missing"):
        dataset_index.folders(built)
