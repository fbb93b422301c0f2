"""Which pictures lie near which, as points in the space of a network's features."""

from typing import NamedTuple

import numpy as np

# As published: a picture's neighbourhood reaches to the third nearest other of its set.
NEAREST = 3


class Coverage(NamedTuple):
    """How two sets cover each other.

    precision: which of the made points lie among the real ones, (made,). recall: which of the real points lie among
    the made ones, (real,). Their means are the scores.
    """

    precision: np.ndarray
    recall: np.ndarray


def distances(first, second):
    """How far each of one set is from each of another.

    first: (samples, dimensions), second: (others, dimensions) -> (samples, others).
    """
    first, second = (np.asarray(points, np.float64) for points in (first, second))
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None] - 2.0 * first @ second.T
    return np.sqrt(np.maximum(squares, 0.0))  # rounding may leave equal points a little below nothing


def among(points):
    """How far each of a set is from each: (samples, dimensions) -> (samples, samples), exactly 0 from itself."""
    found = distances(points, points)
    np.fill_diagonal(found, 0.0)  # whatever rounding says
    return found


def reach(points, nearest=NEAREST):
    """How far each point is from the `nearest`-nearest other of its own set, or the farthest of fewer: (samples,).

    points: (samples, dimensions), two samples or more.
    """
    if len(points) < 2:
        raise ValueError(f"{len(points)} samples; two or more are needed")
    # Each point comes first itself, at no distance.
    return np.sort(among(points), axis=1)[:, min(nearest, len(points) - 1)]


def coverage(made, real, nearest=NEAREST):
    """Improved precision and recall (Kynkäänniemi et al. 2019).

    A point lies among a set where it is no farther from one of its points than that one's `nearest`-nearest other is.
    made, real: (samples, dimensions), two samples or more.
    """
    between = distances(made, real)
    precision = (between <= reach(real, nearest)[None]).any(axis=1)
    recall = (between <= reach(made, nearest)[:, None]).any(axis=0)
    return Coverage(precision, recall)
