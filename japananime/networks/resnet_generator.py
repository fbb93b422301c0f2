"""The generator of CycleGAN: two halvings, residual blocks with the picture mirrored at its borders, two doublings."""

import keras
from keras import layers

from japananime.networks import blocks

# Deviation of the last convolution's weights at first.
START = 0.005


def build(
    width: int = 64, residual_blocks: int = 9, upsampling: str = "transposed", normalisation: str = "instance"
) -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range. Sides are multiples of 4.

    width: filters at full resolution; twice that at a half, four times that at a quarter.
    residual_blocks: 9 as published for pictures of 256 pixels, 6 for 128.
    """
    bias = normalisation == "none"  # a bias before a normalisation would be taken out again
    photo = blocks.image_input("photo")
    x = blocks.convolution(photo, width, 7, bias=bias, padding="reflect", name="enter_conv")
    x = blocks.normalise_activate(x, "relu", normalisation=normalisation, name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = blocks.convolution(x, filters, 3, stride=2, bias=bias, name=f"{place}_conv")
        x = blocks.normalise_activate(x, "relu", normalisation=normalisation, name=place)
    for number in range(1, residual_blocks + 1):
        x = _residual(x, bias, normalisation, name=f"residual{number}")
    for place, filters in (("up1", 2 * width), ("up2", width)):
        x = blocks.upsample(x, filters, upsampling, name=place)
        x = blocks.normalise_activate(x, "relu", normalisation=normalisation, name=place)
    start = keras.initializers.RandomNormal(stddev=START)
    # Small at first: a picture that begins saturated, black and white, learns no colours for a long time.
    x = blocks.convolution(x, 3, 7, padding="reflect", weights=start, name="leave_conv")
    return keras.Model(photo, blocks.float32_output(x, "tanh", name="picture"), name="resnet_generator")


def _residual(x, bias, normalisation, *, name):
    filters = x.shape[-1]
    change = blocks.convolution(x, filters, 3, bias=bias, padding="reflect", name=f"{name}_conv1")
    change = blocks.normalise_activate(change, "relu", normalisation=normalisation, name=f"{name}_1")
    change = blocks.convolution(change, filters, 3, bias=bias, padding="reflect", name=f"{name}_conv2")
    change = blocks.normalise(change, normalisation, name=f"{name}_2")
    return layers.Add(name=f"{name}_add")([x, change])
