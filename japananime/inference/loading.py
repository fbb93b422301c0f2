"""A style's engine: which one runs it, and making it ready. Imports no engine but the one that does the work."""

import importlib.util
import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.settings import Settings, from_flags, setting
from japananime.base.settings import add_flags as add_settings
from japananime.inference import openvino_devices, two_passes
from japananime.inference.fixed_size import WholeSquares
from japananime.inference.protocols import Backend
from japananime.inference.tiling import MARGIN, TilingEngine
from japananime.inference.two_passes import BOLDNESS, DRAWN_AT, LEAST, TwoPasses
from japananime.styles.folder import Style
from japananime.styles.graph import GRAPH_FILE, Graph

ENGINES = ("auto", "openvino", "tensorflow", "onnxruntime")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class EngineOptions(Settings):
    """What a command line says of the engine; each as `load` takes it. drawn_at: or a boldness, one flag of two."""

    engine: str = setting(
        "auto",
        "what computes: auto is TensorFlow on a GPU, else OpenVINO; onnxruntime is for graphics chips, NVIDIA's above "
        "all",
        choices=ENGINES,
    )
    precision: str = setting(
        "auto", "precision of the arithmetic: auto is whichever is faster on this processor", choices=PRECISIONS
    )
    max_memory: int | None = setting(
        None,
        "memory for the network, such as 500M or 4G; larger pictures are processed in tiles",
        usual="half of what is free",
        reads=cli.size,
        metavar="SIZE",
    )
    drawn_at: int = DRAWN_AT
    device: str | None = setting(
        None,
        "what OpenVINO computes on: CPU, GPU, NPU, or AUTO for its own choice; `python -m japananime.devices` lists "
        "them",
        usual="CPU",
        reads=openvino_devices.named,
    )

    def load(self, style: Style) -> "TilingEngine | TwoPasses | WholeSquares":
        """The engine of a style."""
        return load(style, self.engine, self.precision, self.max_memory, self.drawn_at, self.device)

    def load_tiling(self, style: Style, margin: int = MARGIN) -> TilingEngine:
        """A style's TilingEngine alone, for who decides on sizes. margin: as it takes it."""
        check(self.drawn_at)
        style.need("photo")
        return TilingEngine(_network(style, self.engine, self.precision, self.device), self.max_memory, margin)


def add_flags(parser: ArgumentParser) -> None:
    """The flags of every command that stylises; `options` gives what they say."""
    add_settings(parser, EngineOptions)
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


def options(parsed: Namespace) -> EngineOptions:
    """The EngineOptions of a parsed command line."""
    return from_flags(EngineOptions, parsed, drawn_at=size_of(parsed.boldness, parsed.drawn_at))


def size_of(boldness: float | None, drawn_at: int | None) -> int:
    """The short side at which pictures are drawn first, by a boldness or that side itself, None where not given."""
    if boldness is None:
        return DRAWN_AT if drawn_at is None else drawn_at
    if not 0.0 <= boldness <= 1.0:
        raise UserError(f"--boldness is {boldness}; it must be 0 to 1")
    return two_passes.drawn_at(boldness)


def load(
    style: Style,
    engine: str = "auto",
    precision: str = "auto",
    max_memory: int | None = None,
    drawn_at: int = DRAWN_AT,
    device: str | None = None,
) -> TilingEngine | TwoPasses | WholeSquares:
    """What turns pictures into a style: a TilingEngine, TwoPasses around one, or WholeSquares for a style of such.

    engine: "auto" takes TensorFlow where there is a GPU for it and for
    `.keras` files, else OpenVINO. precision: "auto" is what the processor is fast at. max_memory: bytes, or None for
    half of what is free. drawn_at: short side in pixels at which larger pictures are drawn first (TwoPasses); 0 for
    never. device: what OpenVINO computes on, as `openvino_devices.named` has it; None for the CPU.
    """
    check(drawn_at)
    style.need("photo")
    network = _network(style, engine, precision, device)
    tiling = TilingEngine(network, max_memory)
    others = TwoPasses(tiling, drawn_at) if drawn_at else tiling
    size = style.whole_size
    return WholeSquares(TilingEngine(network, max_memory, margin=0), others, size) if size else others


def check(drawn_at: int) -> None:
    """Raise UserError where pictures cannot be drawn at this short side."""
    if drawn_at and drawn_at < LEAST:
        raise UserError(f"--drawn-at is {drawn_at}; it must be 0, or at least {LEAST}")


def _network(style: Style, engine: str, precision: str, device: str | None) -> Backend:
    """The network that does the work, in the engine asked for or the one that fits."""
    plain = style.graph()
    if engine == "auto":
        engine = "tensorflow" if plain is None or (_has_gpu() and device is None) else "openvino"
    if engine == "tensorflow":
        if device is not None:
            raise UserError(
                f"--device is {device}, and '{style.path}' would run on TensorFlow; it is for OpenVINO alone"
            )
        return _on_tensorflow(style, precision)
    if plain is None:
        raise UserError(
            f"--engine is {engine}, and the style '{style.path}' holds no {GRAPH_FILE}; accepted for it: tensorflow"
        )
    if engine == "onnxruntime":
        if device is not None:
            raise UserError(f"--device is {device} with --engine onnxruntime; it is for OpenVINO alone")
        return _on_onnxruntime(plain, style.weights)
    from japananime.inference.openvino_backend import OpenVinoNetwork

    network = OpenVinoNetwork(plain, style.weights, precision, device or openvino_devices.CPU)
    if precision not in ("auto", network.precision):
        print(
            f"note: --precision {precision} has no effect: this processor does not compute in it, "
            f"{network.precision} is used",
            file=sys.stderr,
        )
    return network


def _on_tensorflow(style: Style, precision: str) -> Backend:
    if importlib.util.find_spec("tensorflow") is None:
        raise UserError(cli.not_installed(f"here the style '{style.path}'", ["TensorFlow"], "train"))
    cli.load_tensorflow()
    import keras

    from japananime.inference.tensorflow_backend import TensorFlowNetwork
    from japananime.styles import generators

    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return TensorFlowNetwork(generators.load(style))


def _on_onnxruntime(plain: Graph, weights: Path) -> Backend:
    try:
        from japananime.inference.onnxruntime_backend import OnnxRuntimeNetwork
    except ImportError as error:
        raise UserError(cli.not_installed("--engine onnxruntime", [str(error.name)], "cuda")) from error
    return OnnxRuntimeNetwork(plain, weights)


def _has_gpu() -> bool:
    """Whether it is worth asking TensorFlow for a GPU, found out without importing it."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    seen = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
    return seen and not hidden and importlib.util.find_spec("tensorflow") is not None
