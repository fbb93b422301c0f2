"""The generator of AnimeGANv2: strided and plain convolutions around four inverted residual blocks, 2.14 million."""

import keras

from japananime.networks import blocks
from japananime.networks.inverted_blocks import convolution, double, inverted_residual, picture_model


def build(width: int = 32, inverted_blocks: int = 4, normalisation: str = "layer") -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range. Sides: multiples of 4.

    width: filters at full resolution; twice that at a half, four times at a quarter, eight between the blocks.
    """
    photo = blocks.image_input("photo")
    x = convolution(photo, width, 7, normalisation, name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = convolution(x, filters, 3, normalisation, stride=2, name=f"{place}_1")
        x = convolution(x, filters, 3, normalisation, name=f"{place}_2")
    x = convolution(x, 4 * width, 3, normalisation, name="deep1")
    for number in range(1, inverted_blocks + 1):
        x = inverted_residual(x, 8 * width, normalisation, name=f"inverted{number}", bias=True)
    x = convolution(x, 4 * width, 3, normalisation, name="deep2")
    for place, filters in (("up1", 4 * width), ("up2", 2 * width)):
        x = convolution(double(x, name=place), filters, 3, normalisation, name=f"{place}_1")
        x = convolution(x, filters, 3, normalisation, name=f"{place}_2")
    x = convolution(x, width, 7, normalisation, name="full")
    return picture_model(photo, x, "animegan2_generator")
