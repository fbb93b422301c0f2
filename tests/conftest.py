"""What several tests need: small folders of pictures, and Keras as a fresh process would find it."""

import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


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


def seed(step):
    """What `Runner.step` draws a step's random numbers from."""
    return tf.constant([0, step], tf.int32)


def take(runner, batch, step):
    """One step of all phases that are due in the first epoch, at a rate of 0.01."""
    due = runner.due(0, step)
    return runner.step(due, batch, seed(step), {phase.name: 1e-2 for phase in due}, 0.9)


def variables(runner):
    """{part of the state/number: value} of a runner."""
    return {f"{name}/{i}": np.array(v) for name, thing in runner.state().items() for i, v in enumerate(thing.variables)}


def changed(before, after):
    """The parts of the state that differ."""
    return {key.split("/")[0] for key in before if not np.array_equal(before[key], after[key])}


def start(arguments):
    """A training as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "japananime.train", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def finish(process):
    """(exit status, everything it said) of a process that `start` started."""
    output, _ = process.communicate(timeout=600)
    return process.returncode, output
