"""The generator of AnimeGAN: separable convolutions and inverted residual blocks, 3.95 million parameters."""

import keras

from japananime.networks import blocks
from japananime.networks.inverted_blocks import convolution, double, halve, inverted_residual, picture_model, separable


def build(width: int = 64, inverted_blocks: int = 8, normalisation: str = "instance") -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range. Sides: multiples of 4.

    width: filters at full resolution; twice that at a half, four times that at a quarter.
    inverted_blocks: 8 as published; AnimeGeneration used 4.
    """
    photo = blocks.image_input("photo")
    x = convolution(photo, width, 3, normalisation, name="enter1")
    x = convolution(x, width, 3, normalisation, name="enter2")
    x = halve(x, 2 * width, normalisation, name="down1")
    x = convolution(x, 2 * width, 3, normalisation, name="half1")
    x = separable(x, 2 * width, normalisation, name="half2")
    x = halve(x, 4 * width, normalisation, name="down2")
    x = convolution(x, 4 * width, 3, normalisation, name="deep1")
    for number in range(1, inverted_blocks + 1):
        x = inverted_residual(x, 4 * width, normalisation, name=f"inverted{number}")
    x = convolution(x, 4 * width, 3, normalisation, name="deep2")
    x = separable(double(x, name="up1"), 2 * width, normalisation, name="up1_1")
    x = separable(x, 2 * width, normalisation, name="up1_2")
    x = convolution(x, 2 * width, 3, normalisation, name="up1_3")
    x = separable(double(x, name="up2"), 2 * width, normalisation, name="up2_1")
    x = convolution(x, width, 3, normalisation, name="up2_2")
    x = convolution(x, width, 3, normalisation, name="up2_3")
    return picture_model(photo, x, "animegan_generator")
