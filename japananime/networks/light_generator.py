"""A generator light enough for a laptop, with most of its work at a quarter of the resolution."""

import keras
from keras import layers

from japananime.networks import blocks


def build(width: int = 16, residual_blocks: int = 8, activation: str = "leaky_relu") -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Height and width must be multiples of 4. width: filters at full resolution; twice that at a half, four times that
    at a quarter. The output is a change to the photo (`blocks.picture_output`), none at first. Nothing is normalised:
    a pixel depends on its surroundings alone, so tiles of a picture and frames of a film fit together by themselves.
    What each resolution held on the way down is added on the way up; without that the network could neither keep the
    photo's lines nor take its fine textures away.
    """
    photo = blocks.image_input("photo")
    full = _convolve(photo, width, activation, name="enter")
    half = _convolve(full, 2 * width, activation, stride=2, name="down1_1")
    half = _convolve(half, 2 * width, activation, name="down1_2")
    x = _convolve(half, 4 * width, activation, stride=2, name="down2")
    for number in range(1, residual_blocks + 1):
        x = _residual(x, activation, name=f"residual{number}")
    for place, beside in (("up1", half), ("up2", full)):
        filters = beside.shape[-1]
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"{place}_resize")(x)
        x = _convolve(x, filters, activation, name=f"{place}_1")
        x = layers.Add(name=f"{place}_add")([x, beside])
        x = _convolve(x, filters, activation, name=f"{place}_2")
    return keras.Model(photo, blocks.picture_output(x, photo, "change", kernel=3), name="light_generator")


def _convolve(x, filters, activation, *, name, stride=1):
    x = blocks.convolution(x, filters, 3, stride=stride, name=f"{name}_conv")
    return blocks.activate(x, activation, name=name)


def _residual(x, activation, *, name):
    filters = x.shape[-1]
    change = _convolve(x, filters, activation, name=f"{name}_1")
    # Unnormalised blocks would double the variance each; starting at zero they leave it as it is.
    change = blocks.convolution(change, filters, 3, weights="zeros", name=f"{name}_2_conv")
    return layers.Add(name=f"{name}_add")([x, change])
