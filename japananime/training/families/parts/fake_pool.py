"""A pool of earlier fakes, so that a discriminator does not forget what generators used to make."""

import keras
from keras import ops

from japananime.training.families.parts.seeded_random import SeededRandom


class FakePool:
    """Keeps up to `capacity` pictures (size, size, 3); part of a training's state.

    Once it is full, every new fake has an even chance of being shown itself, or of an earlier one being shown, whose
    place it then takes. What is shown and what is replaced are functions of the step's seed: `mix` only looks, and
    `keep`, called with the same fakes and seed, does the replacing. No two fakes of a batch meet the same earlier one;
    those of a batch beyond `capacity` pass it by.

    stream: tells the draws of several pools apart.
    """

    def __init__(self, capacity, size, stream):
        self.capacity, self._stream, self._chance = capacity, stream, SeededRandom()
        self._pictures = keras.Variable(
            lambda shape, dtype: ops.zeros(shape, dtype), (capacity, size, size, 3), "float32", trainable=False
        )
        self._count = keras.Variable(0, dtype="int32", trainable=False)

    @property
    def variables(self):
        """What a checkpoint must hold."""
        return [self._pictures, self._count] if self.capacity else []

    def mix(self, fakes, seed):
        """What the discriminator is shown instead of these fakes: the same shape (batch, size, size, 3)."""
        if not self.capacity:
            return fakes
        concerned, others = fakes[: self.capacity], fakes[self.capacity :]
        places, replaced, full = self._choose(ops.shape(concerned)[0], seed)
        earlier = ops.take(self._pictures, places, axis=0)
        return ops.concatenate([ops.where(ops.logical_and(full, replaced), earlier, concerned), others])

    def keep(self, fakes, seed):
        """Take into the pool those of the fakes that `mix` chose."""
        if not self.capacity:
            return
        concerned = ops.cast(ops.stop_gradient(fakes[: self.capacity]), "float32")
        count = ops.shape(concerned)[0]
        places, replaced, full = self._choose(count, seed)
        kept = ops.logical_or(ops.logical_not(full), replaced)
        pictures = ops.where(kept, concerned, ops.take(self._pictures, places, axis=0))
        self._pictures.assign(ops.scatter_update(self._pictures, places[:, None], pictures))
        self._count.assign(ops.minimum(self.capacity, self._count + count))

    def _choose(self, count, seed):
        """(different places for so many fakes; which take theirs, (count, 1, 1, 1); whether the pool is full)."""
        full = ops.equal(self._count, self.capacity)
        order = ops.argsort(self._chance.uniform((self.capacity,), seed, 2 * self._stream))
        filling = (self._count + ops.arange(self.capacity)) % self.capacity
        places = ops.where(full, ops.cast(order, "int32"), filling)[:count]
        coins = self._chance.uniform((self.capacity, 1, 1, 1), seed, 2 * self._stream + 1)[:count]
        return places, coins < 0.5, full
