import numpy as np
import pytest
import tensorflow as tf

from japananime.perception import losses

LOGITS = np.array([[0.0, 2.0], [-1.0, 0.5]], "float32").reshape(1, 2, 2, 1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype("float64")))


def value(tensor):
    assert tensor.dtype == tf.float32
    return float(tensor)


@pytest.mark.parametrize(
    ("game", "real", "fake", "fool"),
    [
        (
            "cross_entropy",
            -np.log(sigmoid(LOGITS)).mean(),
            -np.log(1 - sigmoid(LOGITS)).mean(),
            -np.log(sigmoid(LOGITS)).mean(),
        ),
        ("least_squares", (1 + 1 + 4 + 0.25) / 4, (0 + 4 + 1 + 0.25) / 4, (1 + 1 + 4 + 0.25) / 4),
        ("hinge", (1 + 0 + 2 + 0.5) / 4, (1 + 3 + 0 + 1.5) / 4, -1.5 / 4),
    ],
)
def test_adversarial_by_hand(game, real, fake, fool):
    play = losses.ADVERSARIAL[game]
    assert value(play.real(LOGITS)) == pytest.approx(real, rel=1e-6)
    assert value(play.fake(LOGITS)) == pytest.approx(fake, rel=1e-6)
    assert value(play.fool(LOGITS)) == pytest.approx(fool, rel=1e-6)


def test_adversarial_is_zero_for_a_discriminator_that_is_right():
    sure = np.full((1, 3, 3, 1), 200.0, "float32")
    assert value(losses.cross_entropy_real(sure)) == 0
    assert value(losses.cross_entropy_fake(-sure)) == 0
    assert value(losses.least_squares_real(sure / 200)) == 0
    assert value(losses.least_squares_fake(sure * 0)) == 0
    assert value(losses.hinge_real(sure)) == 0
    assert value(losses.hinge_fake(-sure)) == 0


def test_cross_entropy_stays_finite_for_huge_logits():
    huge = np.array([[[[-1e4], [1e4]]]], "float32")
    assert value(losses.cross_entropy_real(huge)) == pytest.approx(5e3)
    assert value(losses.cross_entropy_fake(huge)) == pytest.approx(5e3)


def test_absolute_difference_by_hand():
    a, b = np.array([[1.0, -2.0], [3.0, 0.0]], "float32"), np.array([[0.0, 2.0], [3.5, 0.0]], "float32")
    assert value(losses.absolute_difference(a, b)) == (1 + 4 + 0.5) / 4
    assert value(losses.absolute_difference(a, a)) == 0


def test_weighted_difference_by_hand():
    # One row of two places, each of them a square of two by two pixels of the weights.
    a, b = np.array([[[[1.0], [5.0]]]], "float32"), np.array([[[[0.0], [8.0]]]], "float32")
    weights = np.array([[1.0, 2.0, 0.0, 4.0], [1.0, 0.0, 0.0, 4.0]], "float32").reshape(1, 2, 4, 1)
    assert value(losses.weighted_difference(a, b, weights)) == (1.0 * 1 + 2.0 * 3) / 2
    assert value(losses.weighted_difference(a, b, np.ones((1, 1, 2, 1), "float32"))) == 2.0


def test_gram_by_hand():
    # Two pixels, two channels: F = [[1, 2], [3, 4]], FᵀF = [[10, 14], [14, 20]], divided by 1·2·2.
    features = np.array([1.0, 2.0, 3.0, 4.0], "float32").reshape(1, 1, 2, 2)
    np.testing.assert_allclose(np.asarray(losses.gram(features)), [[[2.5, 3.5], [3.5, 5.0]]])


def test_gram_against_a_loop(random):
    features = random.normal(size=(2, 3, 5, 4)).astype("float32")
    expected = np.zeros((2, 4, 4))
    for n in range(2):
        for y in range(3):
            for x in range(5):
                expected[n] += np.outer(features[n, y, x], features[n, y, x])
    np.testing.assert_allclose(np.asarray(losses.gram(features)), expected / (3 * 5 * 4), rtol=1e-5, atol=1e-7)


def test_style_is_zero_for_the_same_pixels_elsewhere(random):
    features = random.normal(size=(1, 4, 6, 3)).astype("float32")
    moved = features[:, ::-1, ::-1]
    assert value(losses.style_difference(features, moved)) == pytest.approx(0, abs=1e-7)
    # Twice the features, four times the Gram matrix: the difference is three times its mean size.
    expected = 3 * np.abs(np.asarray(losses.gram(features))).mean()
    assert value(losses.style_difference(features, 2 * features)) == pytest.approx(expected, rel=1e-5)


def test_style_compares_pictures_of_different_sizes(random):
    tile = random.normal(size=(1, 4, 4, 3)).astype("float32")
    assert value(losses.style_difference(tile, np.tile(tile, (1, 2, 3, 1)))) == pytest.approx(0, abs=1e-6)


