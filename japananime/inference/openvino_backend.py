"""A style's network on OpenVINO: the engine for processors, with neither TensorFlow nor Keras.

The graph of `graph.json` is built anew in OpenVINO's operations for each shape of input, since fixed shapes run faster
than open ones; the last few are kept.
"""

import functools
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from japananime.base.errors import UserError, reason
from japananime.inference import openvino_devices
from japananime.inference.openvino_core import core, openvino
from japananime.inference.openvino_devices import CPU
from japananime.inference.openvino_graph import GIVEN, MEASURED, OWN, build, check_kinds, ops
from japananime.inference.protocols import Statistics
from japananime.styles import weights as style_weights
from japananime.styles.graph import GRAPH_FILE, Graph

KEPT = 4
# Memory taken at the worst moment, as a multiple of the maps that must live then.
LIVE = 2.0
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
OWN_PRECISION = "the device's own"


@functools.cache
def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16: tried as well, since its instructions can be switched off."""
    if "BF16" not in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return False
    picture = ops.parameter([1, 3, 8, 8], np.float32)
    convolved = ops.convolution(
        picture, ops.constant(np.ones((4, 3, 3, 3), np.float32)), [1, 1], [0, 0], [0, 0], [1, 1]
    )
    try:
        hints = {"INFERENCE_PRECISION_HINT": PRECISIONS["bfloat16"]}
        made = core().compile_model(openvino.Model([convolved], [picture]), "CPU", hints)
    except RuntimeError:
        return False
    return made.get_property("INFERENCE_PRECISION_HINT") == openvino.Type.bf16


class OpenVinoNetwork:
    """A generator that takes and gives bytes.

    graph: styles.graph.Graph. weights: path of the `generator.weights.h5`. precision: "float32", or "auto" or
    "bfloat16" for bfloat16 where the processor computes in it. device: as `openvino_devices.named` has it. Afterwards
    `precision` is what is computed in, and `device` where: on the CPU, where the one that is wanted cannot.
    """

    def __init__(self, graph: Graph, weights: Path, precision: str = "auto", device: str = CPU) -> None:
        self.multiple, self.reach = graph.multiple, graph.reach
        self.normalised = bool(graph.normalised)
        self._graph, self._named = graph, weights.with_name(GRAPH_FILE)
        check_kinds(graph, self._named)
        self._weights = style_weights.read(weights)
        style_weights.check_shapes(weights, self._weights, graph)
        self._asked = precision
        self._compute_on(device if device == CPU else openvino_devices.chosen(core(), device))
        self._compiled: OrderedDict[tuple[str, tuple[int, ...]], Any] = OrderedDict()

    def _compute_on(self, device: str) -> None:
        self.device = device
        if self._asked == "float32":
            self.precision = "float32"
        elif device != CPU:
            self.precision = OWN_PRECISION
        else:
            self.precision = "bfloat16" if has_bfloat16() else "float32"
        self.pixel_bytes = self._graph.live_channels * (2 if self.precision == "bfloat16" else 4) * LIVE

    def whole(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 (batch, height, width, 3) -> the same, every picture normalised by its own statistics."""
        return self._infer(OWN, pictures)[0]

    def measure(self, pictures: np.ndarray) -> Statistics:
        """{normalisation: (mean, variance)}, float32 per channel, over all these pictures, uint8 (batch, h, w, 3)."""
        if not self._graph.normalised:
            return {}
        _, *statistics = self._infer(MEASURED, pictures)
        # Each compiled form holds its maps. This one is seldom wanted again, and memory is promised to the next.
        self._compiled.pop((MEASURED, pictures.shape))
        pairs = zip(statistics[::2], statistics[1::2], strict=True)
        named = zip(self._graph.normalised, pairs, strict=True)
        return {name: (mean.ravel(), variance.ravel()) for name, (mean, variance) in named}

    def apply(self, pictures: np.ndarray, statistics: Statistics) -> np.ndarray:
        """uint8 (batch, height, width, 3) -> the same, normalised by statistics such as `measure` returns."""
        given = [value for name in self._graph.normalised for value in statistics[name]]
        return self._infer(GIVEN, pictures, *given)[0]

    def _infer(self, form: str, pictures: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
        key = (form if self._graph.normalised else OWN, pictures.shape)
        if key not in self._compiled:
            while len(self._compiled) >= KEPT:
                self._compiled.popitem(last=False)
            try:
                model = build(self._graph, self._weights, *key)
            except UserError as error:
                raise UserError(f"{self._named}: {error}") from error
            self._compiled[key] = self._compile(model).create_infer_request()
        self._compiled.move_to_end(key)
        request = self._compiled[key]
        outputs = request.infer([np.ascontiguousarray(pictures), *others], share_inputs=True)
        # What the next call will overwrite is copied.
        return [np.array(outputs[output]) for output in request.model_outputs]

    def _compile(self, model: Any) -> Any:
        if self.device != CPU:
            try:
                return core().compile_model(model, self.device, openvino_devices.hints(self.device, self._asked))
            except RuntimeError as error:
                openvino_devices.tell_of_fallback(self.device, reason(error))
                self._compute_on(CPU)
        hints = {"INFERENCE_PRECISION_HINT": PRECISIONS[self.precision], "PERFORMANCE_HINT": "LATENCY"}
        return core().compile_model(model, CPU, hints)
