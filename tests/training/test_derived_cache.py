"""What is made once before a training and found again."""

import numpy as np
import pytest
from samples import paint

from japananime.training import derived_cache, preflight
from japananime.training.job import TrainingSettings


@pytest.fixture
def calls():
    return []


@pytest.fixture
def change(calls):
    def turn(picture):
        calls.append(picture.shape)
        return 255 - picture

    return turn


@pytest.fixture
def picture(random):
    return random.integers(0, 256, (6, 5, 3), np.uint8)


def test_made_once_and_found_by_content(tmp_path, picture, change, calls):
    kept = derived_cache.kept(change, tmp_path / "new")
    first = kept(picture)
    assert np.array_equal(first, 255 - picture)
    # Another training, on the same picture under whatever name; one pixel makes it another.
    assert np.array_equal(derived_cache.kept(change, tmp_path / "new")(picture.copy()), first)
    assert len(calls) == 1
    picture[0, 0, 0] ^= 1
    assert np.array_equal(kept(picture), 255 - picture)
    assert len(calls) == 2
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_other_code_makes_it_anew(tmp_path, picture, change, calls, monkeypatch):
    derived_cache.kept(change, tmp_path)(picture)
    monkeypatch.setattr(derived_cache, "_sources", lambda package: b"changed")
    derived_cache.kept(change, tmp_path)(picture)
    assert len(calls) == 2


@pytest.mark.parametrize("damage", [b"", b"no picture"])
def test_a_damaged_file_is_made_anew(tmp_path, picture, change, calls, damage):
    kept = derived_cache.kept(change, tmp_path)
    kept(picture)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage)
    assert np.array_equal(kept(picture), 255 - picture)
    assert (len(calls), path.read_bytes()) == (2, whole)


def test_with_the_dataset_or_else_with_the_run(tmp_path):
    photos, run = tmp_path / "data" / "photos", tmp_path / "run"
    photos.mkdir(parents=True)
    assert derived_cache.place(photos, run) == run / ".made"
    (tmp_path / "data" / "dataset.json").write_text("{}")
    assert derived_cache.place(str(photos), run) == tmp_path / "data" / ".made"


def test_gather_keeps_what_takes_long(tmp_path, random, change, calls, monkeypatch):
    monkeypatch.setitem(preflight.DERIVED, "drawing", ("photo", change))
    (tmp_path / "photos").mkdir()
    for number in range(10):
        paint(tmp_path / "photos" / f"{number}.png", random, size=(16, 16))
    folders, settings = preflight.Folders(photos=str(tmp_path / "photos")), TrainingSettings(size=16, samples=2)
    for _ in range(2):
        pools, held_out = preflight.gather(folders, ("photo", "drawing"), settings, run=tmp_path / "run")
        assert [len(pools["drawing"]), len(held_out["drawing"])] == [8, 2]
        path = pools["photo"].files[3]
        assert np.array_equal(pools["drawing"].load(path), 255 - pools["photo"].load(path))
        assert len(calls) == 10
    preflight.gather(folders, ("photo", "drawing"), settings)
    assert len(calls) == 20
