import numpy as np

from japananime.image.flattening import flatten


def test_texture_goes_and_borders_stay(random):
    clean = np.full((48, 64, 3), 60, np.uint8)
    clean[:, 32:] = (200, 150, 90)
    textured = np.clip(clean + random.integers(-12, 13, clean.shape), 0, 255).astype(np.uint8)
    flat = flatten(textured)
    assert flat[:, :28].std(axis=(0, 1)).max() < 0.4 * textured[:, :28].std(axis=(0, 1)).min()
    assert np.abs(flat.astype(int) - clean).mean() < 3
    # The border has not moved or become soft: the two columns beside it have the colours of their sides.
    assert np.abs(flat[:, 31].astype(int) - 60).mean() < 5
    assert np.abs(flat[:, 32].astype(int) - (200, 150, 90)).mean() < 5


def test_a_flat_picture_stays_as_it_is():
    flat = np.full((20, 20, 3), 99, np.uint8)
    assert np.array_equal(flatten(flat), flat)
