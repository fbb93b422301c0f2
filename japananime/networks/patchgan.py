"""PatchGAN, the discriminator of CycleGAN: one logit for each of many overlapping squares of 70 pixels."""

import keras

from japananime.networks import blocks


def build(width: int = 64, normalisation: str = "instance", dilation: int = 1) -> keras.Model:
    """Picture (batch, height, width, 3) in [-1, 1] -> logits (batch, height/8, width/8, 1), above 0.5 for "real".

    width: filters of the first convolution; the last hidden ones have eight times as many.
    dilation: pixels between two that the last two convolutions see, at an eighth of the resolution; above 1 a logit
        looks at a larger square (118 pixels with 2), so that shapes can give a picture away too.
    """
    bias = normalisation == "none"  # a bias before a normalisation would be taken out again
    picture = blocks.image_input("picture")
    x = blocks.convolution(picture, width, 4, stride=2, name="enter_conv")
    x = blocks.activate(x, "leaky_relu", name="enter")
    for place, filters in (("down1", 2 * width), ("down2", 4 * width)):
        x = blocks.convolution(x, filters, 4, stride=2, bias=bias, name=f"{place}_conv")
        x = blocks.normalise_activate(x, "leaky_relu", normalisation=normalisation, name=place)
    x = blocks.convolution(x, 8 * width, 4, bias=bias, dilation=dilation, name="deep_conv")
    x = blocks.normalise_activate(x, "leaky_relu", normalisation=normalisation, name="deep")
    x = blocks.convolution(x, 1, 4, dilation=dilation, name="leave_conv")
    return keras.Model(picture, blocks.float32_output(x, "linear", name="logits"), name="patchgan")
