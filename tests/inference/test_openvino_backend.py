"""Every operation against Keras' own."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers
from samples import wild

from japananime.base.errors import UserError
from japananime.inference.openvino_backend import KEPT, OpenVinoNetwork
from japananime.networks import GENERATORS, light_generator, residual_generator
from japananime.networks.layers import InstanceNormalization, LayerNormalization, ReflectionPadding
from japananime.networks.pixels import to_bytes, to_signed
from japananime.styles import graph, keras_to_graph, weights

OPERATIONS = {
    "stride": lambda x: layers.Conv2D(5, 3, strides=2, padding="same")(x),
    "even kernel": lambda x: layers.Conv2D(5, 4, strides=2, padding="same")(x),
    "dilation": lambda x: layers.Conv2D(5, 3, dilation_rate=2, padding="same", activation="relu")(x),
    "valid": lambda x: layers.Conv2D(5, 3, use_bias=False)(x),
    "large depthwise": lambda x: layers.DepthwiseConv2D(7, padding="same")(x),
    "depthwise": lambda x: layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)(x),
    "separable": lambda x: layers.SeparableConv2D(6, 3, padding="same", activation="tanh")(x),
    "transposed 3": lambda x: layers.Conv2DTranspose(5, 3, strides=2, padding="same")(x),
    "transposed 4": lambda x: layers.Conv2DTranspose(5, 4, strides=2, padding="same")(x),
    "nearest": lambda x: layers.UpSampling2D(2)(x),
    "normalisation": lambda x: InstanceNormalization(epsilon=1e-2)(x),
    "mean of four": lambda x: layers.AveragePooling2D(2, strides=1)(x),
    "mean at borders": lambda x: layers.AveragePooling2D(3, strides=2, padding="same")(x),
    "largest of four": lambda x: layers.MaxPooling2D(2)(x),
    "rescaling": lambda x: layers.Rescaling(0.5, offset=0.25)(x),
    "reflection": lambda x: ReflectionPadding(2, 1)(x),
    "layer normalisation": lambda x: LayerNormalization(epsilon=1e-2)(x),
    "leaky": lambda x: layers.LeakyReLU(negative_slope=0.3)(x),
    "relu": lambda x: layers.ReLU()(x),
    "one times many": lambda x: layers.Multiply()([x, layers.Conv2D(1, 1)(x)]),
    "together": lambda x: layers.Concatenate()([layers.Add()([x, x]), x]),
}


def network(model, folder, precision="float32"):
    model.save_weights(folder / "of.weights.h5")
    return OpenVinoNetwork(keras_to_graph.describe(model), folder / "of.weights.h5", precision)


def on_keras(model, pictures):
    return np.asarray(to_bytes(model(to_signed(pictures))))


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name, random, tmp_path):
    photo = keras.Input((None, None, 3), name="photo")
    x = layers.Conv2D(4, 1)(OPERATIONS[name](layers.Conv2D(4, 3, padding="same")(photo)))
    model = wild(keras.Model(photo, layers.Activation("tanh")(x)))
    pictures = random.integers(0, 256, (2, 16, 20, 3)).astype(np.uint8)
    made = network(model, tmp_path).whole(pictures)
    expected = on_keras(model, pictures)
    assert made.shape == expected.shape
    assert made.std() > 5
    assert np.abs(made.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("output", ["picture", "change"])
def test_generators(output, random, tmp_path):
    for model in (residual_generator.build(width=4, residual_blocks=2, output=output), light_generator.build(width=4)):
        pictures = random.integers(0, 256, (1, 32, 40, 3)).astype(np.uint8)
        made = network(wild(model), tmp_path).whole(pictures)
        assert np.abs(made.astype(int) - on_keras(model, pictures)).max() <= 1


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_that_a_style_can_name(name, random, tmp_path):
    known = inspect.signature(GENERATORS[name]).parameters
    small = {
        key: value
        for key, value in {"width": 6, "residual_blocks": 1, "heart_blocks": 2, "depth": 2}.items()
        if key in known
    }
    model = wild(GENERATORS[name](**small))
    run = network(model, tmp_path)
    pictures = random.integers(0, 256, (1, 2 * run.multiple + 32, 64, 3)).astype(np.uint8)
    pictures = pictures[:, : pictures.shape[1] // run.multiple * run.multiple]
    made = run.whole(pictures)
    assert made.std() > 1
    assert np.abs(made.astype(int) - on_keras(model, pictures)).max() <= 1


def test_shapes_are_kept_ready_but_not_without_end(random, tmp_path):
    run = network(wild(light_generator.build(width=4, residual_blocks=1)), tmp_path)
    for side in range(16, 16 + 4 * (KEPT + 3), 4):
        first = run.whole(np.zeros((1, side, 16, 3), np.uint8))
        kept = first.copy()
        run.whole(np.full((1, side, 16, 3), 255, np.uint8))
        assert np.array_equal(first, kept)  # an answer is not overwritten by the next one
    assert len(run._compiled) == KEPT


def test_weights_of_another_network(tmp_path):
    light_generator.build(width=4, residual_blocks=1).save_weights(tmp_path / "of.weights.h5")
    description = keras_to_graph.describe(residual_generator.build(width=4, residual_blocks=1))
    with pytest.raises(UserError, match="weights of 'enter_conv' are missing or of another network"):
        OpenVinoNetwork(description, tmp_path / "of.weights.h5").whole(np.zeros((1, 16, 16, 3), np.uint8))


def test_a_file_that_holds_no_weights(tmp_path):
    (tmp_path / "of.weights.h5").write_text("nothing")
    with pytest.raises(UserError, match=r"of\.weights\.h5: not a style's weights"):
        weights.read(tmp_path / "of.weights.h5")


def test_an_operation_that_is_not_taught(tmp_path):
    light_generator.build(width=4).save_weights(tmp_path / "of.weights.h5")
    strange = graph.Graph((graph.Node("photo", "InputLayer"), graph.Node("x", "Lambda", ("photo",))))
    with pytest.raises(
        UserError,
        match="graph.json: the network has a layer 'Lambda', which the OpenVINO backend does not support; supported: ",
    ):
        OpenVinoNetwork(strange, tmp_path / "of.weights.h5").whole(np.zeros((1, 16, 16, 3), np.uint8))
