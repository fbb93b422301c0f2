"""Films and pictures to try the tools on, made here, and the tools themselves as modules."""

import importlib.util
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tool():
    """The module of a tool by its name; `tool("video2image").main([...])` runs it."""

    def load(name):
        specification = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load


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
