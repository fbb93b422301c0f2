import numpy as np
import pytest
from PIL import Image
from samples import paint

from japananime.base.errors import UserError
from japananime.training import data as training_data

CROP = training_data.Crop(size=16, smallest=0.5)


def pool_of(folder, crop=CROP, **options):
    return training_data.gather("photos", folder, crop, training_data.Budget(10**9), **options)[0]


def test_bad_files_are_listed_with_reasons_and_left_out(tmp_path, random):
    good = paint(tmp_path / "good.PNG", random)
    paint(tmp_path / "small.png", random, size=(1, 60))
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    pool, problems = training_data.gather("photos", tmp_path, CROP, training_data.Budget(10**9))
    assert pool.files == [good]
    reasons = {path.name: reason for path, reason in problems}
    assert set(reasons) == {"small.png", "notes.txt", "broken.jpg"}
    assert reasons["small.png"] == "too small: 60×1, and crops are 16×16"
    assert reasons["notes.txt"] == "not an image by its extension"


def test_small_pictures_are_enlarged_whole(tmp_path, random):
    paint(tmp_path / "large.png", random, size=(16, 20))
    small = paint(tmp_path / "small.png", random, size=(8, 30))
    pool, problems = training_data.gather("photos", tmp_path, CROP, training_data.Budget(10**9))
    assert problems == []
    assert pool.enlarged == {small: (30, 8)}
    assert pool.load(small).shape == (16, 60, 3)
    with Image.open(small) as picture:
        doubled = np.asarray(picture.convert("RGB").resize((60, 16), Image.Resampling.LANCZOS))
    assert np.array_equal(pool.load(small), doubled)
    assert all(pool.sample(0, position).shape == (16, 16, 3) for position in range(8))
    assert np.array_equal(pool.center(pool.files.index(small)), doubled[:, 22:38])


@pytest.mark.parametrize(("name", "what"), [("nowhere", "does not exist"), ("file", "is a file")])
def test_a_folder_that_is_none(tmp_path, name, what):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=f"--anime is '.*{name}', which {what}"):
        training_data.gather("anime", tmp_path / name, CROP, training_data.Budget(0))


def test_every_picture_once_an_epoch_in_new_order(folders):
    pool = pool_of(folders / "photos", training_data.Crop(size=40, smallest=1.0, flip=False))
    seen = [[pool.sample(5, epoch * 12 + place)[..., 0].tobytes() for place in range(12)] for epoch in range(3)]
    assert all(len(set(epoch)) == 12 for epoch in seen)
    positions = [list(training_data._order(5, 77, epoch, 12)) for epoch in range(3)]
    assert sorted(positions[0]) == list(range(12))
    assert positions[0] != positions[1] != positions[2]


def test_a_sample_depends_on_seed_and_position_alone(folders):
    pool, again = pool_of(folders / "photos"), pool_of(folders / "photos")
    forward = [pool.sample(1, position) for position in range(30)]
    backward = [again.sample(1, position) for position in reversed(range(30))][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forward, backward, strict=True))
    assert not all(np.array_equal(a, pool.sample(2, at)) for at, a in enumerate(forward))


def test_cache_changes_nothing_but_memory(folders):
    cached = pool_of(folders / "photos")
    bare, _ = training_data.gather("photos", folders / "photos", CROP, training_data.Budget(0))
    assert (len(cached._cache), len(bare._cache)) == (12, 0)
    assert np.array_equal(cached.sample(0, 17), bare.sample(0, 17))


def test_budget_is_not_exceeded(folders):
    one = pool_of(folders / "photos").load(sorted((folders / "photos").iterdir())[0]).nbytes
    pool, _ = training_data.gather("photos", folders / "photos", CROP, training_data.Budget(int(3.5 * one)))
    assert len(pool._cache) == 3


