"""A style's engine: which one runs it, and making it ready. Imports no engine but the one that does the work."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.inference import coarse_to_fine
from japananime.inference.coarse_to_fine import BOLDNESS, DRAWN_AT, LEAST, TwoPasses
from japananime.inference.tiling import MARGIN, Engine
from japananime.inference.whole_squares import WholeSquares
from japananime.styles import folder as style_folder
from japananime.styles import graph

ENGINES = ("auto", "openvino", "tensorflow")
PRECISIONS = ("auto", "float32", "bfloat16")


def add_flags(parser):
    """The flags of every command that stylises; `chosen` gives what they say, in the order in which `load` takes it."""
    parser.add_argument(
        "--engine", choices=ENGINES, default="auto", help="what computes (default: TensorFlow on a GPU, else OpenVINO)"
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="to compute in (default: what the processor is fast at)",
    )
    parser.add_argument(
        "--max-memory",
        type=cli.size,
        metavar="SIZE",
        help="memory for the network, such as 500M or 4G; larger pictures go in tiles (default: half of what is free)",
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--boldness",
        type=float,
        metavar="X",
        help="how far pictures are simplified, 0 to 1: the bolder, the smaller large ones are drawn before they are "
        f"drawn at their full size (default {BOLDNESS})",
    )
    size.add_argument(
        "--drawn-at",
        type=int,
        metavar="N",
        help="the same for experts: short side in pixels at which a larger picture is drawn first; 0 draws at full "
        f"size alone (default {DRAWN_AT})",
    )


def chosen(parsed):
    """(engine, precision, max_memory, drawn_at) of a parsed command line."""
    return parsed.engine, parsed.precision, parsed.max_memory, size_of(parsed.boldness, parsed.drawn_at)


def size_of(boldness, drawn_at):
    """The short side at which pictures are drawn first, by a boldness or that side itself, None where not given."""
    if boldness is None:
        return DRAWN_AT if drawn_at is None else drawn_at
    if not 0.0 <= boldness <= 1.0:
        raise UserError(f"--boldness is {boldness}; it must be 0 to 1")
    return coarse_to_fine.drawn_at(boldness)


def load(style, engine="auto", precision="auto", max_memory=None, drawn_at=DRAWN_AT):
    """What turns pictures into a style: an Engine, or TwoPasses around one, or WholeSquares for a style of such.

    style: a path that `styles.folder.find` found. engine: "auto" takes TensorFlow where there is a GPU for it and for
    `.keras` files, else OpenVINO. precision: "auto" is what the processor is fast at. max_memory: bytes, or None for
    half of what is free. drawn_at: short side in pixels at which larger pictures are drawn first (two_passes); 0 for
    never.
    """
    check(drawn_at)
    style_folder.need(style, "photo")
    network = _network(style, engine, precision)
    alone = Engine(network, max_memory)
    made_by = TwoPasses(alone, drawn_at) if drawn_at else alone
    size = style_folder.whole_size(style)
    return WholeSquares(Engine(network, max_memory, margin=0), made_by, size) if size else made_by


def alone(style, engine="auto", precision="auto", max_memory=None, margin=MARGIN):
    """The Engine alone, for who decides on sizes; arguments as those of `load`. margin: as Engine takes it."""
    style_folder.need(style, "photo")
    return Engine(_network(style, engine, precision), max_memory, margin)


def check(drawn_at):
    """Raise UserError where pictures cannot be drawn at this short side."""
    if drawn_at and drawn_at < LEAST:
        raise UserError(f"--drawn-at is {drawn_at}; it must be 0, or at least {LEAST}")


def _network(style, engine, precision):
    """The network that does the work, in the engine asked for or the one that fits."""
    style = Path(style)
    plain = None if style.is_file() else graph.read(style)
    if engine == "auto":
        engine = "tensorflow" if plain is None or _has_gpu() else "openvino"
    if engine == "tensorflow":
        return _on_tensorflow(style, precision)
    if plain is None:
        raise UserError(
            f"--engine is openvino, and the style '{style}' holds no {graph.GRAPH_FILE}; accepted for it: tensorflow"
        )
    from japananime.inference.openvino_backend import OpenVinoNetwork

    network = OpenVinoNetwork(plain, style / style_folder.WEIGHTS_FILE, precision)
    if precision not in ("auto", network.precision):
        print(
            f"note: --precision {precision} has no effect: this processor does not compute in it, "
            f"{network.precision} is used",
            file=sys.stderr,
        )
    return network


def _on_tensorflow(style, precision):
    if importlib.util.find_spec("tensorflow") is None:
        raise UserError(
            f"the style '{style}' needs TensorFlow here, which is not installed; install it with: "
            + cli.how_to_install("train")
        )
    cli.load_tensorflow()
    import keras

    from japananime.inference.tensorflow_backend import TensorFlowNetwork
    from japananime.styles import generators

    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return TensorFlowNetwork(generators.load(style))


def _has_gpu():
    """Whether it is worth asking TensorFlow for a GPU, found out without importing it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    seen = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
    return seen and not hidden and importlib.util.find_spec("tensorflow") is not None
