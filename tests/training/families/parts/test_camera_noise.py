import numpy as np

from japananime.training.families.parts.camera_noise import GRAIN, disturb, move


def test_moved_by_hand():
    picture = np.arange(6, dtype="float32").reshape(1, 2, 3, 1)  # 0 1 2 / 3 4 5
    # A half up: rows' means, the last row as it was; a quarter left: a quarter of the next, the last as it was.
    up = [[1.5, 2.5, 3.5], [3.0, 4.0, 5.0]]
    expected = [[1.75, 2.75, 3.5], [3.25, 4.25, 5.0]]
    np.testing.assert_allclose(np.asarray(move(picture, np.array([[0.5, 0.0]], "float32")))[0, ..., 0], up)
    np.testing.assert_allclose(np.asarray(move(picture, np.array([[0.5, 0.25]], "float32")))[0, ..., 0], expected)


def test_each_picture_is_disturbed_by_its_own_shares(random):
    photo = random.uniform(-1, 1, (2, 8, 8, 3)).astype("float32")
    noise = random.normal(size=photo.shape).astype("float32")
    shares = np.array([[0, 0, 0], [0, 0, 0.5]], "float32")
    found = np.asarray(disturb(photo, shares, noise))
    np.testing.assert_array_equal(found[0], photo[0])
    np.testing.assert_allclose(found[1], np.clip(photo[1] + 0.5 * GRAIN * noise[1], -1, 1), atol=1e-6)
    assert np.abs(found[1] - photo[1]).mean() > 0.01