def test_crops_are_windows_of_the_picture(tmp_path):
    # A picture that says where each pixel is: a crop at its own scale must be a window of it, mirrored or not.
    y, x = np.mgrid[:32, :48].astype(np.uint8)
    (tmp_path / "photos").mkdir()
    where = np.stack([y, x, y * 0], axis=-1)
    Image.fromarray(where).save(tmp_path / "photos" / "where.png")
    pool = pool_of(tmp_path / "photos", training_data.Crop(size=16, smallest=0.5, largest=0.5))
    corners, mirrored = set(), set()
    for position in range(200):
        crop = pool.sample(0, position)
        flipped = crop[0, 0, 1] > crop[0, -1, 1]
        upright = crop[:, ::-1] if flipped else crop
        top, left = upright[0, 0, :2]
        assert np.array_equal(upright, where[top : top + 16, left : left + 16])
        corners.add((top, left))
        mirrored.add(bool(flipped))
    assert len(corners) > 150
    assert {top for top, _ in corners} == set(range(17))
    assert mirrored == {True, False}


def test_large_crops_are_shrunk_to_size(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (400, 300), (10, 200, 30)).save(tmp_path / "photos" / "flat.png")
    pool = pool_of(tmp_path / "photos")
    assert pool.load(pool.files[0]).shape == (32, 43, 3)  # half of it is 16: all that crops can show
    sample = pool.sample(0, 0)
    assert sample.shape == (16, 16, 3)
    assert (sample == (10, 200, 30)).all()


def test_a_file_that_goes_away_later_is_replaced_and_remembered(folders):
    pool, _ = training_data.gather("photos", folders / "photos", CROP, training_data.Budget(0))
    pool.files[3].unlink()
    for position in range(24):
        assert pool.sample(0, position).shape == (16, 16, 3)
    assert pool.lost == {pool.files[3]}
    for path in pool.files:
        path.unlink(missing_ok=True)
    with pytest.raises(UserError, match="none of the 12 files of 'photos' can be read any more"):
        pool.sample(0, 0)


def test_batches_begin_where_they_are_told(folders):
    pools = {name: pool_of(folders / folder) for name, folder in (("photo", "photos"), ("anime", "anime"))}
    whole = training_data.batches(pools, seed=3, start=0, batch=2).take(6)
    whole = [{name: np.asarray(images) for name, images in batch.items()} for batch in whole]
    later = [
        {name: np.asarray(images) for name, images in batch.items()}
        for batch in training_data.batches(pools, seed=3, start=4, batch=2).take(2)
    ]
    for expected, found in zip(whole[4:], later, strict=True):
        for name in ("photo", "anime"):
            assert found[name].shape == (2, 16, 16, 3)
            assert found[name].dtype == np.float32
            np.testing.assert_array_equal(found[name], expected[name])
    first = pools["photo"].sample(3, 1).astype(np.float32) / 127.5 - 1
    np.testing.assert_allclose(whole[0]["photo"][1], first, atol=1e-6)


def test_split_is_disjoint_complete_and_repeatable(folders):
    pool = pool_of(folders / "photos")
    rest, aside = training_data.split(pool, 4, seed=9)
    assert len(aside) == 4
    assert set(rest.files) | set(aside.files) == set(pool.files)
    assert not set(rest.files) & set(aside.files)
    assert training_data.split(pool, 4, seed=9)[1].files == aside.files
    assert len(rest._cache) == 8


def test_derived_pool_is_the_transform_of_the_same_pictures(folders):
    pool = pool_of(folders / "anime")
    inverse = training_data.derive(pool, "smooth", lambda picture: 255 - picture, training_data.Budget(10**9))
    assert np.array_equal(inverse.load(pool.files[3]), 255 - pool.load(pool.files[3]))
    assert len(inverse._cache) == 12
    # And they go side by side: the same file, crop and mirroring at every position.
    for position in range(30):
        difference = inverse.sample(4, position).astype(int) - (255 - pool.sample(4, position).astype(int))
        assert np.abs(difference).max() <= 1  # shrinking rounds


def test_validation_batches_are_centred_and_fixed(tmp_path):
    (tmp_path / "photos").mkdir()
    pixels = np.zeros((16, 40, 3), np.uint8)
    pixels[:, 12:28] = 255
    Image.fromarray(pixels).save(tmp_path / "photos" / "middle.png")
    pool = pool_of(tmp_path / "photos")
    (batch,) = training_data.fixed_batches({"photo": pool}, batch=1, most=5)
    assert (np.asarray(batch["photo"]) == 1.0).all()
