"""The discriminator of a DCGAN: a picture is folded to 4×4 pixels, and those to one number."""

import keras
from keras import layers

from japananime.networks import blocks

NORMALISATIONS = ("batch", "layer", "none")
# Deviation of the weights that DCGAN starts from.
START = 0.02


def build(size=64, width=64, normalisation="batch"):
    """Picture (batch, size, size, 3) in [-1, 1] -> logits (batch, 1), above 0 for "real".

    size: 4 times a power of two, 16 or more; 64 takes five blocks.
    width: filters of the first block; each further one has twice as many, up to eight times.
    normalisation: of every block but the last: "batch" as published, over all pictures of a batch; "layer" or "none"
        where each picture must be judged by itself, as a gradient penalty wants it.
    """
    normal = keras.initializers.RandomNormal(stddev=START)
    bias = normalisation == "none"  # a bias before a normalisation would be taken out again
    picture = keras.Input((size, size, 3), name="picture")
    x = picture
    for number in range(1, blocks.doublings_from(4, size) + 1):
        filters = width * min(2 ** (number - 1), 8)
        x = blocks.convolution(x, filters, 4, stride=2, bias=bias, weights=normal, name=f"down{number}_conv")
        x = blocks.normalise_activate(x, "leaky_relu", name=f"down{number}", normalisation=normalisation)
    x = layers.Conv2D(1, 4, kernel_initializer=normal, name="leave_conv")(x)
    x = layers.Flatten(name="leave_flat")(x)
    return keras.Model(picture, blocks.float32_output(x, "linear", name="logits"), name="dcgan_discriminator")