def test_chroma_difference_by_hand():
    red, blue = (np.array(c, "float32").reshape(1, 1, 1, 3) for c in ((1, 0, 0), (0, 0, 1)))
    expected = (abs(-0.14713 - 0.436) + abs(0.615 + 0.10001)) / 2
    assert value(losses.chroma_difference(red, blue)) == pytest.approx(expected, rel=1e-5)
    assert value(losses.chroma_difference(red, red + 0.2)) == pytest.approx(0, abs=1e-5)  # lighter, same hue


def test_yuv_difference_by_hand():
    # Where the numbers come from: `color_loss` in tools/ops.py of TachibanaYoshino/AnimeGAN (and of AnimeGANv2) takes
    # (rgb + 1) / 2 through `tf.image.rgb_to_yuv`, whose kernel has Y = 0.299 R + 0.587 G + 0.114 B,
    # U = -0.14714119 R - 0.28886916 G + 0.43601035 B, V = 0.61497538 R - 0.51496512 G - 0.10001026 B, and adds the mean
    # |dY| to `tf.losses.huber_loss` (delta 1, mean) of U and of V.
    red, blue = (np.array(c, "float32").reshape(1, 1, 1, 3) for c in ((1, -1, -1), (-1, -1, 1)))
    du, dv = 0.14714119 + 0.43601035, 0.61497538 + 0.10001026
    expected = (0.299 - 0.114) + du**2 / 2 + dv**2 / 2
    assert expected == pytest.approx(0.610635, abs=1e-6)
    assert value(losses.yuv_difference(red, blue)) == pytest.approx(expected, rel=1e-4)
    # Red and cyan are further than 1 apart in V, where the loss goes on as a straight line.
    cyan = -red
    du, dv = 2 * 0.14714119, 2 * 0.61497538
    expected = abs(0.299 - 0.701) + du**2 / 2 + (dv - 0.5)
    assert value(losses.yuv_difference(red, cyan)) == pytest.approx(expected, rel=1e-4)
    # A gray 0.2 lighter: 0.1 in Y of [0, 1], and nothing in U and V.
    assert value(losses.yuv_difference(red * 0, red * 0 + 0.2)) == pytest.approx(0.1, rel=1e-4)


def test_yuv_difference_against_tensorflows_yuv(random):
    a, b = (random.uniform(-1, 1, (2, 5, 4, 3)).astype("float32") for _ in range(2))
    d = np.abs(np.asarray(tf.image.rgb_to_yuv((a + 1) / 2)) - np.asarray(tf.image.rgb_to_yuv((b + 1) / 2)))
    huber = np.where(d <= 1, d**2 / 2, d - 0.5)
    expected = d[..., 0].mean() + huber[..., 1].mean() + huber[..., 2].mean()
    assert value(losses.yuv_difference(a, b)) == pytest.approx(expected, rel=1e-4)


def test_gram_has_the_scale_of_animegan():
    # `gram` in AnimeGAN's tools/ops.py divides by tf.size(x) // batch, that is H·W·C. Ones of 32·32·512,
    # conv4_4's shape for 256 pixels: every entry is H·W / (H·W·C) = 1/512, and against twos it is |1 - 4| / 512.
    ones = np.ones((1, 32, 32, 512), "float32")
    assert value(losses.style_difference(ones, 2 * ones)) == pytest.approx(3 / 512, rel=1e-5)


def test_squared_variation_by_hand():
    # `total_variation_loss` in AnimeGANv2's tools/ops.py: tf.nn.l2_loss, half the sum of squares, over the count.
    picture = np.array([[0.0, 1.0], [3.0, 3.0]], "float32").reshape(1, 2, 2, 1)
    assert value(losses.squared_variation(picture)) == ((9 + 4) / 2 + (1 + 0) / 2) / 2
    assert value(losses.squared_variation(np.full((1, 4, 4, 3), 0.3, "float32"))) == 0


def test_edge_difference_by_hand():
    a = np.array([[0, 2], [1, 4]], "float32")[None, ..., None]
    # Down 1, 2 and right 2, 3; of nothing but a level, nowhere a step.
    assert value(losses.edge_difference(a, np.full_like(a, 7))) == (1 + 2) / 2 + (2 + 3) / 2
    assert value(losses.edge_difference(a, a + 5)) == 0
    assert value(losses.edge_difference(a, -a)) == 2 * ((1 + 2) / 2 + (2 + 3) / 2)


def test_total_variation_by_hand():
    picture = np.array([[0.0, 1.0], [3.0, 3.0]], "float32").reshape(1, 2, 2, 1)
    assert value(losses.total_variation(picture)) == (3 + 2) / 2 + (1 + 0) / 2
    assert value(losses.total_variation(np.full((1, 4, 4, 3), 0.3, "float32"))) == 0


def roughness(reference, image, least):
    """`perception.losses.roughness_beyond` neighbour by neighbour."""
    total = 0.0
    for axis in (1, 2):
        costs = []
        for place in np.ndindex(image.shape):
            other = list(place)
            other[axis] += 1
            if other[axis] < image.shape[axis]:
                given = abs(float(reference[place]) - float(reference[tuple(other)]))
                found = abs(float(image[place]) - float(image[tuple(other)]))
                costs.append(np.exp(-given / least) * max(0.0, found - given))
        total += np.mean(costs)
    return total


