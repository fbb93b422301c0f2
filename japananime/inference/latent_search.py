"""Finding the random numbers whose character looks most like a picture.

Without gradients, so that it takes neither TensorFlow nor Keras: the best of many draws, then an evolution strategy
around it (after Hansen's CMA-ES, with one spread for all numbers).
"""

from collections.abc import Callable

import numpy as np

from japananime.styles import latents

# Pictures are compared as means of so many blocks a side: the coarse ones count first, the fine ones decide.
BLOCKS = (4, 8, 16, 32)
DRAWS = 512
CHILDREN, PARENTS = 32, 8
GENERATIONS = 50
SPREAD, SHRINKS = 0.5, 0.96


def search(
    make: Callable[[np.ndarray], np.ndarray],
    size: int,
    target: np.ndarray,
    seed: int,
    progress: Callable[[], object] = lambda: None,
) -> np.ndarray:
    """Numbers (size,) whose picture is nearest to the target.

    make: rows of numbers -> uint8 (count, side, side, 3). target: uint8 (side, side, 3). progress: called STEPS times.
    The same seed finds the same numbers.
    """
    wanted = looks(target[None])[0]

    def distances(numbers: np.ndarray) -> np.ndarray:
        return ((looks(make(numbers)) - wanted) ** 2).mean(axis=1)

    best, nearest = np.zeros(size, np.float32), np.inf
    for start in range(0, DRAWS, CHILDREN):
        drawn = latents.draw(CHILDREN, size, seed + start)
        found = distances(drawn)
        if found.min() < nearest:
            best, nearest = drawn[found.argmin()], found.min()
        progress()
    chance = np.random.default_rng(seed)
    mean, spread = best, SPREAD
    for _ in range(GENERATIONS):
        children = mean + spread * chance.standard_normal((CHILDREN, size), np.float32)
        # As long as what a generator has learnt from: numbers far from that make nothing.
        children *= np.sqrt(size) / np.linalg.norm(children, axis=1, keepdims=True)
        found = distances(children)
        order = found.argsort()
        if found[order[0]] < nearest:
            best, nearest = children[order[0]], found[order[0]]
        mean = children[order[:PARENTS]].mean(axis=0)
        spread *= SHRINKS
        progress()
    return best


STEPS = DRAWS // CHILDREN + GENERATIONS


def looks(pictures: np.ndarray) -> np.ndarray:
    """uint8 (count, side, side, 3) -> what is compared (count, values): means of blocks, every size weighing alike."""
    count, side = pictures.shape[:2]
    found = []
    for blocks in (blocks for blocks in BLOCKS if side % blocks == 0):
        parts = pictures.reshape(count, blocks, side // blocks, blocks, side // blocks, 3)
        means = parts.mean(axis=(2, 4), dtype=np.float32) / 127.5 - 1.0
        found.append(means.reshape(count, -1) / blocks)
    return np.concatenate(found, axis=1)
