"""A generator of characters on OpenVINO, with neither TensorFlow nor Keras."""

from pathlib import Path

import numpy as np

from japananime.inference.openvino_core import core
from japananime.inference.openvino_graph import build_latent, check_kinds
from japananime.styles import weights as style_weights
from japananime.styles.graph import GRAPH_FILE, Graph


class LatentNetwork:
    """Characters of rows of random numbers: float32 (batch, numbers) -> uint8 (batch, side, side, 3).

    graph, weights: of a style that takes "latent". shape: (batch, numbers), the only one that it is called with.
    """

    def __init__(self, graph: Graph, weights: Path, shape: tuple[int, int]) -> None:
        check_kinds(graph, weights.with_name(GRAPH_FILE))
        tensors = style_weights.read(weights)
        style_weights.check_shapes(weights, tensors, graph)
        model = build_latent(graph, tensors, shape)
        hints = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        self._request = core().compile_model(model, "CPU", hints).create_infer_request()

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        outputs = self._request.infer([np.ascontiguousarray(numbers, np.float32)], share_inputs=True)
        return np.array(outputs[0])
