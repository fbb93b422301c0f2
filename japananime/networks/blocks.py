"""Functional blocks that the networks are made of: each takes a tensor and returns a tensor.

Layers are named by place ("down1_conv2"), so that a summary or a saved file reads like the architecture's description.
"""

import keras
from keras import layers

from japananime.networks.layers import (
    BatchNormalization,
    ChangedPicture,
    InstanceNormalization,
    LayerNormalization,
    ReflectionPadding,
    SpectralConv2D,
)

ACTIVATIONS = ("relu", "leaky_relu")
UPSAMPLINGS = ("transposed", "resize")
OUTPUTS = ("picture", "change")
NORMALISATIONS = ("instance", "layer", "none")
LAYERS = {"instance": InstanceNormalization, "layer": LayerNormalization, "batch": BatchNormalization}
# Of a change to the photo: see networks.layers.ChangedPicture.
REACH = 0.92


def convolution(
    x,
    filters,
    kernel,
    *,
    name,
    stride=1,
    dilation=1,
    bias=True,
    weights="he_normal",
    padding="zero",
    spectral=False,
):
    """`kernel`×`kernel` convolution that keeps the size (divided by the stride), weights drawn by an initializer.

    padding: what is beyond the border: "zero", or "reflect" for the picture's mirror image.
    spectral: divide the kernel by its largest singular value.
    """
    if padding == "reflect":
        x = reflect(x, kernel, stride, name=name)
    layer = SpectralConv2D if spectral else layers.Conv2D
    return layer(
        filters,
        kernel,
        strides=stride,
        dilation_rate=dilation,
        padding="valid" if padding == "reflect" else "same",
        use_bias=bias,
        kernel_initializer=weights,
        name=name,
    )(x)


def spectral_convolution(x, filters, kernel, *, name, stride=1):
    """A convolution of spectral norm 1 that keeps the size (divided by the stride), in float32 throughout."""
    return SpectralConv2D(filters, kernel, strides=stride, padding="same", dtype="float32", name=name)(x)


def reflect(x, kernel, stride, *, name):
    """As many mirrored pixels as a convolution of this kernel and stride takes off an even side."""
    missing = kernel - stride
    if missing <= 0:
        return x
    return ReflectionPadding(missing // 2, missing - missing // 2, name=f"{name}_reflect")(x)


def normalise(x, normalisation, *, name):
    """A normalisation by its name in `LAYERS`, or "none"."""
    return x if normalisation == "none" else LAYERS[normalisation](name=f"{name}_norm")(x)


def normalise_activate(x, activation, *, name, normalisation="instance"):
    """A normalisation or none, then an activation by name."""
    return activate(normalise(x, normalisation, name=name), activation, name=name)


def activate(x, activation, *, name):
    """`relu`, or `leaky_relu` with slope 0.2."""
    if activation == "relu":
        return layers.ReLU(name=f"{name}_relu")(x)
    return layers.LeakyReLU(negative_slope=0.2, name=f"{name}_leaky_relu")(x)


def upsample(x, filters, kind, *, name):
    """Double the size: a transposed 3×3 convolution as published, or nearest-neighbour resize and a convolution.

    The transposed form can leave a checkerboard, its kernel (3) being no multiple of its stride (2); resizing does not.
    """
    if kind == "transposed":
        return layers.Conv2DTranspose(
            filters, 3, strides=2, padding="same", kernel_initializer="he_normal", name=f"{name}_transposed"
        )(x)
    x = layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_resize")(x)
    return convolution(x, filters, 3, name=f"{name}_conv1")


def float32_output(x, activation, *, name):
    """The last activation in float32, so that losses and pictures are exact under mixed precision."""
    return layers.Activation(activation, dtype="float32", name=name)(x)


def picture_output(x, photo, output, *, kernel):
    """The last convolution, to an RGB picture in (-1, 1), in float32.

    output: "picture", the published tanh(x); or "change", tanh(x + atanh(0.92 · photo)) with x starting at zero: the
    network begins as the identity and learns only what to change.
    """
    if output == "picture":
        return float32_output(convolution(x, 3, kernel, name="leave_conv"), "tanh", name="picture")
    change = convolution(x, 3, kernel, weights="zeros", name="leave_conv")
    return ChangedPicture(REACH, name="picture")([change, photo])


def doublings_from(least, size):
    """How often a side of `least` pixels is doubled to make `size`."""
    doublings = (size // least).bit_length() - 1
    if size != least * 2**doublings or doublings < 2:
        raise ValueError(f"a side of {size} is not {least} times a power of two that is 4 or more")
    return doublings


def image_input(name):
    """An RGB picture of any size in [-1, 1]."""
    return keras.Input((None, None, 3), name=name)
