"""A discriminator on features of a trained network, mixed by fixed random projections (Projected GANs, Sauer 2021).

The first features alone are easy to fool one by one. Mixed across channels and from coarse to fine by weights that are
drawn once and never trained, every head sees something of all of them.
"""

from collections.abc import Sequence

import keras
from keras import layers

from japananime.networks import blocks


def build(channels: Sequence[int], width: int = 128) -> keras.Model:
    """Features [(batch, height, width, C)] -> logits [(batch, h, w, 1)], above 0 for "real".

    channels: of each map of features, from fine to coarse, each half as large as the one before. Every map has a head
    of its own with `width` hidden filters, which halves it until it is as coarse as the last. Weights are held to
    spectral norm 1. In float32 throughout: heads are cheap, and the estimate of the norm is a power iteration.
    """
    features = [
        keras.Input((None, None, count), name=f"features{number}", dtype="float32")
        for number, count in enumerate(channels)
    ]
    logits = [
        _head(x, width, len(channels) - 1 - number, name=f"head{number}") for number, x in enumerate(_mix(features))
    ]
    return keras.Model(features, logits, name="projected_discriminator")


def _mix(features):
    across = [_fixed(x, 64 * (number + 1), 1, name=f"mix{number}_channels") for number, x in enumerate(features)]
    mixed = across[-1:]
    for number in reversed(range(len(across) - 1)):
        coarser = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32", name=f"mix{number}_up")(mixed[0])
        coarser = _fixed(coarser, across[number].shape[-1], 3, name=f"mix{number}_scales")
        total = layers.Add(dtype="float32", name=f"mix{number}_sum")([across[number], coarser])
        # The sum of two is half as strong again; as strong as one it stays when it is halved by its root.
        mixed.insert(0, layers.Rescaling(0.5**0.5, dtype="float32", name=f"mix{number}")(total))
    return mixed


def _fixed(x, filters, kernel, *, name):
    layer = layers.Conv2D(
        filters,
        kernel,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        trainable=False,
        dtype="float32",
        name=name,
    )
    return layer(x)


def _head(x, width, halvings, *, name):
    for number in range(1, halvings + 1):
        x = blocks.spectral_convolution(x, width, 4, stride=2, name=f"{name}_conv{number}")
        x = layers.LeakyReLU(negative_slope=0.2, dtype="float32", name=f"{name}_leaky_relu{number}")(x)
    return blocks.spectral_convolution(x, 1, 3, name=f"{name}_logits")
