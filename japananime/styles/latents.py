"""Random numbers that characters are made of: drawing them, and going from some to others. NumPy alone."""

import numpy as np
import numpy.typing as npt


def draw(count: int, size: int, seed: int) -> np.ndarray:
    """Normally distributed numbers (count, size), float32: a row is the same however many are asked for."""
    return np.stack([np.random.default_rng((seed, index)).standard_normal(size, np.float32) for index in range(count)])


def between(start: npt.ArrayLike, end: npt.ArrayLike, steps: int) -> np.ndarray:
    """Spherical way from one row of numbers to another, both included: (size,), (size,) -> (steps, size), float32.

    sin((1 - t) a) / sin(a) · start + sin(t a) / sin(a) · end, a the angle between them, t from 0 to 1. A straight way
    would pass nearer to nought than such numbers ever are, where a generator has learnt nothing.
    """
    start, end = (np.asarray(numbers, np.float64) for numbers in (start, end))
    cosine = start @ end / max(np.linalg.norm(start) * np.linalg.norm(end), 1e-12)
    angle, way = np.arccos(np.clip(cosine, -1.0, 1.0)), np.linspace(0.0, 1.0, steps)[:, None]
    # Nearly no angle, or nearly a half turn, of which no great circle is the one: straight.
    if np.sin(angle) < 1e-6:
        return ((1.0 - way) * start + way * end).astype(np.float32)
    return ((np.sin((1.0 - way) * angle) * start + np.sin(way * angle) * end) / np.sin(angle)).astype(np.float32)
