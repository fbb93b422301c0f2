"""The generator of JapananimeGAN (and, to the filter, of CartoonGAN): a residual auto-encoder."""

import keras
from keras import layers

from japananime.networks import blocks


def build(width=64, residual_blocks=8, activation="relu", upsampling="transposed", output="picture"):
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Height and width must be multiples of 4: the network halves its resolution twice and doubles it again.
    width: filters at full resolution; twice that at a half, four times that at a quarter.
    output: see `blocks.picture_output`.
    """
    photo = blocks.image_input("photo")
    x = blocks.convolution(photo, width, 7, bias=False, name="enter_conv")
    x = blocks.normalise_activate(x, activation, name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = blocks.convolution(x, filters, 3, stride=2, name=f"{place}_conv1")
        x = blocks.convolution(x, filters, 3, bias=False, name=f"{place}_conv2")
        x = blocks.normalise_activate(x, activation, name=place)
    for number in range(1, residual_blocks + 1):
        x = _residual(x, activation, name=f"residual{number}")
    for place, filters in (("up1", 2 * width), ("up2", width)):
        x = blocks.upsample(x, filters, upsampling, name=place)
        x = blocks.convolution(x, filters, 3, bias=False, name=f"{place}_conv2")
        x = blocks.normalise_activate(x, activation, name=place)
    return keras.Model(photo, blocks.picture_output(x, photo, output, kernel=7), name="residual_generator")


def _residual(x, activation, *, name):
    filters = x.shape[-1]
    change = blocks.convolution(x, filters, 3, bias=False, name=f"{name}_conv1")
    change = blocks.normalise_activate(change, activation, name=f"{name}_1")
    change = blocks.convolution(change, filters, 3, bias=False, name=f"{name}_conv2")
    change = blocks.InstanceNormalization(name=f"{name}_2_norm")(change)
    return layers.Add(name=f"{name}_add")([x, change])
