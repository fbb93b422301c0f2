"""A small discriminator on pixels themselves: it sees what trained features overlook, such as lattices and grain."""

import keras
from keras import layers

from japananime.networks import blocks


def build(width: int = 32, halvings: int = 3) -> keras.Model:
    """Picture (batch, height, width, 3) in [-1, 1] -> logits (batch, h, w, 1), above 0 for "real".

    width: filters at full resolution; each halving doubles them, up to four times. Weights are held to spectral norm 1.
    """
    picture = keras.Input((None, None, 3), name="picture", dtype="float32")
    x = blocks.spectral_convolution(picture, width, 3, name="enter_conv")
    x = layers.LeakyReLU(negative_slope=0.2, dtype="float32", name="enter_leaky_relu")(x)
    for number in range(1, halvings + 1):
        filters = width * min(2**number, 4)
        x = blocks.spectral_convolution(x, filters, 4, stride=2, name=f"down{number}_conv")
        x = layers.LeakyReLU(negative_slope=0.2, dtype="float32", name=f"down{number}_leaky_relu")(x)
    return keras.Model(picture, blocks.spectral_convolution(x, 1, 3, name="logits"), name="pixel_discriminator")
