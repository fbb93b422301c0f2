"""The blocks that AnimeGAN's generators are made of: reflected borders, no biases, a normalisation and LeakyReLU."""

import keras
from keras import layers

from japananime.networks import blocks
from japananime.networks.layers import ReflectionPadding


def convolution(x, filters, kernel, normalisation, *, name, stride=1):
    """Convolution, normalisation, LeakyReLU."""
    x = blocks.convolution(
        x, filters, kernel, stride=stride, bias=normalisation == "none", padding="reflect", name=f"{name}_conv"
    )
    return blocks.normalise_activate(x, "leaky_relu", normalisation=normalisation, name=name)


def separable(x, filters, normalisation, *, name, stride=1):
    """3×3 convolution of each channel by itself, 1×1 convolution across them, normalisation, LeakyReLU."""
    x = depthwise(x, stride=stride, name=f"{name}_depthwise")
    return convolution(x, filters, 1, normalisation, name=name)


def depthwise(x, *, name, stride=1, bias=False):
    """3×3 convolution of each channel by itself."""
    x = blocks.reflect(x, 3, stride, name=name)
    return layers.DepthwiseConv2D(
        3, strides=stride, padding="valid", use_bias=bias, depthwise_initializer="he_normal", name=name
    )(x)


def halve(x, filters, normalisation, *, name):
    """Half the size by two ways that are added: a separable convolution with stride 2, and one of the shrunk input.

    Shrinking is the mean of 2×2 pixels, which is what a bilinear resize to half the size comes to.
    """
    strided = separable(x, filters, normalisation, stride=2, name=f"{name}_strided")
    shrunk = layers.AveragePooling2D(2, name=f"{name}_shrink")(x)
    return layers.Add(name=f"{name}_add")([strided, separable(shrunk, filters, normalisation, name=f"{name}_shrunk")])


def double(x, *, name):
    """Twice the size, bilinear: every pixel four times, then the mean with its neighbours weighted 1, 2, 1.

    The same numbers as `UpSampling2D(interpolation="bilinear")`, which fails on sizes that are not known beforehand.
    """
    x = layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_resize")(x)
    x = ReflectionPadding(1, 1, name=f"{name}_resize_reflect")(x)
    for number in (1, 2):
        x = layers.AveragePooling2D(2, strides=1, name=f"{name}_resize_mean{number}")(x)
    return x


def inverted_residual(x, filters, normalisation, *, name, bias=False):
    """Widen twofold by 1×1, 3×3 of each channel by itself, narrow by 1×1 without activation; add the input if it fits.

    bias: of the middle convolution.
    """
    change = convolution(x, 2 * x.shape[-1], 1, normalisation, name=f"{name}_widen")
    change = depthwise(change, bias=bias or normalisation == "none", name=f"{name}_depthwise")
    change = blocks.normalise_activate(change, "leaky_relu", normalisation=normalisation, name=f"{name}_middle")
    change = blocks.convolution(change, filters, 1, bias=normalisation == "none", name=f"{name}_narrow_conv")
    change = blocks.normalise(change, normalisation, name=f"{name}_narrow")
    return layers.Add(name=f"{name}_add")([x, change]) if x.shape[-1] == filters else change


def picture_model(photo, x, name):
    """The last convolution, 1×1 to RGB, tanh, and the model from photo to picture."""
    return keras.Model(photo, blocks.picture_output(x, photo, "picture", kernel=1), name=name)
