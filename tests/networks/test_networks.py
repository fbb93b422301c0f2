import keras
import numpy as np
import pytest
import samples

from japananime.networks import (
    far_generator,
    feature_discriminator,
    layers,
    light_generator,
    patch_discriminator,
    residual_generator,
)
from japananime.styles import keras_to_graph


def test_published_generator_has_the_published_size():
    # Counted by hand: 3·64·49 in, (64·128 + 128·128 + 128·256 + 256·256)·9 down, 16·256·256·9 in the residual blocks,
    # (256·128 + 128·128 + 128·64 + 64·64)·9 up, 64·3·49 out; then the biases that no normalisation follows and the
    # gammas and betas of the normalisations.
    kernels = 3 * 64 * 49 + (64 * 128 + 128 * 128 + 128 * 256 + 256 * 256) * 9 + 16 * 256 * 256 * 9
    kernels += (256 * 128 + 128 * 128 + 128 * 64 + 64 * 64) * 9 + 64 * 3 * 49
    biases = 128 + 256 + 128 + 64 + 3
    normalisations = 2 * (64 + 128 + 256 + 16 * 256 + 128 + 64)
    assert residual_generator.build().count_params() == kernels + biases + normalisations
    assert kernels == pytest.approx(11.13e6, rel=0.005)


def test_published_discriminator_has_the_published_size():
    assert patch_discriminator.build().count_params() == pytest.approx(1.13e6, rel=0.005)


@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_generator_keeps_size_and_range(random, upsampling, activation):
    generator = residual_generator.build(width=4, residual_blocks=1, activation=activation, upsampling=upsampling)
    photo = random.uniform(-1, 1, (2, 20, 28, 3)).astype("float32")
    picture = np.asarray(generator(photo))
    assert picture.shape == photo.shape
    assert -1 <= picture.min() < picture.max() <= 1
    names = [layer.name for layer in generator.layers]
    assert any("transposed" in name for name in names) == (upsampling == "transposed")
    assert any("leaky" in name for name in names) == (activation == "leaky_relu")


def test_output_as_change_begins_as_the_identity(random):
    generator = residual_generator.build(width=4, residual_blocks=1, output="change")
    photo = random.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(generator(photo)), 0.92 * photo, atol=1e-6)
    weights = generator.get_layer("leave_conv").get_weights()
    generator.get_layer("leave_conv").set_weights([weights[0], np.full(3, 0.5, "float32")])
    expected = np.tanh(0.5 + np.arctanh(0.92 * photo))
    np.testing.assert_allclose(np.asarray(generator(photo)), expected, atol=1e-5)


def test_generator_without_normalisation_works_locally(random):
    generator = residual_generator.build(width=4, residual_blocks=1, normalisation="none", upsampling="resize")
    assert not any("norm" in layer.name for layer in generator.layers)
    for layer in generator.layers:  # residual blocks that do something
        if layer.name.endswith("residual1_conv2"):
            layer.kernel.assign(0.1 * random.normal(size=layer.kernel.shape))
    photo = random.uniform(-1, 1, (1, 160, 64, 3)).astype("float32")
    changed = photo.copy()
    changed[:, :8] = -changed[:, :8]
    difference = np.abs(np.asarray(generator(photo)) - np.asarray(generator(changed))).max(axis=(0, 2, 3))
    assert difference[:8].min() > 0
    assert difference[80:].max() == 0


def test_number_of_residual_blocks():
    names = [layer.name for layer in residual_generator.build(width=4, residual_blocks=3).layers]
    assert sum(name.endswith("_add") for name in names) == 3


def test_discriminator_gives_one_logit_per_area(random):
    discriminator = patch_discriminator.build(width=4)
    assert discriminator(random.uniform(-1, 1, (1, 32, 24, 3)).astype("float32")).shape == (1, 8, 6, 1)


def test_discriminator_judges_locally():
    # Without normalisation, which looks at the whole picture, a change in one corner leaves far logits as they are.
    discriminator = patch_discriminator.build(width=4, normalisation="none")
    black = np.zeros((1, 96, 96, 3), "float32")
    spot = black.copy()
    spot[:, :4, :4] = 1.0
    change = np.abs(np.asarray(discriminator(spot)) - np.asarray(discriminator(black)))[0, ..., 0]
    assert change[0, 0] > 0
    assert change[8:, :].max() == change[:, 8:].max() == 0


def test_discriminator_without_normalisation_has_biases_instead():
    published = patch_discriminator.build(width=4)
    bare = patch_discriminator.build(width=4, normalisation="none")
    assert any(layer.name.endswith("_norm") for layer in published.layers)
    assert not any(layer.name.endswith("_norm") for layer in bare.layers)
    # A gamma and a beta a channel become one bias a channel, on 16, 32 and 32 channels.
    assert published.count_params() - bare.count_params() == 16 + 32 + 32


