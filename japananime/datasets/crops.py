"""What becomes of a picture that comes into a dataset: squares of a frame, a photo as a whole, and smoothed copies."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from japananime.base.files import fitting
from japananime.datasets import cutting
from japananime.datasets.index import FOLDERS
from japananime.image.edge_smoothing import smooth_edges

# Photos are kept whole, this many times as large as the squares that a training will cut from them.
PHOTO_SIDE = 2


class Planned(NamedTuple):
    """A picture to be made: its kind, its file within the dataset, scale and crop of the candidate, and a change."""

    kind: str
    file: str
    scale: float
    crop: tuple[int, int, int, int]
    change: Callable[[np.ndarray], np.ndarray]


def planned(candidate, settings):
    """What becomes of a candidate, as [Planned]."""
    own = f"val_{candidate.kind}" if candidate.validation else candidate.kind
    changes = {own: lambda rgb: rgb, **({"smooth": smooth_edges} if own == "anime" else {})}
    return [
        Planned(kind, f"{FOLDERS[kind].place}/{fitting(name, '.jpg')}", scale, crop, change)
        for name, scale, crop in _pieces(candidate, settings)
        for kind, change in changes.items()
    ]


def _pieces(candidate, settings):
    """What to make of a candidate: [(name, scale, (x, y, width, height) in the scaled picture)]."""
    height, width = candidate.size
    cut, scale = settings.cut, settings.cut.scale
    if candidate.kind == "photos":
        scale = min(1.0, PHOTO_SIDE * cut.size / min(height, width))
    height, width = max(1, round(height * scale)), max(1, round(width * scale))
    if candidate.kind == "photos" or not cut.areas:
        return [(candidate.name, scale, (0, 0, width, height))]
    # Bars are gone from what candidates show, but from films' frames only if that was wanted.
    barred = settings.frames.keep_bars and candidate.frame is not None
    places = cutting.windows(height, width, candidate.name, cut, round(cutting.MARGIN * height) if barred else 0)
    return [(f"{candidate.name}-y{y:04d}-x{x:04d}", scale, (x, y, cut.size, cut.size)) for y, x in places]
