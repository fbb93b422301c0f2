"""A style's network on ONNX Runtime: the engine for graphics chips that OpenVINO does not know, NVIDIA's above all.

Only networks that normalise nothing: in an ONNX file statistics can neither be read nor given.
"""

import sys
from pathlib import Path

import numpy as np

from japananime.base import private_imports
from japananime.base.errors import UserError
from japananime.inference import onnx_graph
from japananime.inference.protocols import Statistics
from japananime.styles import weights as style_weights
from japananime.styles.graph import Graph

runtime = private_imports.onnxruntime()

# By preference: NVIDIA's CUDA, any chip under Windows, and the processor, which is always there.
PROVIDERS = ("CUDAExecutionProvider", "DmlExecutionProvider", "CPUExecutionProvider")
# Memory taken at the worst moment, as a multiple of the maps that must live then.
LIVE = 3.0


class OnnxRuntimeNetwork:
    """A generator that takes and gives bytes, in float32. Afterwards `provider` is what it is computed on.

    graph: as the style has it. weights: path of the `generator.weights.h5`.
    """

    def __init__(self, graph: Graph, weights: Path) -> None:
        if graph.normalised:
            raise UserError(
                f"--engine is onnxruntime, and the style '{weights.parent}' normalises whole pictures, which it cannot "
                "do for tiles and films; accepted for it: openvino, tensorflow"
            )
        arrays = style_weights.read(weights)
        style_weights.check_shapes(weights, arrays, graph)
        self.multiple, self.reach, self.normalised = graph.multiple, graph.reach, False
        self.pixel_bytes = graph.live_channels * 4 * LIVE
        offered = [name for name in PROVIDERS if name in runtime.get_available_providers()]
        options = runtime.SessionOptions()
        options.log_severity_level = 4  # what it says of a chip that is not there is said below, in a line
        model = onnx_graph.build(graph, arrays).SerializeToString()
        self._session = runtime.InferenceSession(model, options, providers=offered)
        self.provider = self._session.get_providers()[0]
        if self.provider != offered[0]:
            print(f"note: {offered[0]} cannot be used here; {self.provider} computes", file=sys.stderr)

    def whole(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 (batch, height, width, 3) -> the same."""
        (made,) = self._session.run(None, {"photo": pictures.astype(np.float32) / 127.5 - 1.0})
        return np.clip(np.rint((made + 1.0) * 127.5), 0.0, 255.0).astype(np.uint8)

    def measure(self, pictures: np.ndarray) -> Statistics:
        """{}: nothing is normalised."""
        return {}

    def apply(self, pictures: np.ndarray, statistics: Statistics) -> np.ndarray:
        """As `whole`."""
        return self.whole(pictures)
