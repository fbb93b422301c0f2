"""A network that looks at pictures for the scores, and which of its maps each score takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from PIL import Image

from japananime.evaluation.working_size import SQUARE

FID = {"frechet_anime": "FID to anime", "frechet_photos": "FID to photos"}


class Model(Protocol):
    """A network, as Keras has them."""

    def predict_on_batch(self, pictures: np.ndarray) -> Any:
        """(batch, height, width, 3) RGB in [-1, 1] -> a map (batch, height, width, channels), or a list of them."""


@dataclass(frozen=True)
class FeatureNetwork:
    """A network that looks at pictures, and which of its maps each score takes.

    name: stands in every table.
    squares: cut out of each picture; 0 presses the whole picture into one of `side` pixels.
    frechet, kernel, content, gram: places in that list; no gram where there are only vectors.
    frechet_unit: what Fréchet distances are given in.
    scaled: features are divided by their root mean square before the kernel, which wants numbers around 1.
    headings: what scores are called that have a name of their own on these features, by `tables.Score.key`.
    """

    name: str
    model: Model
    squares: int
    side: int = SQUARE
    frechet: int = 0
    kernel: int = 0
    content: int = 0
    gram: tuple[int, ...] = (0,)
    frechet_unit: float = 1.0
    scaled: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, picture, squares):
        """Maps of a picture (uint8, at its working size) and of the squares cut out of it."""
        if not self.squares:
            shrunk = Image.fromarray(picture).resize((self.side, self.side), Image.Resampling.BICUBIC)
            squares = np.asarray(shrunk)[None]
        maps = self.model.predict_on_batch(squares.astype(np.float32) / 127.5 - 1.0)
        return [np.asarray(tensor, np.float32) for tensor in (maps if isinstance(maps, (list, tuple)) else [maps])]