def test_roughness_beyond_a_reference(random):
    reference = random.uniform(-0.1, 0.1, (2, 4, 5, 3)).astype("float32")
    image = random.uniform(-1, 1, (2, 4, 5, 3)).astype("float32")
    assert value(losses.roughness_beyond(reference, image)) == pytest.approx(
        roughness(reference, image, 0.03), rel=1e-4
    )
    # What is as smooth as the reference costs nothing, and so does whatever stands on an edge of it.
    assert value(losses.roughness_beyond(reference, 0.5 * reference)) == 0
    line = np.zeros((1, 2, 4, 1), "float32")
    line[0, :, 2] = 0.3
    # Along the rows two of three steps are 0.3.
    assert value(losses.roughness_beyond(np.zeros_like(line), line)) == pytest.approx(0.2)
    assert value(losses.roughness_beyond(line, line)) == 0


def test_the_gradient_of_roughness(random):
    image = random.permutation(np.arange(60)).reshape(1, 4, 5, 3) / 40.0 - 0.75
    reference = np.zeros_like(image)
    point = tf.Variable(image, dtype=tf.float32)
    with tf.GradientTape() as tape:
        total = losses.roughness_beyond(reference, point.read_value())
    gradient = tape.gradient(total, point).numpy()
    for place in [(0, 0, 0, 0), (0, 1, 2, 1), (0, 3, 4, 2)]:
        move = np.zeros_like(image)
        move[place] = 1e-3
        slope = (roughness(reference, image + move, 0.03) - roughness(reference, image - move, 0.03)) / 2e-3
        assert gradient[place] == pytest.approx(slope, abs=1e-4)


def test_losses_are_float32_whatever_the_features_are(random):
    features = tf.cast(random.normal(size=(1, 4, 4, 8)), tf.bfloat16)
    for loss in (losses.style_difference, losses.absolute_difference):
        assert loss(features, features).dtype == tf.float32
    assert losses.gram(features).dtype == tf.float32


@pytest.mark.parametrize(
    "loss",
    [
        losses.total_variation,
        losses.squared_variation,
        losses.cross_entropy_real,
        losses.cross_entropy_fake,
        losses.least_squares_real,
        losses.least_squares_fake,
        losses.hinge_real,
        losses.hinge_fake,
        losses.hinge_fool,
        lambda x: losses.style_difference(tf.constant(np.linspace(-1, 1, 18).reshape(1, 3, 3, 2), tf.float32), x),
        lambda x: losses.absolute_difference(tf.constant(np.linspace(-1, 1, 18).reshape(1, 3, 3, 2), tf.float32), x),
    ],
)
def test_gradient_against_finite_differences(random, loss):
    # Kept off the kinks of |x| and max(0, x), where a finite difference says nothing.
    point = random.uniform(0.15, 0.85, (1, 3, 3, 2)).astype("float32") * random.choice([-1, 1], (1, 3, 3, 2))
    point = tf.Variable(point, dtype=tf.float32)
    with tf.GradientTape() as tape:
        total = loss(point)
    gradient = tape.gradient(total, point).numpy()
    assert np.abs(gradient).max() > 0
    step = 1e-2
    for place in [(0, 0, 0, 0), (0, 1, 2, 1), (0, 2, 1, 0)]:
        move = np.zeros(point.shape, "float32")
        move[place] = step
        slope = (float(loss(point + move)) - float(loss(point - move))) / (2 * step)
        assert gradient[place] == pytest.approx(slope, rel=0.05, abs=2e-4)


def test_style_shape_difference(random):
    # Gram matrices [[1, 0], [0, 3]] and [[2, 0], [0, 2]] up to scale: |1/4 - 1/2| + |3/4 - 1/2|.
    first = np.zeros((1, 2, 2, 2), "float32")
    first[0, 0, 0, 0], first[0, 0, 1, 1] = 1.0, 3.0**0.5
    second = np.zeros((1, 2, 2, 2), "float32")
    second[0, 0, 0, 0] = second[0, 1, 1, 1] = 7.0
    assert float(losses.style_shape_difference(first, second)) == pytest.approx(0.5, rel=1e-4)
    # Strength is left free.
    assert float(losses.style_shape_difference(10.0 * first, second)) == pytest.approx(0.5, rel=1e-4)
    features = random.normal(size=(2, 4, 4, 3)).astype("float32")
    assert float(losses.style_shape_difference(features, features)) == 0.0


def test_relative_difference_by_hand():
    # (1² + 2²) / (3² + 4²)
    assert value(losses.relative_difference(np.float32([2, 6]), np.float32([3, 4]))) == pytest.approx(5 / 25, rel=1e-6)
    assert value(losses.relative_difference(np.float32([0, 0]), np.float32([3, 4]))) == pytest.approx(1.0, rel=1e-6)
    assert value(losses.relative_difference(np.zeros(2, "float32"), np.zeros(2, "float32"))) == 0.0
