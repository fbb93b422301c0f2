"""From a Keras functional model to the plain list of its operations."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from japananime.styles.graph import Graph, Node

# What the arithmetic of the layers in use depends on.
SETTINGS = (
    *("filters", "kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "activation"),
    *("negative_slope", "size", "interpolation", "epsilon", "axis", "before", "after", "reach", "pool_size"),
    *("scale", "offset", "units", "target_shape"),
)


def describe(model: keras.Model) -> Graph:
    """The Graph of a functional model with one input and one output."""
    nodes = []
    for layer in model.get_config()["layers"]:
        settings = {key: _plain(value) for key, value in layer["config"].items() if key in SETTINGS}
        inputs = tuple(_sources(layer["inbound_nodes"]))
        nodes.append(Node(layer["name"], layer["class_name"], inputs, settings))
    return Graph(tuple(nodes))


def _sources(value: Any) -> Iterator[str]:
    """Names of the layers whose outputs appear anywhere in a layer's arguments."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"][0]
        else:
            yield from _sources(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _sources(item)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, tuple) else value
