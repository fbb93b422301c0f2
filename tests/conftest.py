"""What several tests need: small folders of pictures, and Keras as a fresh process would find it."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from samples import paint

# Files that `make test-quick` leaves out: trainings, processes, and networks that take long to compile.
SLOW = {
    "test_cookbook.py",
    "test_film_command.py",
    "test_neural_style.py",
    "test_generate.py",
    "test_privacy.py",
    "test_stylize.py",
    "test_train.py",
    "base/test_cli.py",
    "exporting",
    "evaluation",
    "stylizing/test_cluster.py",
    "stylizing/test_films.py",
    "tools",
    "training/families",
    "training/run/test_best_style.py",
    "training/run/test_folder.py",
    "training/test_loop.py",
    "training/test_runner.py",
    "training/test_presets.py",
    "training/test_sweep.py",
    "training/test_warm_start.py",
    "training/test_workers.py",
    "web/test_exported_page.py",
    "web/test_page.py",
    "web/test_routes.py",
    "web/test_service.py",
    "walk",
}


# Where `make test` begins: files of half a minute and more, so that none of them keeps one worker busy at the end.
FIRST = (
    "test_train.py",
    "training",
    "test_example.py",
    "exporting",
    "test_privacy.py",
    "evaluation",
    "tools",
    "test_generate.py",
    "test_neural_style.py",
    "stylizing",
    "test_film_command.py",
    "walk",
    "test_cookbook.py",
    "test_stylize.py",
    "faces",
    "inference",
)


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="leave out what takes long")


def pytest_ignore_collect(collection_path, config):
    """Nothing of SLOW with --quick: not even imported."""
    inside = collection_path.relative_to(Path(__file__).parent).as_posix()
    return True if config.getoption("quick") and inside in SLOW else None


def pytest_collection_modifyitems(items):
    """FIRST first, in its order; the rest as it comes."""

    def place(item):
        inside = item.path.relative_to(Path(__file__).parent).as_posix()
        return next((number for number, name in enumerate(FIRST) if inside.startswith(name)), len(FIRST))

    items.sort(key=place)


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


@pytest.fixture
def make_film():
    """Write pictures, uint8 (height, width, 3), as a film: its path."""

    def make(path, pictures, rate=24, stamps=None, rotation=0, codec="libx264", options=None):
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            options = options or {"crf": "20", "preset": "ultrafast", "g": "24"}
            stream = container.add_stream(codec, rate=rate, options=options)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            if rotation:
                stream.set_display_rotation(rotation)
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                if stamps:
                    frame.pts = stamps[number]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture
def scene():
    """`scene(seed, count)`: pictures of one place, uint8 (height, width, 3), with things moving in them."""

    def make(seed, count=1, height=96, width=160):
        generator = np.random.default_rng(seed)
        coarse = generator.integers(30, 226, (4, 6, 3), np.uint8)
        place = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
        walls = generator.integers(0, 256, (8, 3), np.uint8)
        places = generator.random((8, 2))
        pictures = []
        for step in range(count):
            picture = place.copy()
            for number, wall in enumerate(walls):
                x = (int(places[number, 0] * width) + step * (number - 3)) % (width - 20)
                y = int(places[number, 1] * 0.8 * height)
                picture[y : y + height // 3, x : x + width // 10] = wall
            pictures.append(picture)
        return pictures

    return make


@pytest.fixture
def save():
    """Write a picture to a file, making its folder: the path."""

    def write(path, rgb):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(path, quality=95)
        return path

    return write
