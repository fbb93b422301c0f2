"""Keeping a picture's colours while its looks change. NumPy; pictures are uint8 (height, width, 3)."""

import numpy as np

# BT.601, as everywhere in this package.
LUMA = np.array([0.299, 0.587, 0.114])


def gray(picture):
    """The picture's luma, three times."""
    return np.repeat(_bytes(picture @ LUMA)[..., None], 3, axis=-1)


def match_light(picture, reference):
    """A gray picture with its mean and deviation made those of another gray picture."""
    values = picture.astype(np.float64)
    spread = reference.std() / max(values.std(), 1e-6)
    return _bytes((values - values.mean()) * spread + reference.mean())


def match_colors(picture, reference):
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
    return _bytes((colors - colors.mean(axis=0)) @ change + wanted.mean(axis=0)).reshape(picture.shape)


def keep_chroma(picture, reference):
    """Light and dark of a picture with the colours of another: its chroma exactly, but for rounding to bytes.

    Where a colour as strong as the reference's cannot be as light or dark as the picture, lightness gives way.
    """
    colors = reference.astype(np.float64)
    chroma = colors - (colors @ LUMA)[..., None]
    luma = np.clip(picture @ LUMA, -chroma.min(axis=-1), 255 - chroma.max(axis=-1))
    return _bytes(luma[..., None] + chroma)


def _root(matrix):
    """The symmetric square root of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _bytes(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
