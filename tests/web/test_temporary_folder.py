"""Folders of pages that were killed."""

import os
import tempfile
import time

import pytest

from japananime.web import temporary_folder

NOBODY = 2**22 + 1  # no process has a number so high


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_is_removed_in_the_end(tmp_path):
    with temporary_folder.page_folder() as folder:
        (folder / "photo").write_bytes(bytes(7))
        assert (folder.parent, temporary_folder.size(folder)) == (tmp_path, 7)
    assert not folder.exists()


def test_only_what_dead_pages_left_is_removed(tmp_path):
    dead = tmp_path / f"japananime-page-{NOBODY}-abcdefgh"
    # A process of the same number that began only after the folder was last changed.
    reused = tmp_path / f"japananime-page-{os.getpid()}-abcdefgh"
    others = [tmp_path / name for name in (f"japananime-page-{NOBODY}-abcdefgh-mine", "japananime-abcdefgh", "letters")]
    for folder in (dead, reused, *others):
        folder.mkdir()
        (folder / "photo").write_text("mine")
    os.utime(reused, (1, 1))
    link = tmp_path / f"japananime-page-{NOBODY}-ijklmnop"
    link.symlink_to(others[-1])
    with temporary_folder.page_folder() as alive:
        os.utime(alive, (time.time(), time.time()))
        temporary_folder.clear()
        assert alive.exists()
    assert not dead.exists() and not reused.exists()
    assert [folder.name for folder in others if not (folder / "photo").exists()] == [] and link.is_symlink()
