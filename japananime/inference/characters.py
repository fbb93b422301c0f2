"""A style that makes characters out of nothing, ready for use."""

import numpy as np

from japananime.base.errors import UserError
from japananime.inference.latent_network import LatentNetwork
from japananime.networks import latents
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
                f"--style is '{style.path}', which holds no {GRAPH_FILE} or does not say its 'latent': it was written by "
                "an older version; python -m japananime.train --resume writes it anew at the end of an epoch"
            )
        self.size = size
        self._network = LatentNetwork(graph, style.weights, (TOGETHER, size))

    def __call__(self, count: int, seed: int) -> np.ndarray:
        """uint8 (count, side, side, 3); the first ones are the same however many are asked for."""
        return self.make(latents.draw(count, self.size, seed))

    def between(self, count: int, seed: int, steps: int) -> np.ndarray:
        """Rows of pictures, each on the way from one of `count` characters to the next: (count - 1, steps, ...)."""
        numbers = latents.draw(count, self.size, seed)
        ways = [latents.between(start, end, steps) for start, end in zip(numbers, numbers[1:], strict=False)]
        pictures = self.make(np.concatenate(ways))
        return pictures.reshape(count - 1, steps, *pictures.shape[1:])

    def make(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of random numbers (count, size) -> uint8 (count, side, side, 3)."""
        missing = -len(numbers) % TOGETHER
        padded = np.concatenate([numbers, np.zeros((missing, self.size), np.float32)])
        parts = np.split(padded, len(padded) // TOGETHER)
        batches = [self._network(part) for part in parts]
        return np.concatenate(batches)[: len(numbers)]


def sheet(pictures: np.ndarray, across: int) -> np.ndarray:
    """uint8 (count, side, side, 3) -> one picture of rows of `across`, white where there are none left."""
    count, side = pictures.shape[:2]
    rows = -(-count // across)
    blank = np.full((rows * across - count, *pictures.shape[1:]), 255, np.uint8)
    grid = np.concatenate([pictures, blank]).reshape(rows, across, side, side, 3)
    return grid.transpose(0, 2, 1, 3, 4).reshape(rows * side, across * side, 3)
