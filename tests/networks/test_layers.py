import keras
import numpy as np
import pytest

from japananime.networks.layers import (
    InstanceNormalization,
    LayerNormalization,
    MapDropout,
    ReflectionPadding,
    SpectralConv2D,
)

# Recorded from tensorflow_addons 0.23.0 under TensorFlow 2.15.1 and Python 3.11 (`pip install tensorflow-cpu==2.15.1
# tensorflow-addons==0.23.0`): layers.InstanceNormalization(epsilon=E) built for this input, its weights set to GAMMA
# and BETA, called once, the output flattened and rounded to seven decimals.
INPUT = ((np.arange(24) * 7 % 13).astype("float32") / 4 - 1.5).reshape(2, 2, 3, 2)
GAMMA, BETA = np.array([1.5, -0.5], "float32"), np.array([0.25, 1.0], "float32")
# fmt: off
FROM_ADDONS = {
    1e-3: [-1.9397774, 1.7299256, -1.0638661, 1.4379554, -0.1879554, 1.145985, 0.6879554, 0.8540148,
           1.5638664, 0.5620445, 2.4397774, 0.2700741, -1.9397771, 1.7299258, -1.0638663, 1.4379554,
           -0.1879554, 1.1459851, 0.6879556, 0.8540149, 1.5638664, 0.5620446, 2.4397771, 0.2700743],
    1e-5: [-1.945715, 1.7319047, -1.0674291, 1.4391428, -0.1891429, 1.1463809, 0.6891429, 0.8536189,
           1.5674289, 0.5608568, 2.445715, 0.2680949, -1.945715, 1.731905, -1.0674291, 1.4391431,
           -0.1891431, 1.146381, 0.6891429, 0.853619, 1.5674288, 0.5608571, 2.445715, 0.2680951],
}
# fmt: on


@pytest.mark.parametrize("epsilon", FROM_ADDONS)
def test_equals_tensorflow_addons(epsilon):
    layer = InstanceNormalization(epsilon=epsilon)
    layer.build(INPUT.shape)
    layer.set_weights([GAMMA, BETA])
    np.testing.assert_allclose(np.asarray(layer(INPUT)).ravel(), FROM_ADDONS[epsilon], atol=2e-6)


@pytest.mark.parametrize("epsilon", [1e-3, 1e-5])
def test_equals_group_normalization_with_one_channel_a_group(random, epsilon):
    pictures = random.normal(3.0, 2.0, (2, 9, 7, 5)).astype("float32")
    ours, theirs = InstanceNormalization(epsilon=epsilon), keras.layers.GroupNormalization(groups=-1, epsilon=epsilon)
    for layer in (ours, theirs):
        layer.build(pictures.shape)
        layer.set_weights([np.linspace(0.5, 2, 5).astype("float32"), np.linspace(-1, 1, 5).astype("float32")])
    np.testing.assert_allclose(np.asarray(ours(pictures)), np.asarray(theirs(pictures)), atol=3e-6)


def test_statistics_are_taken_in_float32():
    # Summed in bfloat16, a thousand ones make 256: the mean and variance of these would be far off.
    values = np.ones((1, 32, 32, 1), "float32")
    values[0, :4] = 1.5
    exact = np.asarray(InstanceNormalization()(values))
    half = np.asarray(keras.ops.cast(InstanceNormalization(dtype="mixed_bfloat16")(values), "float32"))
    np.testing.assert_allclose(half, exact, atol=0.03)


def test_survives_saving(tmp_path):
    picture = keras.Input((None, None, 2))
    model = keras.Model(picture, InstanceNormalization(epsilon=0.5, name="norm")(picture))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_layer("norm").epsilon == 0.5
    np.testing.assert_array_equal(np.asarray(again(INPUT)), np.asarray(model(INPUT)))


def test_layer_normalization_is_that_of_one_group(random):
    values = random.normal(3, 2, (2, 5, 4, 3)).astype("float32")
    ours, theirs = LayerNormalization(epsilon=1e-3), keras.layers.GroupNormalization(groups=1, epsilon=1e-3)
    for layer in (ours, theirs):
        layer.build(values.shape)
        layer.set_weights([np.array([1, 2, 3], "float32"), np.array([0, 1, -1], "float32")])
    np.testing.assert_allclose(np.asarray(ours(values)), np.asarray(theirs(values)), atol=1e-5)
    # 0 and 2 over two channels: mean 1, variance 1.
    pair = np.array([[[[0.0, 2.0]]]], "float32")
    np.testing.assert_allclose(np.asarray(LayerNormalization(epsilon=0.0)(pair)), [[[[-1, 1]]]], atol=1e-6)


def test_reflection_padding_by_hand():
    row = np.arange(1.0, 4.0, dtype="float32").reshape(1, 1, 3, 1).repeat(3, axis=1)
    made = np.asarray(ReflectionPadding(1, 2)(row))
    assert made.shape == (1, 6, 6, 1)
    assert made[0, 0, :, 0].tolist() == [2, 1, 2, 3, 2, 1]
    assert ReflectionPadding(1, 2).get_config()["after"] == 2


def test_spectral_convolution_divides_by_the_largest_singular_value(random):
    layer = SpectralConv2D(2, 1, use_bias=False)
    layer.build((None, None, None, 2))
    # [[3, 0], [4, 5]]: the singular values are √45 and √5.
    layer.kernel.assign(np.array([[3.0, 0.0], [4.0, 5.0]], "float32").reshape(1, 1, 2, 2))
    for _ in range(30):
        layer.iterate()
    made = np.asarray(layer(np.array([[[[1.0, 0.0]]]], "float32")))
    np.testing.assert_allclose(made, [[[[3 / 45**0.5, 0]]]], rtol=1e-5)
    # With the singular vectors found, 3×3 kernels end with the largest singular value 1 as well.
    layer = SpectralConv2D(4, 3)
    layer.build((None, None, None, 3))
    for _ in range(60):
        layer.iterate()
    matrix = np.asarray(layer.kernel).reshape(-1, 4)
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    picture = random.normal(size=(1, 3, 3, 3)).astype("float32")
    made = np.asarray(layer(picture))[0, 0, 0]
    np.testing.assert_allclose(made, picture.reshape(-1) @ matrix / largest, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_calling_a_spectral_convolution_changes_nothing(random, training):
    layer = SpectralConv2D(4, 3)
    picture = random.normal(size=(1, 6, 6, 3)).astype("float32")
    layer(picture)
    before = [np.array(variable) for variable in layer.variables]
    layer(picture, training=training)
    for was, variable in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(was, variable)
    layer.iterate()
    assert not np.array_equal(before[-1], layer.u)


def test_dropout_takes_whole_maps_by_given_draws():
    layer = MapDropout(0.2)
    picture = np.ones((2, 2, 3, 2), "float32")
    np.testing.assert_array_equal(layer(picture), picture)
    asked = []

    def draw(shape):
        asked.append(tuple(int(side) for side in shape))
        return np.array([[0.19, 0.2], [0.9, 0.0]], "float32").reshape(2, 1, 1, 2)

    layer.draw = draw
    made = np.asarray(layer(picture, training=True))
    assert asked == [(2, 1, 1, 2)]
    for number, expected in enumerate(([0, 1.25], [1.25, 0])):  # 1 / 0.8 makes up for what is missing
        np.testing.assert_allclose(made[number], np.broadcast_to(expected, (2, 3, 2)))
    assert layer.variables == []
    assert MapDropout.from_config(layer.get_config()).share == 0.2
