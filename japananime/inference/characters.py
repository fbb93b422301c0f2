"""A style that makes characters from scratch, ready for use."""

from collections.abc import Callable, Sequence

import numpy as np

from japananime.base.errors import UserError
from japananime.image.resize import middle_square, resize
from japananime.inference import latent_search
from japananime.inference.latent_network import LatentNetwork
from japananime.styles import latents
from japananime.styles.folder import Style
from japananime.styles.graph import GRAPH_FILE

# Pictures are made in batches of exactly so many, since rounding depends on the size of a batch.
TOGETHER = 16


class Characters:
    """Makes characters of seeds: `Characters(styles.folder.find("runs/faces"))(count=8, seed=1)`."""

    def __init__(self, style: Style) -> None:
        style.need("latent")
        graph = style.graph()
        assert style.description is not None
        size = style.description.arguments.get("latent")
        if graph is None or not isinstance(size, int):
            raise UserError(
                f"--style is '{style.path}', which holds no {GRAPH_FILE} or does not say its 'latent': it was written "
                "by an older version; python -m japananime.train --resume writes it anew at the end of an epoch"
            )
        self.size, self.side = size, int(style.description.arguments["size"])
        self._network = LatentNetwork(graph, style.weights, (TOGETHER, size))

    def __call__(self, count: int, seed: int, variety: float = 1.0) -> np.ndarray:
        """uint8 (count, side, side, 3); the first ones are the same however many are asked for.

        variety: what the random numbers are multiplied by, over 0 to 1. The nearer to nothing, the more a character is
        what all that was learnt from have in common.
        """
        return self.make(latents.draw(count, self.size, seed) * np.float32(variety))

    def between(self, count: int, seed: int, steps: int, variety: float = 1.0) -> np.ndarray:
        """Rows of pictures, each on the way from one of `count` characters to the next: (count - 1, steps, ...)."""
        numbers = latents.draw(count, self.size, seed) * np.float32(variety)
        ways = [latents.between(start, end, steps) for start, end in zip(numbers, numbers[1:], strict=False)]
        pictures = self.make(np.concatenate(ways))
        return pictures.reshape(count - 1, steps, *pictures.shape[1:])

    def mixed(self, which: Sequence[int], seed: int, variety: float = 1.0) -> np.ndarray:
        """Characters by their numbers from 1 on, each mixed with each: (count, count, side, side, 3).

        On the diagonal they are themselves; elsewhere is what lies in the middle of the way from one to the other.
        """
        numbers = latents.draw(max(which), self.size, seed)[[number - 1 for number in which]] * np.float32(variety)
        halves = [latents.between(one, other, 3)[1] for one in numbers for other in numbers]
        pictures = self.make(np.stack(halves))
        return pictures.reshape(len(which), len(which), *pictures.shape[1:])

    def like(self, picture: np.ndarray, seed: int, progress: Callable[[], object] = lambda: None) -> np.ndarray:
        """The character that looks most like a picture, uint8 (height, width, 3): its numbers (size,).

        Of an oblong picture its middle counts. progress: called `latent_search.STEPS` times.
        """
        return latent_search.search(
            self.make, self.size, resize(middle_square(picture), (self.side, self.side)), seed, progress
        )

    def make(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of random numbers (count, size) -> uint8 (count, side, side, 3)."""
        missing = -len(numbers) % TOGETHER
        padded = np.concatenate([numbers, np.zeros((missing, self.size), np.float32)])
        parts = np.split(padded, len(padded) // TOGETHER)
        batches = [self._network(part) for part in parts]
        return np.concatenate(batches)[: len(numbers)]
