"""A network's graph in OpenVINO's operations: what `graph.json` lists, built as an openvino.Model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from japananime.base import private_imports
from japananime.base.errors import UserError, reason
from japananime.base.json_files import shown
from japananime.styles.graph import Graph, Node
from japananime.styles.weights import Tensors

openvino = private_imports.openvino()
ops = openvino.opset13

# How a normalisation gets its statistics: from the picture itself; the same, telling them as well; given from outside.
OWN, MEASURED, GIVEN = "own", "measured", "given"
Settings = dict[str, Any]
# Settings, inputs and weights of a node -> its output in OpenVINO.
Operation = Callable[[Settings, list[Any], list[np.ndarray]], Any]


def check_kinds(graph: Graph, named: Path) -> None:
    """Raise UserError where there is a layer that cannot be built; named: the file that says so."""
    for node in graph.nodes:
        if node.kind == "InputLayer":
            continue
        if node.kind not in KINDS and node.kind not in NORMALISED_OVER:
            known = ", ".join(sorted([*KINDS, *NORMALISED_OVER]))
            raise UserError(
                f"{named}: the network has a layer {shown(node.kind)}, which the OpenVINO backend does not support; "
                f"supported: {known}"
            )
        if not node.inputs:
            raise UserError(f"{named}: the network's layer {shown(node.name)} works on nothing")


def build(graph: Graph, weights: Tensors, form: str, shape: tuple[int, ...]) -> Any:
    """An openvino.Model of the graph for pictures of one shape, uint8 (batch, height, width, 3) in and out.

    form: MEASURED adds the outputs (mean, variance) of each normalisation, GIVEN adds them as inputs, in their order.
    """
    pixels = ops.parameter(shape, np.uint8, name="photo")
    parameters: list[Any] = [pixels]
    measured: list[Any] = []

    def normalise(node: Node, x: Any, tensors: list[np.ndarray]) -> Any:
        return _normalise(node, x, tensors, form, parameters, measured)

    picture = _translate(graph, weights, _from_bytes(pixels), normalise)
    return openvino.Model([_to_bytes(picture), *measured], parameters, "generator")


def build_latent(graph: Graph, weights: Tensors, shape: tuple[int, int]) -> Any:
    """An openvino.Model of a generator of characters: float32 (batch, numbers) -> uint8 (batch, side, side, 3)."""
    numbers = ops.parameter(shape, np.float32, name="latent")

    def normalise(node: Node, x: Any, tensors: list[np.ndarray]) -> Any:
        return _normalise(node, x, tensors, OWN, [], [])

    return openvino.Model([_to_bytes(_translate(graph, weights, numbers, normalise))], [numbers], "generator")


def _translate(graph: Graph, weights: Tensors, entry: Any, normalise: Callable[..., Any]) -> Any:
    """The output of the graph's last node. entry: what its input layer gives. normalise: over the picture."""
    values: dict[str, Any] = {}
    for node in graph.nodes:
        inputs = [values[name] for name in node.inputs]
        tensors = weights.get(node.name, [])
        try:
            if node.kind == "InputLayer":
                values[node.name] = entry
            elif node.kind in NORMALISED_OVER:
                values[node.name] = normalise(node, inputs[0], tensors)
            else:
                values[node.name] = KINDS[node.kind](node.settings, inputs, tensors)
        except KeyError as error:
            raise UserError(f"the network's layer {shown(node.name)} does not say its {error.args[0]}") from error
        except (ValueError, IndexError, TypeError, RuntimeError) as error:
            raise UserError(
                f"the network's layer {shown(node.name)} does not fit its weights or its inputs ({reason(error)})"
            ) from error
    return values[graph.nodes[-1].name]


def _from_bytes(pixels: Any) -> Any:
    x = ops.convert(pixels, np.float32)
    x = ops.subtract(ops.divide(x, np.float32(127.5)), np.float32(1.0))
    return ops.transpose(x, [0, 3, 1, 2])


def _to_bytes(x: Any) -> Any:
    x = ops.transpose(x, [0, 2, 3, 1])
    x = ops.multiply(ops.add(x, np.float32(1.0)), np.float32(127.5))
    return ops.convert(ops.clamp(ops.round(x, "half_to_even"), 0.0, 255.0), np.uint8)


