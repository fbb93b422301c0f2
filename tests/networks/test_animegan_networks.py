"""The generators of AnimeGAN and its second version, the U-Net, the auto-encoder, the spectral discriminator."""

import keras
import numpy as np
import pytest

from japananime.inference import loading
from japananime.networks import GENERATORS, inverted_blocks, layers, patch_discriminator, vgg_autoencoder
from japananime.perception import features
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

SMALL = {
    "animegan": {"width": 2, "inverted_blocks": 1},
    "animegan2": {"width": 2, "inverted_blocks": 2},
    "unet": {"width": 2, "depth": 3},
    "vgg_autoencoder": {"width": 2, "depth": 2},
}


@pytest.mark.parametrize(("name", "blocks", "millions"), [("animegan", 8, 3.95), ("animegan2", 4, 2.14)])
def test_published_sizes(name, blocks, millions):
    # The figures of the project page of AnimeGANv3 for both.
    assert GENERATORS[name](inverted_blocks=blocks).count_params() == pytest.approx(millions * 1e6, rel=0.02)


def test_parameters_of_an_inverted_block_by_hand():
    # 256 -> 512 by 1×1, 3×3 of each, 512 -> 256, a gamma and a beta after each.
    block = 256 * 512 + 2 * 512 + 9 * 512 + 2 * 512 + 512 * 256 + 2 * 256
    eight, four = (GENERATORS["animegan"](inverted_blocks=blocks).count_params() for blocks in (8, 4))
    assert eight - four == 4 * block


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("normalisation", ["instance", "layer", "none"])
def test_size_and_range_stay(random, name, normalisation):
    generator = GENERATORS[name](**SMALL[name], normalisation=normalisation)
    photo = random.uniform(-1, 1, (1, 24, 32, 3)).astype("float32")
    picture = np.asarray(generator(photo))
    assert picture.shape == photo.shape
    assert np.abs(picture).max() <= 1
    assert picture.std() > 0
    assert any("norm" in layer.name for layer in generator.layers) == (normalisation != "none")


@pytest.mark.parametrize("name", SMALL)
def test_a_style_is_loaded_as_it_was_saved_and_takes_odd_sizes(random, tmp_path, name):
    generator = GENERATORS[name](**SMALL[name])
    generators.save(tmp_path / "style", Exportable(name, SMALL[name], generator), name="small")
    loaded = generators.load(style_folder.find(tmp_path))
    assert loaded.count_params() == generator.count_params()
    for was, found in zip(generator.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(was.astype("float16").astype("float32"), found)
    photo = random.integers(0, 256, (95, 127, 3)).astype(np.uint8)
    one, other = (
        loading.load(style_folder.find(tmp_path), engine, "float32")(photo).astype(int)
        for engine in ("openvino", "tensorflow")
    )
    assert one.shape == photo.shape
    assert np.abs(one - other).max() <= 1


def test_doubling_is_bilinear(random):
    small = random.normal(size=(1, 5, 7, 2)).astype("float32")
    x = keras.Input((None, None, 2))
    doubled = np.asarray(keras.Model(x, inverted_blocks.double(x, name="up"))(small))
    expected = keras.layers.UpSampling2D(2, interpolation="bilinear")(small)
    np.testing.assert_allclose(doubled, np.asarray(expected), atol=1e-6)


def test_the_unet_carries_details_across():
    generator = GENERATORS["unet"](width=2, depth=3, normalisation="none")
    joins = [layer for layer in generator.layers if isinstance(layer, keras.layers.Concatenate)]
    assert len(joins) == 3
    strides = [layer.strides[0] for layer in generator.layers if isinstance(layer, keras.layers.Conv2D)]
    assert np.prod(strides) == 2**3


def test_the_autoencoders_code_is_as_published():
    network = vgg_autoencoder.build()
    code = vgg_autoencoder.decoder(network).input
    assert code.shape[1:] == (None, None, 512)
    halvings = [layer for layer in network.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    doublings = [layer for layer in network.layers if isinstance(layer, keras.layers.UpSampling2D)]
    assert 256 // 2 ** len(halvings) == 8
    assert len(doublings) == 5
    # VGG19's convolutions: 20 024 384 parameters (Keras' documentation of the no-top model).
    frozen = sum(int(np.prod(weight.shape)) for weight in network.non_trainable_weights)
    assert frozen == 20_024_384


def test_the_encoder_sees_what_vgg19_sees(random):
    network = vgg_autoencoder.build(width=2, depth=2)
    vgg19 = features.vgg19("random", ("block2_conv2",))
    vgg_autoencoder.adopt(network, vgg19)
    photo = random.uniform(-1, 1, (1, 16, 20, 3)).astype("float32")
    code = keras.Model(network.input, network.get_layer(vgg_autoencoder.CODE).output)(photo)
    plain = np.maximum(np.asarray(vgg19(photo)), 0).reshape(1, 4, 2, 5, 2, 128).max(axis=(2, 4))
    np.testing.assert_allclose(np.asarray(code), plain, rtol=1e-3, atol=1e-3 * plain.max())


def test_spectral_discriminator_with_dropout(random):
    discriminator = patch_discriminator.build(width=2, normalisation="layer", spectral=True, dropout=0.5)
    picture = random.uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    assert discriminator(picture).shape == (1, 4, 4, 1)
    np.testing.assert_array_equal(discriminator(picture), discriminator(picture))
    assert not np.array_equal(discriminator(picture, training=True), discriminator(picture, training=True))
    before = [np.array(variable) for variable in discriminator.non_trainable_variables]
    layers.iterate(discriminator)
    after = discriminator.non_trainable_variables
    assert [variable.path for variable in after] == [
        f"{place}/u"
        for place in (
            "enter_conv",
            "down1_conv1",
            "down1_conv2",
            "down2_conv1",
            "down2_conv2",
            "deep_conv",
            "leave_conv",
        )
    ]
    for was, variable in zip(before, after, strict=True):
        assert not np.array_equal(was, variable), variable.path
