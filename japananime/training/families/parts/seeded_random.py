"""Random tensors in a training's step, as pure functions of the step's seed."""

import keras
from keras import ops


class SeededRandom:
    """Draws that repeat whenever the step's seed does, whatever was drawn before."""

    def __init__(self):
        self._generator = keras.random.SeedGenerator(0)

    def normal(self, shape, seed, stream=0):
        """Float32 numbers of mean 0 and deviation 1. stream: tells the draws of one step apart."""
        return keras.random.normal(shape, dtype="float32", seed=self._at(seed, stream))

    def uniform(self, shape, seed, stream=0):
        """Float32 numbers from 0 to 1."""
        return keras.random.uniform(shape, dtype="float32", seed=self._at(seed, stream))

    def _at(self, seed, stream):
        state = self._generator.state
        state.assign(ops.cast(seed, state.dtype) + ops.convert_to_tensor((stream, 0), state.dtype))
        return self._generator
