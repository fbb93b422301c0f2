"""The generator of a DCGAN: a row of random numbers is unfolded into a picture, from 4×4 pixels on."""

import keras
from keras import layers

from japananime.networks import blocks

UPSAMPLINGS = ("transposed", "resize")
# Deviation of the weights that DCGAN starts from.
START = 0.02


def build(latent: int = 100, size: int = 64, width: int = 64, upsampling: str = "transposed") -> keras.Model:
    """Latent (batch, latent), normally distributed -> picture (batch, size, size, 3) in (-1, 1).

    size: 4 times a power of two, 16 or more; 64 takes five blocks.
    width: filters of the last block but one; each before it has twice as many, up to eight times.
    upsampling: "transposed", 4×4 kernels, which overlap evenly when they double a map; or "resize", pixels doubled and
        a 3×3 convolution after it, which leaves no checkerboard by any chance.
    """
    doublings = blocks.doublings_from(4, size)
    normal = keras.initializers.RandomNormal(stddev=START)
    numbers = keras.Input((latent,), name="latent")
    filters = width * min(2 ** (doublings - 1), 8)
    x = layers.Dense(4 * 4 * filters, use_bias=False, kernel_initializer=normal, name="enter_dense")(numbers)
    x = layers.Reshape((4, 4, filters), name="enter_map")(x)
    x = blocks.normalise_activate(x, "relu", name="enter", normalisation="batch")
    for number in range(1, doublings):
        filters = width * min(2 ** (doublings - 1 - number), 8)
        x = _double(x, filters, upsampling, bias=False, name=f"up{number}")
        x = blocks.normalise_activate(x, "relu", name=f"up{number}", normalisation="batch")
    x = _double(x, 3, upsampling, bias=True, name="leave")
    return keras.Model(numbers, blocks.float32_output(x, "tanh", name="picture"), name="dcgan_generator")


def follow(generator):
    """Let the kept statistics follow those of the last training call; to be called after each update."""
    for layer in generator.layers:
        if hasattr(layer, "follow"):
            layer.follow()


def _double(x, filters, kind, *, bias, name):
    normal = keras.initializers.RandomNormal(stddev=START)
    if kind == "resize":
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_resize")(x)
        return blocks.convolution(x, filters, 3, bias=bias, weights=normal, name=f"{name}_conv")
    return layers.Conv2DTranspose(
        filters, 4, strides=2, padding="same", use_bias=bias, kernel_initializer=normal, name=f"{name}_transposed"
    )(x)