def _convolution(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    kernel, *bias = tensors
    x = ops.convolution(
        inputs[0], _constant(kernel.transpose(3, 2, 0, 1)), **_geometry(settings), auto_pad=_padding(settings)
    )
    return _finish(x, bias, settings)


def _depthwise(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    kernel, *bias = tensors
    height, width, channels, multiplier = kernel.shape
    grouped = kernel.transpose(2, 3, 0, 1).reshape(channels, multiplier, 1, height, width)
    x = ops.group_convolution(inputs[0], _constant(grouped), **_geometry(settings), auto_pad=_padding(settings))
    return _finish(x, bias, settings)


def _separable(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    depthwise, pointwise, *bias = tensors
    plain = {"strides": [1, 1], "dilation_rate": [1, 1], "padding": "valid"}
    x = _depthwise({**settings, "activation": "linear"}, inputs, [depthwise])
    return _convolution({**plain, "activation": settings["activation"]}, [x], [pointwise, *bias])


def _transposed(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    kernel, *bias = tensors
    if settings["padding"] != "same":
        raise UserError(f"a transposed convolution with padding '{settings['padding']}' is not supported; only 'same'")
    # What TensorFlow's "same" leaves out: the output is the input times the stride.
    spare = [max(0, side - stride) for side, stride in zip(kernel.shape[:2], settings["strides"], strict=True)]
    x = ops.convolution_backprop_data(
        inputs[0],
        _constant(kernel.transpose(3, 2, 0, 1)),
        strides=settings["strides"],
        dilations=[1, 1],
        pads_begin=[extra // 2 for extra in spare],
        pads_end=[extra - extra // 2 for extra in spare],
    )
    return _finish(x, bias, settings)


def _geometry(settings: Settings) -> dict[str, Any]:
    return {
        "strides": settings["strides"],
        "dilations": settings.get("dilation_rate", [1, 1]),
        "pads_begin": [0, 0],
        "pads_end": [0, 0],
    }


def _padding(settings: Settings) -> str:
    return {"same": "same_upper", "valid": "valid"}[settings["padding"]]


def _finish(x: Any, bias: list[np.ndarray], settings: Settings) -> Any:
    if bias:
        x = ops.add(x, _constant(bias[0].reshape(1, -1, 1, 1)))
    return ACTIVATIONS[settings.get("activation", "linear")](x)


def _resize(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    height, width = (int(side) for side in inputs[0].get_output_shape(0)[2:])
    rows, columns = settings["size"]
    mode = {"nearest": "nearest", "bilinear": "linear_onnx"}[settings["interpolation"]]
    return ops.interpolate(
        inputs[0],
        ops.constant(np.array([height * rows, width * columns], np.int64)),
        mode,
        "sizes",
        axes=ops.constant(np.array([2, 3], np.int64)),
        coordinate_transformation_mode="half_pixel" if mode == "linear_onnx" else "asymmetric",
        nearest_mode="floor",
    )


def _pool(kind: Callable[..., Any], **options: Any) -> Operation:
    def pool(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
        window = {"strides": settings["strides"], "pads_begin": [0, 0], "pads_end": [0, 0]}
        padding = _padding(settings)
        if kind is ops.max_pool:
            window["dilations"] = [1, 1]
            x = kind(inputs[0], **window, kernel_shape=settings["pool_size"], auto_pad=padding).output(0)
        else:
            x = kind(inputs[0], **window, kernel_shape=settings["pool_size"], auto_pad=padding, **options)
        return x

    return pool


def _rescale(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    scale, offset = (np.reshape(settings[name], (1, -1, 1, 1)) for name in ("scale", "offset"))
    return ops.add(ops.multiply(inputs[0], _constant(scale)), _constant(offset))


def _changed_picture(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    # tanh(change + atanh(kept)) by the addition theorem: OpenVINO computes atanh one value at a time, a quarter of the
    # light style's whole time.
    change, kept = ops.tanh(inputs[0]), ops.multiply(inputs[1], np.float32(settings["reach"]))
    return ops.divide(ops.add(change, kept), ops.add(ops.multiply(change, kept), np.float32(1.0)))


def _reflect(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    before, after = ([0, 0, settings[side], settings[side]] for side in ("before", "after"))
    return ops.pad(inputs[0], before, after, "reflect")


def _dense(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    kernel, *bias = tensors
    x = ops.matmul(inputs[0], _constant(kernel), False, False)
    x = ops.add(x, _constant(bias[0])) if bias else x
    return ACTIVATIONS[settings.get("activation", "linear")](x)


def _unfold(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    x = ops.reshape(inputs[0], [-1, *settings["target_shape"]], special_zero=False)
    return ops.transpose(x, [0, 3, 1, 2])


def _normalise_as_kept(settings: Settings, inputs: list[Any], tensors: list[np.ndarray]) -> Any:
    gamma, beta, mean, variance = (tensor.reshape(1, -1, 1, 1) for tensor in tensors)
    scale = gamma / np.sqrt(variance + settings["epsilon"])
    return ops.add(ops.multiply(inputs[0], _constant(scale)), _constant(beta - mean * scale))


def _gate(settings: Settings, inputs: list[Any], _: list[np.ndarray]) -> Any:
    value, gate = ops.split(inputs[0], 1, 2).outputs()
    return ops.multiply(value, ops.sigmoid(gate))


def _normalise(
    node: Node, x: Any, tensors: list[np.ndarray], form: str, parameters: list[Any], measured: list[Any]
) -> Any:
    gamma, beta = (tensor.reshape(1, -1, 1, 1) for tensor in tensors)
    axes = NORMALISED_OVER[node.kind]
    if form == OWN:
        # One operation, which the processor plug-in does without writing intermediate maps.
        x = ops.mvn(x, axes, True, node.settings["epsilon"], "inside_sqrt")
        return ops.add(ops.multiply(x, _constant(gamma)), _constant(beta))
    if form == GIVEN:
        size = gamma.size if axes == [2, 3] else 1
        mean, variance = (
            ops.parameter([size], np.float32, name=f"{node.name}_{kind}") for kind in ("mean", "variance")
        )
        parameters += [mean, variance]
        mean, variance = (ops.reshape(value, [1, size, 1, 1], special_zero=False) for value in (mean, variance))
    else:
        # Measured over the whole batch, as if its pictures were tiles of one.
        over = [0, *axes] if form == MEASURED else axes
        mean = ops.reduce_mean(x, over, keep_dims=True)
        away = ops.subtract(x, mean)
        variance = ops.reduce_mean(ops.multiply(away, away), over, keep_dims=True)
        if form == MEASURED:
            measured += [mean, variance]
    deviation = ops.sqrt(ops.add(variance, np.float32(node.settings["epsilon"])))
    scale = ops.divide(_constant(gamma), deviation)
    shift = ops.subtract(_constant(beta), ops.multiply(mean, scale))
    return ops.add(ops.multiply(x, scale), shift)


def _constant(values: Any) -> Any:
    return ops.constant(np.ascontiguousarray(values, np.float32))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": ops.relu,
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
    "silu": ops.swish,
}
# Axes of (batch, channel, height, width).
NORMALISED_OVER = {"InstanceNormalization": [2, 3], "LayerNormalization": [1, 2, 3]}
KINDS: dict[str, Operation] = {
    "Conv2D": _convolution,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "Conv2DTranspose": _transposed,
    "ReLU": lambda settings, inputs, _: _leaky(inputs[0], settings["negative_slope"]),
    "LeakyReLU": lambda settings, inputs, _: _leaky(inputs[0], settings["negative_slope"]),
    "Activation": lambda settings, inputs, _: ACTIVATIONS[settings["activation"]](inputs[0]),
    "Add": lambda settings, inputs, _: ops.add(*inputs),
    "Multiply": lambda settings, inputs, _: ops.multiply(*inputs),
    "Concatenate": lambda settings, inputs, _: ops.concat(inputs, 1),
    "UpSampling2D": _resize,
    "ChangedPicture": _changed_picture,
    "ReflectionPadding": _reflect,
    "AveragePooling2D": _pool(ops.avg_pool, exclude_pad=True),
    "MaxPooling2D": _pool(ops.max_pool),
    "Rescaling": _rescale,
    "Dense": _dense,
    "Reshape": _unfold,
    "BatchNormalization": _normalise_as_kept,
    "GatedLinearUnit": _gate,
}


def _leaky(x: Any, slope: float) -> Any:
    return ops.prelu(x, np.float32(slope)) if slope else ops.relu(x)
