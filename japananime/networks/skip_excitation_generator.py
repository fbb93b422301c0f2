"""A generator of characters for few pictures and small machines (after FastGAN, Liu et al. 2021).

One gated convolution for each doubling, and from early, small maps to late, large ones a shortcut that says how strong
each channel is to be ("skip excitation"), so that gradients reach the beginning by a short way.
"""

import keras
from keras import layers

from japananime.networks import blocks
from japananime.networks.layers import GatedLinearUnit

# Filters at each resolution, times `width`.
FILTERS = {4: 8, 8: 6, 16: 4, 32: 2, 64: 1, 128: 0.5, 256: 0.25}
# A map of the first of these sides governs the channels of one of the second.
EXCITES = {4: 32, 8: 64, 16: 128, 32: 256}


def build(latent: int = 128, size: int = 64, width: int = 32) -> keras.Model:
    """Latent (batch, latent), normally distributed -> picture (batch, size, size, 3) in (-1, 1).

    size: 4 times a power of two, 16 to 256. width: filters at 64 pixels; before it more, behind it fewer.
    """
    blocks.doublings_from(4, size)
    numbers = keras.Input((latent,), name="latent")
    filters = _filters(4, width)
    x = layers.Dense(4 * 4 * 2 * filters, use_bias=False, kernel_initializer="he_normal", name="enter_dense")(numbers)
    x = _gate(layers.Reshape((4, 4, 2 * filters), name="enter_map")(x), name="enter")
    maps, side = {4: x}, 4
    while side < size:
        side *= 2
        filters = _filters(side, width)
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"up{side}_resize")(x)
        x = blocks.convolution(x, 2 * filters, 3, bias=False, name=f"up{side}_conv")
        x = _gate(x, name=f"up{side}")
        for early in (early for early, late in EXCITES.items() if late == side):
            x = _excite(maps[early], x, name=f"excite{side}")
        maps[side] = x
    x = blocks.convolution(x, 3, 3, name="leave_conv", weights="glorot_uniform")
    return keras.Model(numbers, blocks.float32_output(x, "tanh", name="picture"), name="skip_excitation_generator")


def _filters(side, width):
    return max(4, round(FILTERS[side] * width))


def _gate(x, *, name):
    return GatedLinearUnit(name=f"{name}_gate")(blocks.normalise(x, "batch", name=name))


def _excite(small, large, *, name):
    """Every channel of the large map times a number from 0 to 1 that the small map decides."""
    filters = large.shape[-1]
    if small.shape[1] > 4:
        small = layers.AveragePooling2D(small.shape[1] // 4, name=f"{name}_pool")(small)
    x = layers.Conv2D(filters, 4, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv1")(small)
    x = layers.Activation("silu", name=f"{name}_silu")(x)
    x = layers.Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv2")(x)
    return layers.Multiply(name=name)([large, layers.Activation("sigmoid", name=f"{name}_sigmoid")(x)])
