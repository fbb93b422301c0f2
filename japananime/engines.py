"""A style's engine: which one runs it, and making it ready. Imports no engine but the one that does the work."""

import importlib.util
import os
import shutil
from pathlib import Path

from japananime import graph, styles
from japananime.engine import Engine
from japananime.errors import UserError

ENGINES = ("auto", "openvino", "tensorflow")
PRECISIONS = ("auto", "float32", "bfloat16")


def load(style, engine="auto", precision="auto", max_memory=None):
    """The Engine of a style.

    style: a path that `styles.find` found. engine: "auto" takes TensorFlow where there is a GPU for it and for `.keras`
    files, else OpenVINO. precision: "auto" is what the processor is fast at. max_memory: bytes, or None for half of
    what is free.
    """
    styles.need(style, "photo")
    style = Path(style)
    plain = None if style.is_file() else graph.read(style)
    if engine == "auto":
        engine = "tensorflow" if plain is None or _has_gpu() else "openvino"
    if engine == "tensorflow":
        return Engine(_on_tensorflow(style, precision), max_memory)
    if plain is None:
        raise UserError(
            f"--engine is openvino, and the style '{style}' holds no {graph.GRAPH_FILE}; accepted for it: tensorflow"
        )
    from japananime.openvino_network import OpenVinoNetwork

    return Engine(OpenVinoNetwork(plain, style / styles.WEIGHTS_FILE, precision), max_memory)


def _on_tensorflow(style, precision):
    if importlib.util.find_spec("tensorflow") is None:
        raise UserError(
            f"the style '{style}' needs TensorFlow here, which is not installed; install it with: "
            "pip install 'japananime[train]'"
        )
    from japananime import command

    command.load_tensorflow()
    import keras

    from japananime import generators
    from japananime.tensorflow_network import TensorFlowNetwork

    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return TensorFlowNetwork(generators.load(style))


def _has_gpu():
    """Whether it is worth asking TensorFlow for a GPU, found out without importing it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    seen = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
    return seen and not hidden and importlib.util.find_spec("tensorflow") is not None
