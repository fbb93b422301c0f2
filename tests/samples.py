"""Pictures and weights to try things on."""

import numpy as np
from PIL import Image


def paint(path, random, size=(40, 48), smooth=True):
    """Write a picture of random blobs; size is (height, width)."""
    small = random.integers(0, 256, (max(1, size[0] // 8), max(1, size[1] // 8), 3)).astype(np.uint8)
    image = Image.fromarray(small).resize((size[1], size[0]), Image.Resampling.BICUBIC if smooth else 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def wild(generator):
    """A generator with weights that a training could have left: none zero, every normalisation of its own."""
    chance = np.random.default_rng(3)
    for layer in generator.layers:
        for variable in layer.variables:
            if len(variable.shape) == 1:
                variable.assign(variable + chance.normal(0, 0.1, variable.shape))
            elif not np.any(variable):
                variable.assign(chance.normal(0, 0.03, variable.shape))
    return generator
