"""A generator that sees hundreds of pixels far for a third of the work: its heart is at an eighth of the resolution."""

import keras
from keras import layers

from japananime.networks import blocks

# The gate's level at first: 0.993 of the photo.
OPEN = 5.0


def build(width=24, heart_blocks=6, activation="leaky_relu"):
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Height and width must be multiples of 8. width: filters at half the resolution; a third of that at full, twice and
    four times that at a quarter and an eighth. heart_blocks: blocks at an eighth, each of which looks three places of
    8 pixels around, so that a cloud, a wall, a head are one thing to the network. The output is a change
    (`blocks.picture_output`), none at first, to as much of the photo as the network lets through: a texture is closed
    out and painted over, which is easier than drawing it anew with the opposite sign. Nothing is normalised: a pixel
    depends on its surroundings alone, so tiles of a picture and frames of a film fit together by themselves. What each
    resolution held on the way down is added on the way up.
    """
    photo = blocks.image_input("photo")
    filters = (width // 3, width, 2 * width, 4 * width)
    full = _convolve(photo, filters[0], activation, name="enter")
    half = _convolve(photo, filters[1], activation, stride=2, name="down1")
    quarter = _convolve(half, filters[2], activation, stride=2, name="down2")
    x = _convolve(quarter, filters[3], activation, stride=2, name="down3")
    for number in range(1, heart_blocks + 1):
        x = _look_around(x, activation, name=f"heart{number}")
    for number, beside in enumerate((quarter, half, full), start=1):
        x = _up(x, beside, activation, name=f"up{number}")
    kept = layers.Multiply(name="kept")([photo, _gate(x)])
    return keras.Model(photo, blocks.picture_output(x, kept, "change", kernel=3), name="far_generator")


def _convolve(x, filters, activation, *, name, kernel=3, stride=1):
    x = blocks.convolution(x, filters, kernel, stride=stride, name=f"{name}_conv")
    return blocks.activate(x, activation, name=name)


def _up(x, beside, activation, *, name):
    # Narrowed before it is enlarged, which costs a quarter; what was enlarged is smoothed together with what is added.
    x = blocks.convolution(x, beside.shape[-1], 1, name=f"{name}_narrow_conv")
    x = layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_resize")(x)
    x = layers.Add(name=f"{name}_add")([x, beside])
    return _convolve(x, beside.shape[-1], activation, name=name)


def _gate(x):
    """How much of the photo each pixel keeps, 0 to 1; nearly all of it at first."""
    gate = layers.Conv2D(
        1,
        3,
        padding="same",
        kernel_initializer="zeros",
        bias_initializer=keras.initializers.Constant(OPEN),
        name="gate_conv",
    )(x)
    return blocks.float32_output(gate, "sigmoid", name="gate")


def _look_around(x, activation, *, name):
    """7×7 of each channel by itself, then across channels, twice as many in between; added to what there was."""
    filters = x.shape[-1]
    # In float32 throughout: shorter types make convolutions of single channels slower, not faster.
    change = layers.DepthwiseConv2D(
        7, padding="same", depthwise_initializer="he_normal", dtype="float32", name=f"{name}_around"
    )(x)
    change = _convolve(change, 2 * filters, activation, kernel=1, name=f"{name}_widen")
    # Unnormalised blocks would double the variance each; starting at zero they leave it as it is.
    change = blocks.convolution(change, filters, 1, weights="zeros", name=f"{name}_narrow_conv")
    return layers.Add(name=f"{name}_add")([x, change])
