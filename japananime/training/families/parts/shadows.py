"""Shadows thrown on photos, from a side or in patches, so that a generator learns to draw what lies under them."""

import math

from keras import ops

# The darkest shadow leaves this share of the light, the faintest that.
DARKEST, FAINTEST = 0.25, 0.7
# How quickly light turns into shadow, in parts of half a side: from an overcast sky to the sun at noon.
SOFTEST, HARDEST = 1.5, 40.0
# Rows and columns of random heights between which patches are spread.
PATCHES = 5
# How many random numbers a photo takes: direction, place, hardness, depth, patches.
DRAWS = 5


def throw(photo, draws, heights):
    """A photo partly in shadow: (batch, side, side, 3) in [-1, 1] -> the same.

    draws: (batch, DRAWS), 0 to 1: where the light comes from, how much lies in the shadow, how hard its edge is, how
    dark it is, and how far from a straight line its edge is. heights: (batch, PATCHES, PATCHES, 1), of deviation 1.
    """
    direction, place, hardness, depth, patches = (ops.reshape(draws[:, n], (-1, 1, 1, 1)) for n in range(DRAWS))
    side = photo.shape[1]
    across = ops.reshape((ops.arange(side, dtype="float32") + 0.5) / side * 2.0 - 1.0, (1, 1, side, 1))
    angle = 2.0 * math.pi * direction
    slope = ops.cos(angle) * across + ops.sin(angle) * ops.transpose(across, (0, 2, 1, 3))
    hills = ops.image.resize(heights, (side, side), interpolation="bicubic")
    height = (1.0 - patches) * slope + patches * hills - (1.6 * place - 0.8)
    shadow = ops.sigmoid(SOFTEST * (HARDEST / SOFTEST) ** hardness * height)
    left = 1.0 - shadow * (1.0 - (DARKEST + (FAINTEST - DARKEST) * depth))
    return (photo + 1.0) * left - 1.0
