import numpy as np

from japananime.training.families.parts.shadows import DARKEST, DRAWS, FAINTEST, HARDEST, PATCHES, SOFTEST, throw


def thrown(photo, draws, heights=None):
    count = len(photo)
    heights = np.zeros((count, PATCHES, PATCHES, 1), "float32") if heights is None else heights
    return np.asarray(throw(photo, np.array(draws, "float32"), heights))


def test_light_from_the_left_by_hand():
    # Direction 0: height grows with x, from -0.75 to 0.75 in four columns; a place of a half leaves it there.
    photo = np.ones((1, 4, 4, 3), "float32")
    columns = np.array([-0.75, -0.25, 0.25, 0.75])
    for hardness, slope in ((0, SOFTEST), (1, HARDEST)):
        for depth, least in ((0, DARKEST), (1, FAINTEST)):
            light = 1 - (1 - least) / (1 + np.exp(-slope * columns))
            found = thrown(photo, [[0, 0.5, hardness, depth, 0]])
            np.testing.assert_allclose(found[0, :, :, 0], np.tile(2 * light - 1, (4, 1)), atol=1e-5)
            np.testing.assert_array_equal(found[..., 0], found[..., 2])


def test_light_from_above_is_that_from_the_side_turned():
    photo = np.ones((2, 16, 16, 3), "float32")
    beside, above = thrown(photo, [[0, 0.3, 0.4, 0.2, 0], [0.25, 0.3, 0.4, 0.2, 0]])
    np.testing.assert_allclose(above, beside.transpose(1, 0, 2), atol=1e-5)


def test_a_shadow_scales_all_channels_alike_and_adds_no_light(random):
    photo = random.uniform(-1, 1, (8, 16, 16, 3)).astype("float32")
    heights = random.normal(size=(8, PATCHES, PATCHES, 1)).astype("float32")
    found = thrown(photo, random.uniform(size=(8, DRAWS)), heights)
    share = (found + 1) / (photo + 1)
    np.testing.assert_allclose(share, share[..., :1].repeat(3, axis=-1), rtol=1e-2, atol=1e-3)
    assert share.max() <= 1 + 1e-4
    assert share.min() >= DARKEST - 1e-3
    # Patches alone: the direction says nothing.
    draws = [[direction, 0.5, 0.5, 0, 1] for direction in np.linspace(0, 1, 8)]
    alike = thrown(np.ones_like(photo), draws, heights[:1].repeat(8, axis=0))
    np.testing.assert_allclose(alike, alike[:1].repeat(8, axis=0), atol=1e-4)
    assert alike.std() > 0.1
