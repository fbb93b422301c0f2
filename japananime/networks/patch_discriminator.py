"""The discriminator of JapananimeGAN, CartoonGAN and AnimeGAN: one logit per local area of the picture."""

import functools

import keras

from japananime.networks import blocks
from japananime.networks.layers import MapDropout


def build(width=32, activation="leaky_relu", normalisation="instance", spectral=False, dropout=0.0):
    """Picture (batch, height, width, 3) in [-1, 1] -> logits (batch, height/4, width/4, 1), above 0 for "real anime".

    width: filters of the first convolution; the last hidden ones have eight times as many.
    normalisation: "instance" as published, "layer" as in AnimeGANv2, or "none": then contrast and colour can give a
        picture away too.
    spectral: spectral normalisation of all kernels, as in AnimeGAN; `networks.layers.iterate` is due after each update.
    dropout: share of the feature maps dropped before each of the last three convolutions, in training calls only.
    """
    bias = normalisation == "none"  # a bias before a normalisation would be taken out again
    convolution = functools.partial(blocks.convolution, spectral=spectral)
    picture = blocks.image_input("picture")
    x = convolution(picture, width, 3, name="enter_conv")
    x = blocks.activate(x, activation, name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = convolution(x, filters, 3, stride=2, name=f"{place}_conv1")
        x = blocks.activate(x, activation, name=f"{place}_1")
        x = convolution(x, 2 * filters, 3, bias=bias, name=f"{place}_conv2")
        x = blocks.normalise_activate(x, activation, normalisation=normalisation, name=f"{place}_2")
        x = _drop(x, dropout, name=place)
    x = convolution(x, 8 * width, 3, bias=bias, name="deep_conv")
    x = blocks.normalise_activate(x, activation, normalisation=normalisation, name="deep")
    x = _drop(x, dropout, name="deep")
    x = convolution(x, 1, 3, name="leave_conv")
    return keras.Model(picture, blocks.float32_output(x, "linear", name="logits"), name="patch_discriminator")


def _drop(x, share, *, name):
    return MapDropout(share, name=f"{name}_dropout")(x) if share else x
