"""The generator of JapananimeGAN (and, to the filter, of CartoonGAN): a residual auto-encoder."""

import keras
from keras import layers

from japananime.networks import blocks


def build(
    width: int = 64,
    residual_blocks: int = 8,
    activation: str = "relu",
    upsampling: str = "transposed",
    output: str = "picture",
    normalisation: str = "instance",
) -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Height and width must be multiples of 4: the network halves its resolution twice and doubles it again.
    width: filters at full resolution; twice that at a half, four times that at a quarter.
    output: see `blocks.picture_output`.
    normalisation: "instance" as published, "layer", or "none": then a faint texture is told from a strong one whatever
        else the picture holds, no statistics couple its far ends, and the residual blocks start as the identity.
    """
    bias = normalisation == "none"  # a bias before a normalisation would be taken out again
    photo = blocks.image_input("photo")
    x = blocks.convolution(photo, width, 7, bias=bias, name="enter_conv")
    x = blocks.normalise_activate(x, activation, normalisation=normalisation, name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = blocks.convolution(x, filters, 3, stride=2, name=f"{place}_conv1")
        x = blocks.convolution(x, filters, 3, bias=bias, name=f"{place}_conv2")
        x = blocks.normalise_activate(x, activation, normalisation=normalisation, name=place)
    for number in range(1, residual_blocks + 1):
        x = _residual(x, activation, normalisation, name=f"residual{number}")
    for place, filters in (("up1", 2 * width), ("up2", width)):
        x = blocks.upsample(x, filters, upsampling, name=place)
        x = blocks.convolution(x, filters, 3, bias=bias, name=f"{place}_conv2")
        x = blocks.normalise_activate(x, activation, normalisation=normalisation, name=place)
    return keras.Model(photo, blocks.picture_output(x, photo, output, kernel=7), name="residual_generator")


def _residual(x, activation, normalisation, *, name):
    filters, bias = x.shape[-1], normalisation == "none"
    change = blocks.convolution(x, filters, 3, bias=bias, name=f"{name}_conv1")
    change = blocks.normalise_activate(change, activation, normalisation=normalisation, name=f"{name}_1")
    # Unnormalised blocks would double the variance each; starting at zero they leave it as it is.
    weights = "zeros" if normalisation == "none" else "he_normal"
    change = blocks.convolution(change, filters, 3, bias=bias, weights=weights, name=f"{name}_conv2")
    change = blocks.normalise(change, normalisation, name=f"{name}_2")
    return layers.Add(name=f"{name}_add")([x, change])
