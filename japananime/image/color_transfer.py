"""Giving a picture the colours of another by their statistics. NumPy; pictures are uint8 (height, width, 3)."""

import numpy as np

from japananime.image.color import LUMA, to_bytes


def gray(picture: np.ndarray) -> np.ndarray:
    """The picture's luma, three times."""
    return np.repeat(to_bytes(picture @ LUMA)[..., None], 3, axis=-1)


def match_light(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """A gray picture with its mean and deviation made those of another gray picture."""
    values = picture.astype(np.float64)
    spread = reference.std() / max(values.std(), 1e-6)
    return to_bytes((values - values.mean()) * spread + reference.mean())


def match_colors(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The picture with the mean and covariance of its colours made those of another picture, by a linear map.

    The map is symmetric: of all that do it, the one that changes colours least where they agree already.
    """
    colors = picture.reshape(-1, 3).astype(np.float64)
    wanted = reference.reshape(-1, 3).astype(np.float64)
    covariance, goal = (np.cov(values, rowvar=False) + 1e-3 * np.eye(3) for values in (colors, wanted))
    root = _root(covariance)
    inverse = np.linalg.inv(root)
    # Optimal transport between two normal distributions.
    change = inverse @ _root(root @ goal @ root) @ inverse
    return to_bytes((colors - colors.mean(axis=0)) @ change + wanted.mean(axis=0)).reshape(picture.shape)


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
