"""What several tests need: small folders of pictures, and Keras as a fresh process would find it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from samples import paint


@pytest.fixture(autouse=True)
def fresh_keras():
    """Every test starts in float32 with the same randomness."""
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def eagerly():
    """Steps taken without compiling: the same numbers, and for a few steps much sooner."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def random():
    return np.random.default_rng(7)


@pytest.fixture
def folders(tmp_path, random):
    """Folders "photos" and "anime" of a dozen small pictures each."""
    for name in ("photos", "anime"):
        for number in range(12):
            paint(tmp_path / name / f"{number:02d}.png", random)
    return tmp_path