def test_outputs_are_float32_under_mixed_precision(random):
    keras.config.set_dtype_policy("mixed_bfloat16")
    generator = residual_generator.build(width=4, residual_blocks=1)
    assert generator.get_layer("enter_conv").compute_dtype == "bfloat16"
    assert generator(random.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")).dtype.name == "float32"
    assert patch_discriminator.build(width=4).output.dtype == "float32"


def test_light_generator_is_light():
    generator = light_generator.build()
    # 16 filters at full resolution, 32 at a half, 64 at a quarter: kernels of 3x3 and a bias a filter.
    pairs = [(3, 16), (16, 32), (32, 32), (32, 64), *[(64, 64)] * 16, (64, 32), (32, 32), (32, 16), (16, 16), (16, 3)]
    assert generator.count_params() == sum(9 * a * b + b for a, b in pairs) < 0.7e6
    # Two operations a weight, for every pixel of the map it makes, of a 256x256 picture.
    sides = [256, 128, 128, 64, *[64] * 16, 128, 128, 256, 256, 256]
    operations = sum(2 * 9 * a * b * side**2 for (a, b), side in zip(pairs, sides, strict=True))
    assert operations == pytest.approx(7.36e9, rel=0.001)


def test_light_generator_begins_as_the_identity_and_works_locally(random):
    generator = light_generator.build(width=4, residual_blocks=1)
    photo = random.uniform(-1, 1, (1, 160, 64, 3)).astype("float32")
    np.testing.assert_allclose(np.asarray(generator(photo)), 0.92 * photo, atol=1e-6)
    for layer in generator.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(0.1 * random.normal(size=layer.kernel.shape))
    changed = photo.copy()
    changed[:, :8] = -changed[:, :8]
    difference = np.abs(np.asarray(generator(photo)) - np.asarray(generator(changed))).max(axis=(0, 2, 3))
    assert difference[:8].min() > 0
    assert difference[80:].max() == 0


def test_feature_discriminator_judges_each_map_locally(random):
    discriminator = feature_discriminator.build((3, 5), width=4)
    first, second = (random.normal(size=(1, side, side, count)).astype("float32") for side, count in ((16, 3), (8, 5)))
    judged = discriminator([first, second])
    assert [tuple(logits.shape) for logits in judged] == [(1, 16, 16, 1), (1, 8, 8, 1)]
    changed = first.copy()
    changed[:, 0, 0] += 1.0
    again = discriminator([changed, second])
    difference = np.abs(np.asarray(again[0]) - np.asarray(judged[0]))[0, ..., 0]
    assert difference[0, 0] > 0
    assert difference[2:].max() == difference[:, 2:].max() == 0
    np.testing.assert_array_equal(again[1], judged[1])


def test_feature_discriminator_has_spectral_norm_one(random):
    discriminator = feature_discriminator.build((6,), width=8)
    for _ in range(50):
        layers.iterate(discriminator)
    for name in ("head0_conv1", "head0_conv2", "head0_logits"):
        layer = discriminator.get_layer(name)
        matrix = np.asarray(layer.kernel).reshape(-1, layer.filters)
        inputs = random.normal(size=(1, 8, 8, layer.kernel.shape[2])).astype("float32")
        plain = keras.ops.conv(inputs, layer.kernel / np.linalg.norm(matrix, 2), padding="same")
        np.testing.assert_allclose(np.asarray(layer(inputs)), np.asarray(plain), rtol=1e-3, atol=1e-4)
    assert len([layer for layer in discriminator.layers if isinstance(layer, layers.SpectralConv2D)]) == 3


def test_far_generator_is_lighter_still():
    generator = far_generator.build()
    # 8 filters at full resolution, 24 at a half, 48 at a quarter, 96 at an eighth: (side, kernel, in, out), and in the
    # heart 49 weights a channel, then twice as many channels and back.
    convolutions = [(256, 3, 3, 8), (128, 3, 3, 24), (64, 3, 24, 48), (32, 3, 48, 96)]
    convolutions += 6 * [(32, 1, 96, 192), (32, 1, 192, 96)]
    for side, fewer, more in ((64, 48, 96), (128, 24, 48), (256, 8, 24)):
        convolutions += [(side // 2, 1, more, fewer), (side, 3, fewer, fewer)]
    convolutions += [(256, 3, 8, 3), (256, 3, 8, 1)]
    around = 6 * (49 * 96 + 96)
    assert generator.count_params() == around + sum(k * k * a * b + b for _, k, a, b in convolutions) < 1.2e6
    operations = 2 * (6 * 49 * 96 * 32**2 + sum(k * k * a * b * side**2 for side, k, a, b in convolutions))
    assert operations / 256**2 == pytest.approx(18550, rel=0.01)


def test_far_generator_begins_as_the_identity_and_sees_far(random):
    generator = far_generator.build(width=6, heart_blocks=2)
    photo = random.uniform(-1, 1, (1, 256, 16, 3)).astype("float32")
    open_at_first = 1.0 / (1.0 + np.exp(-5.0))
    np.testing.assert_allclose(np.asarray(generator(photo)), 0.92 * open_at_first * photo, atol=1e-6)
    assert open_at_first > 0.993
    samples.wild(generator)
    changed = photo.copy()
    changed[:, :8] = -changed[:, :8]
    difference = np.abs(np.asarray(generator(photo)) - np.asarray(generator(changed))).max(axis=(0, 2, 3))
    reach = keras_to_graph.describe(generator).reach
    # 3x3 convolutions at a half to an eighth of the resolution on the way down and up, two blocks of three places.
    assert reach == 1 + 2 + 4 + 2 * 3 * 8 + 4 + 2 + 1 + 1
    assert difference[8 + reach :].max() == 0
    assert np.nonzero(difference)[0].max() > 8 + reach // 2


def test_far_generator_computes_its_depthwise_convolutions_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    generator = far_generator.build(width=6, heart_blocks=1)
    assert generator.get_layer("heart1_around").compute_dtype == "float32"
    assert generator.get_layer("heart1_widen_conv").compute_dtype == "bfloat16"
    assert generator.output.dtype == "float32"


def test_a_closed_gate_leaves_nothing_of_the_photo(random):
    generator = far_generator.build(width=6, heart_blocks=1)
    photo = random.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    generator.get_layer("gate_conv").bias.assign([-30.0])
    generator.get_layer("leave_conv").bias.assign([0.5, 0.0, -0.5])
    expected = np.broadcast_to(np.tanh([0.5, 0.0, -0.5]), photo.shape)
    np.testing.assert_allclose(np.asarray(generator(photo)), expected, atol=1e-6)
