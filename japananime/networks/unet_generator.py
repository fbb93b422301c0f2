"""A U-Net as a generator: what is lost in halving is carried across to where it is doubled again."""

import keras
from keras import layers

from japananime.networks import blocks
from japananime.networks.inverted_blocks import convolution, double, picture_model


def build(width: int = 32, depth: int = 4, normalisation: str = "instance") -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Sides must be multiples of 2 ** depth, and at least twice that.
    width: filters at full resolution, doubled with each halving up to eight times as many.
    depth: how often the resolution is halved.
    """
    photo = blocks.image_input("photo")
    filters = [width * min(2**level, 8) for level in range(depth + 1)]
    x = convolution(photo, width, 3, normalisation, name="enter")
    carried = []
    for level in range(1, depth + 1):
        carried.append(x)
        x = convolution(x, filters[level], 3, normalisation, stride=2, name=f"down{level}_1")
        x = convolution(x, filters[level], 3, normalisation, name=f"down{level}_2")
    for level in range(depth, 0, -1):
        x = convolution(double(x, name=f"up{level}"), filters[level - 1], 3, normalisation, name=f"up{level}_1")
        x = layers.Concatenate(name=f"up{level}_join")([x, carried.pop()])
        x = convolution(x, filters[level - 1], 3, normalisation, name=f"up{level}_2")
    return picture_model(photo, x, "unet_generator")
