"""Downloaded archives are used as they lie, and half a data set is told."""

import os

import pytest

from japananime.base.errors import UserError
from japananime.datasets import index as dataset_index


def make(folder, *places):
    for place in places:
        (folder / place).mkdir(parents=True)
    return folder


def found(directory):
    """{name: place below the directory}, normalised, of those that are there."""
    folders = dataset_index.folders(directory)
    assert list(folders) == list(dataset_index.FOLDERS)
    return {name: os.path.relpath(path, directory).replace(os.sep, "/") for name, path in folders.items() if path}


def test_two_sides(tmp_path):
    make(tmp_path, "trainA", "trainB", "testA", "testB")
    wanted = {"photos": "trainA", "anime": "trainB", "val_photos": "testA", "val_anime": "testB"}
    assert found(tmp_path) == wanted


def test_two_sides_without_tests(tmp_path):
    assert found(make(tmp_path, "trainA", "trainB")) == {"photos": "trainA", "anime": "trainB"}


def test_one_side_is_told(tmp_path):
    with pytest.raises(UserError, match="which has no trainB; it must have trainA and trainB"):
        dataset_index.folders(make(tmp_path, "trainA", "testB"))


def test_a_style_with_the_photos_beside_it(tmp_path):
    make(tmp_path, "train_photo", "val", "Hayao/style", "Hayao/smooth", "Shinkai/style")
    assert found(tmp_path / "Hayao") == {
        "photos": "../train_photo",
        "anime": "style",
        "smooth": "smooth",
        "val_photos": "../val",
    }
    assert found(tmp_path / "Shinkai") == {"photos": "../train_photo", "anime": "style", "val_photos": "../val"}


def test_photos_of_its_own_go_first(tmp_path):
    make(tmp_path, "train_photo", "Hayao/style", "Hayao/train_photo")
    assert found(tmp_path / "Hayao") == {"photos": "train_photo", "anime": "style"}


def test_the_only_style_of_a_whole_archive(tmp_path):
    make(tmp_path, "train_photo", "Hayao/style", "test/real")
    assert found(tmp_path) == {"photos": "train_photo", "anime": "Hayao/style"}


def test_several_styles_are_told(tmp_path):
    make(tmp_path, "train_photo", "Shinkai/style", "Hayao/style")
    with pytest.raises(UserError, match=r"holds 2 styles .Hayao, Shinkai.; give the folder of one, such as '.*Hayao'"):
        dataset_index.folders(tmp_path)


def test_neither(tmp_path):
    with pytest.raises(UserError, match="has no dataset.json; it must be a folder, one that build_dataset finished or"):
        dataset_index.folders(make(tmp_path, "pictures"))
