"""What several tests need: small folders of pictures, and Keras as a fresh process would find it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def fresh_keras():
    """Every test starts in float32 with the same randomness."""
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def random():
    return np.random.default_rng(7)


def paint(path, random, size=(40, 48), smooth=True):
    """Write a picture of random blobs; size is (height, width)."""
    small = random.integers(0, 256, (max(1, size[0] // 8), max(1, size[1] // 8), 3)).astype(np.uint8)
    image = Image.fromarray(small).resize((size[1], size[0]), Image.Resampling.BICUBIC if smooth else 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


@pytest.fixture
def folders(tmp_path, random):
    """Folders "photos" and "anime" of a dozen small pictures each."""
    for name in ("photos", "anime"):
        for number in range(12):
            paint(tmp_path / name / f"{number:02d}.png", random)
    return tmp_path


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
