"""Pictures out of random numbers that are drawn once, to be looked at outside of the steps."""

import numpy as np

# Of the sheet of samples.
SHEET_SEED = 1
TOGETHER = 32


def make(generator, numbers):
    """The pictures (count, side, side, 3) that a generator makes of latent numbers (count, latent), in parts."""
    starts = range(0, len(numbers), TOGETHER)
    return np.concatenate([np.asarray(generator(numbers[at : at + TOGETHER], training=False)) for at in starts])
