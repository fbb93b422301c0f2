"""A discriminator that looks at a picture through a trained network's eyes: small heads on frozen features."""

import keras

from japananime.networks import blocks
from japananime.networks.layers import SpectralConv2D


def build(channels, width=64):
    """Features [(batch, height, width, C)] -> logits [(batch, height, width, 1)], above 0 for "real anime".

    channels: of each map of features; every map has a head of its own, with `width` hidden filters. The kernels
    have spectral norm 1; `networks.layers.iterate` is due after each update. The features being given, there is so
    little to learn that a few hundred frames do.
    """
    features = [keras.Input((None, None, count), name=f"features{number}") for number, count in enumerate(channels)]
    logits = [_head(x, width, name=f"head{number}") for number, x in enumerate(features)]
    return keras.Model(features, logits, name="feature_discriminator")


def _head(x, width, *, name):
    x = _convolution(x, width, 1, name=f"{name}_conv1")
    x = blocks.activate(x, "leaky_relu", name=f"{name}_1")
    x = _convolution(x, width, 3, name=f"{name}_conv2")
    x = blocks.activate(x, "leaky_relu", name=f"{name}_2")
    return _convolution(x, 1, 1, name=f"{name}_logits")


def _convolution(x, filters, kernel, *, name):
    # In float32 throughout: heads are cheap.
    return SpectralConv2D(filters, kernel, padding="same", dtype="float32", name=name)(x)
