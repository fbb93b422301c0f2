"""A style's network as an ONNX file: the graph of `graph.json` in ONNX's operations, for any height and width."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from japananime.base.errors import UserError
from japananime.styles.graph import Graph, Node

# Since 18 the axes of a mean are an input; every runtime of the last years reads it.
OPSET, FILE_VERSION = 18, 9
# Axes of (batch, channel, height, width).
NORMALISED_OVER = {"InstanceNormalization": [2, 3], "LayerNormalization": [1, 2, 3]}


def build(graph: Graph, weights: dict[str, list[np.ndarray]]) -> ModelProto:
    """An onnx.ModelProto of the graph: "photo", float32 (batch, height, width, 3) in [-1, 1] -> "picture", the same.

    weights: {layer's name: its tensors in Keras' order}.
    """
    writer = _Writer()
    values: dict[str, str] = {}
    for node in graph.nodes:
        inputs = [values[name] for name in node.inputs]
        if node.kind not in KINDS:
            raise UserError(
                f"the network has a layer {node.kind}, which the ONNX export does not support; supported: "
                f"{', '.join(sorted(KINDS))}"
            )
        values[node.name] = KINDS[node.kind](writer, node, inputs, weights.get(node.name, []))
    writer.add("Transpose", [values[graph.nodes[-1].name]], name="picture", perm=[0, 2, 3, 1])
    shape: list[str | int | None] = ["batch", "height", "width", 3]
    model = helper.make_model(
        helper.make_graph(
            writer.nodes,
            "generator",
            [helper.make_tensor_value_info("photo", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
            writer.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="japananime",
    )
    model.ir_version = FILE_VERSION
    return model


Inputs = Sequence[str]
Tensors = Sequence[np.ndarray]


class _Writer:
    """Collects nodes and constants, and gives each a name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], name: str | None = None, **attributes: Any) -> str:
        """A node; returns the name of its output."""
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def constant(self, values: Any, dtype: type = np.float32) -> str:
        """A tensor that is part of the file; returns its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
        return name


# (writer, node, names of its inputs, its tensors) -> the name of its output
Write = Callable[[_Writer, Node, Inputs, Tensors], str]


def _photo(writer: _Writer, *_: object) -> str:
    return writer.add("Transpose", ["photo"], perm=[0, 3, 1, 2])


def _convolution(writer: _Writer, node: Node, inputs: Inputs, tensors: Tensors) -> str:
    kernel, *bias = tensors
    return _convolve(writer, node.settings, inputs, kernel.transpose(3, 2, 0, 1), bias)


def _depthwise(writer: _Writer, node: Node, inputs: Inputs, tensors: Tensors) -> str:
    kernel, *bias = tensors
    height, width, channels, multiplier = kernel.shape
    grouped = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _convolve(writer, node.settings, inputs, grouped, bias, group=channels)


def _separable(writer: _Writer, node: Node, inputs: Inputs, tensors: Tensors) -> str:
    depthwise, pointwise, *bias = tensors
    spread = node.__class__(node.name, node.kind, node.inputs, {**node.settings, "activation": "linear"})
    between = _depthwise(writer, spread, inputs, [depthwise])
    plain = {"strides": [1, 1], "padding": "valid", "activation": node.settings["activation"]}
    return _convolve(writer, plain, [between], pointwise.transpose(3, 2, 0, 1), bias)


def _convolve(
    writer: _Writer, settings: Mapping[str, Any], inputs: Inputs, kernel: np.ndarray, bias: Tensors, group: int = 1
) -> str:
    """kernel: (filters, channels a group, height, width)."""
    x = writer.add(
        "Conv",
        [inputs[0], writer.constant(kernel), *(writer.constant(values) for values in bias)],
        kernel_shape=kernel.shape[2:],
        strides=settings["strides"],
        dilations=settings.get("dilation_rate", [1, 1]),
        group=group,
        auto_pad=PADDING[settings["padding"]],
    )
    return _activate(writer, x, settings)


def _transposed(writer: _Writer, node: Node, inputs: Inputs, tensors: Tensors) -> str:
    kernel, *bias = tensors
    settings = node.settings
    if settings["padding"] != "same":
        raise UserError(f"a transposed convolution with padding '{settings['padding']}' is not supported; only 'same'")
    # What TensorFlow's "same" leaves out: the output is the input times the stride.
    spare = [max(0, side - stride) for side, stride in zip(kernel.shape[:2], settings["strides"], strict=True)]
    x = writer.add(
        "ConvTranspose",
        [inputs[0], writer.constant(kernel.transpose(3, 2, 0, 1)), *(writer.constant(values) for values in bias)],
        strides=settings["strides"],
        pads=[*(extra // 2 for extra in spare), *(extra - extra // 2 for extra in spare)],
    )
    return _activate(writer, x, settings)


def _activate(writer: _Writer, x: str, settings: Mapping[str, Any]) -> str:
    kind = {"linear": None, "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[settings.get("activation", "linear")]
    return writer.add(kind, [x]) if kind else x


def _activation(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    return _activate(writer, inputs[0], node.settings)


def _leaky(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    slope = node.settings["negative_slope"]
    return writer.add("LeakyRelu", inputs, alpha=float(slope)) if slope else writer.add("Relu", inputs)


def _resize(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    nearest = node.settings["interpolation"] == "nearest"
    scales = writer.constant([1, 1, *node.settings["size"]])
    return writer.add(
        "Resize",
        [inputs[0], "", scales],
        mode="nearest" if nearest else "linear",
        coordinate_transformation_mode="asymmetric" if nearest else "half_pixel",
        nearest_mode="floor",
    )


def _pool(kind: str) -> Write:
    def pool(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
        return writer.add(
            kind,
            inputs,
            kernel_shape=node.settings["pool_size"],
            strides=node.settings["strides"],
            auto_pad=PADDING[node.settings["padding"]],
        )

    return pool


def _rescale(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    scale, offset = (writer.constant(np.reshape(node.settings[name], (1, -1, 1, 1))) for name in ("scale", "offset"))
    return writer.add("Add", [writer.add("Mul", [inputs[0], scale]), offset])


def _changed_picture(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    # tanh(change + atanh(kept)) by the addition theorem: runtimes compute atanh one value at a time.
    change, kept = (
        writer.add("Tanh", inputs[:1]),
        writer.add("Mul", [inputs[1], writer.constant(node.settings["reach"])]),
    )
    below = writer.add("Add", [writer.add("Mul", [change, kept]), writer.constant(1.0)])
    return writer.add("Div", [writer.add("Add", [change, kept]), below])


def _reflect(writer: _Writer, node: Node, inputs: Inputs, _: Tensors) -> str:
    before, after = ([0, 0, node.settings[side], node.settings[side]] for side in ("before", "after"))
    return writer.add("Pad", [inputs[0], writer.constant([*before, *after], np.int64)], mode="reflect")


def _normalise(writer: _Writer, node: Node, inputs: Inputs, tensors: Tensors) -> str:
    gamma, beta = (writer.constant(tensor.reshape(1, -1, 1, 1)) for tensor in tensors)
    axes = writer.constant(NORMALISED_OVER[node.kind], np.int64)
    away = writer.add("Sub", [inputs[0], writer.add("ReduceMean", [inputs[0], axes], keepdims=1)])
    variance = writer.add("ReduceMean", [writer.add("Mul", [away, away]), axes], keepdims=1)
    deviation = writer.add("Sqrt", [writer.add("Add", [variance, writer.constant(node.settings["epsilon"])])])
    scaled = writer.add("Mul", [away, writer.add("Div", [gamma, deviation])])
    return writer.add("Add", [scaled, beta])


PADDING = {"same": "SAME_UPPER", "valid": "VALID"}
KINDS: dict[str, Write] = {
    "InputLayer": _photo,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "Conv2DTranspose": _transposed,
    "ReLU": _leaky,
    "LeakyReLU": _leaky,
    "Activation": _activation,
    "Add": lambda writer, node, inputs, _: writer.add("Add", inputs),
    "Multiply": lambda writer, node, inputs, _: writer.add("Mul", inputs),
    "Concatenate": lambda writer, node, inputs, _: writer.add("Concat", inputs, axis=1),
    "UpSampling2D": _resize,
    "ChangedPicture": _changed_picture,
    "ReflectionPadding": _reflect,
    "AveragePooling2D": _pool("AveragePool"),
    "MaxPooling2D": _pool("MaxPool"),
    "Rescaling": _rescale,
    "InstanceNormalization": _normalise,
    "LayerNormalization": _normalise,
}
