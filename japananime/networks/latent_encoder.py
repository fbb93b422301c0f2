"""What random numbers a picture could have been made of: an encoder beside a generator of characters."""

import keras
from keras import layers, ops

from japananime.networks import blocks

# How much of the numbers is drawn at random, so that neighbours of a picture's numbers make pictures like it.
NOISE = 0.5


def build(latent: int, size: int, width: int = 32) -> keras.Model:
    """Picture (batch, size, size, 3) in [-1, 1] -> (batch, latent), which `as_drawn` makes like what is drawn.

    width: filters of the first layer; each halving doubles them, up to eight times, until four pixels a side are left.
    """
    picture = keras.Input((size, size, 3), name="picture")
    x, filters, side = picture, width, size
    while side > 4:
        x = blocks.convolution(x, filters, 4, stride=2, name=f"down{side}_conv")
        x = layers.LeakyReLU(negative_slope=0.2, name=f"down{side}_leaky_relu")(x)
        side, filters = side // 2, min(2 * filters, 8 * width)
    x = layers.Dense(latent, name="leave_dense")(layers.Flatten(name="leave_flat")(x))
    return keras.Model(picture, blocks.float32_output(x, "linear", name="numbers"), name="latent_encoder")


def as_drawn(numbers, noise):
    """Numbers of a batch, each with mean 0 and deviation 1 over it, with a share of noise: deviation 1 again.

    numbers, noise: (batch, latent), the noise normally distributed.
    """
    even = numbers - ops.mean(numbers, axis=0, keepdims=True)
    even = even / ops.sqrt(ops.mean(ops.square(even), axis=0, keepdims=True) + 1e-4)
    return (1.0 - NOISE**2) ** 0.5 * even + NOISE * noise
