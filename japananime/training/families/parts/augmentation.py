"""Random changes to all that a discriminator sees, real and made alike, through which gradients flow.

So few pictures cannot be learnt by heart, and the generator still learns to make them without the changes, since it is
corrected through them (DiffAugment, Zhao et al. 2020; adaptive strength: Karras et al. 2020).
"""

import keras
from keras import ops

# What each kind of augmentation changes.
KINDS = {"all": ("color", "shift", "cut_out"), "placement": ("shift", "cut_out"), "none": ()}


class Augmentation:
    """Colour, shift and cut-out, each applied to a picture with a probability that is kept in `strength`.

    kinds: a name in `KINDS`. strength: the probability at first, 0 to 1. target: the mean sign of the discriminator's
    verdicts on real pictures beyond which it overfits; `adapt` then raises the strength, and lowers it below. 0 leaves
    it as it is.
    """

    def __init__(self, chance, kinds, strength, target):
        self.strength = keras.Variable(strength, trainable=False, dtype="float32", name="augmentation_strength")
        self.variables = [self.strength]
        self.adaptive = target > 0 and bool(KINDS[kinds])
        self._chance, self._kinds, self._target = chance, KINDS[kinds], target

    def __call__(self, picture, seed, stream):
        """(batch, side, side, 3) in [-1, 1] -> the same shape, float32. stream: tells the draws of one step apart."""
        picture = ops.cast(picture, "float32")
        count = ops.shape(picture)[0]
        for number, kind in enumerate(self._kinds):
            draws = self._chance.uniform((count, 4), seed, 100 * (stream + 1) + number)
            applied = ops.reshape(ops.cast(draws[:, 3] < self.strength, "float32"), (-1, 1, 1, 1))
            picture = applied * CHANGES[kind](picture, draws[:, :3]) + (1.0 - applied) * picture
        return picture

    def adapt(self, verdicts):
        """Move the strength by half a per cent, up where the mean sign of verdicts on real pictures is over target."""
        over = ops.mean(ops.sign(verdicts)) > self._target
        self.strength.assign(ops.clip(self.strength + ops.where(over, 0.005, -0.005), 0.0, 0.9))


def change_color(picture, draws):
    """Brightness by -0.25 to 0.25, saturation times 0 to 2, contrast times 0.5 to 1.5. draws: (batch, 3), 0 to 1."""
    brightness, saturation, contrast = (ops.reshape(draws[:, n], (-1, 1, 1, 1)) for n in range(3))
    picture = picture + 0.5 * (brightness - 0.5)
    gray = ops.mean(picture, axis=-1, keepdims=True)
    picture = (picture - gray) * (2.0 * saturation) + gray
    mean = ops.mean(picture, axis=(1, 2, 3), keepdims=True)
    return (picture - mean) * (contrast + 0.5) + mean


def shift(picture, draws):
    """Move by up to an eighth of the side down or up and right or left; what comes in is gray. draws: (batch, 3)."""
    side = picture.shape[1]
    most = side // 8
    moves = ops.cast(ops.floor(draws[:, :2] * (2 * most + 1)), "int32") - most
    places = ops.arange(side, dtype="int32")[None]
    # A row of nought where there is nothing to be moved in: the index is outside of the picture.
    rows, columns = (ops.one_hot(places + moves[:, axis, None], side, dtype="float32") for axis in range(2))
    return ops.einsum("bij,bjwc,bkw->bikc", rows, picture, columns)


def cut_out(picture, draws):
    """Paint a square of half the side gray, its centre anywhere. draws: (batch, 3), 0 to 1."""
    side = picture.shape[1]
    places = ops.arange(side, dtype="float32")[None]
    centres = ops.floor(draws[:, :2] * side)
    rows, columns = (ops.abs(places - centres[:, axis, None]) < side / 4 for axis in range(2))
    hidden = ops.logical_and(rows[:, :, None], columns[:, None, :])
    return picture * (1.0 - ops.cast(hidden, "float32"))[..., None]


CHANGES = {"color": change_color, "shift": shift, "cut_out": cut_out}
