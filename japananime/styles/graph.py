"""A generator as a plain list of operations, which any engine can build: no Keras, nothing executable.

A style carries it as `graph.json` beside its weights.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from japananime.base import json_files
from japananime.base.errors import UserError
from japananime.base.json_files import Field, Kind, one_of, several, shown, within

GRAPH_FILE = "graph.json"
MOST_NODES = 10_000
# Normalisations whose statistics are taken over the picture; a batch's are kept with the weights.
OVER_THE_PICTURE = ("InstanceNormalization", "LayerNormalization")


@dataclass(frozen=True)
class Node:
    """One operation.

    kind: the name of a Keras layer's class, or of one of `networks/layers.py`; "InputLayer" for what it is made of.
    inputs: names of the nodes it works on. settings: what of the layer's configuration its arithmetic depends on.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A generator, (batch, height, width, 3) in [-1, 1] -> the same. Every node comes after its inputs.

    A generator of characters takes rows of random numbers instead; `multiple`, `reach` and the memory that a pixel
    takes say nothing of it.
    """

    nodes: tuple[Node, ...]

    @property
    def multiple(self) -> int:
        """Height and width must be multiples of this: the coarsest resolution in the network."""
        return int(max(step for step, _, _ in self._walk().values()))

    @property
    def reach(self) -> int:
        """How many pixels away from an output pixel its value may still depend on the photo, normalisation aside."""
        return int(max(reach for _, reach, _ in self._walk().values()))

    @property
    def normalised(self) -> tuple[str, ...]:
        """Names of the normalisations whose statistics are taken over the picture."""
        return tuple(node.name for node in self.nodes if node.kind in OVER_THE_PICTURE)

    @property
    def live_channels(self) -> float:
        """Values per pixel of the photo that are in memory at the same time, at the worst moment."""
        found = self._walk()
        needed = Counter(name for node in self.nodes for name in node.inputs)
        live, most = 0.0, 0.0
        for node in self.nodes:
            step, _, channels = found[node.name]
            live += channels / step**2
            most = max(most, live)
            for name in node.inputs:
                needed[name] -= 1
                if not needed[name]:
                    live -= found[name][2] / found[name][0] ** 2
        return most

    @property
    def keeps_shape(self) -> bool:
        """Whether pictures of three channels become pictures of the same size."""
        step, _, channels = self._walk()[self.nodes[-1].name]
        return step == 1 and channels == 3

    def weight_shapes(self) -> dict[str, list[tuple[int, ...]]]:
        """{node: shapes of its weights in Keras' order}, of those that have any; a convolution's bias is the last."""
        walked, found = self._walk(), {}
        for node in self.nodes:
            if not node.inputs:
                continue
            before, after = walked[node.inputs[0]][2], walked[node.name][2]
            kernel, multiplier = tuple(node.settings.get("kernel_size", ())), node.settings.get("depth_multiplier", 1)
            shapes: dict[str, list[tuple[int, ...]]] = {
                "Conv2D": [(*kernel, before, after), (after,)],
                "Conv2DTranspose": [(*kernel, after, before), (after,)],
                "DepthwiseConv2D": [(*kernel, before, multiplier), (after,)],
                "SeparableConv2D": [(*kernel, before, multiplier), (1, 1, before * multiplier, after), (after,)],
                "InstanceNormalization": [(after,), (after,)],
                "LayerNormalization": [(after,), (after,)],
                "BatchNormalization": [(after,), (after,), (1, 1, 1, after), (1, 1, 1, after)],
            }
            if node.kind in shapes:
                found[node.name] = shapes[node.kind]
        return found

    def _walk(self) -> dict[str, tuple[float, float, int]]:
        """{node: (pixels of the photo per step of its map, reach in pixels, channels)}."""
        found: dict[str, tuple[float, float, int]] = {}
        for node in self.nodes:
            given = [found[name] for name in node.inputs] or [(1.0, 0.0, 3)]
            step, reach, channels = given[0][0], max(reach for _, reach, _ in given), given[0][2]
            settings = node.settings
            if "kernel_size" in settings:
                reach += max(settings["kernel_size"]) // 2 * max(settings.get("dilation_rate", [1])) * step
                channels = settings.get("filters", channels * settings.get("depth_multiplier", 1))
            if "pool_size" in settings:
                reach += (max(settings["pool_size"]) - 1) * step
            if node.kind == "Conv2DTranspose":
                step = step / max(settings["strides"])
            elif "strides" in settings:
                step = step * max(settings["strides"])
            elif node.kind == "UpSampling2D":
                reach += step if settings["interpolation"] == "bilinear" else 0
                step = step / max(settings["size"])
            elif node.kind == "Concatenate":
                channels = sum(channels for _, _, channels in given)
            elif node.kind == "Reshape":
                channels = settings["target_shape"][-1]
            elif node.kind == "GatedLinearUnit":
                channels //= 2
            found[node.name] = (step, reach, channels)
        return found


def to_json(graph: Graph) -> str:
    """The text of `graph.json`."""
    return json.dumps({"nodes": [asdict(node) for node in graph.nodes]}, indent=1, ensure_ascii=False) + "\n"


def read(folder: Path | str) -> Graph | None:
    """The graph that a style's folder holds, or None if it has none (written by an older version)."""
    path = Path(folder, GRAPH_FILE)
    if not path.exists():
        return None
    listed = json_files.read(path, WHAT).get("nodes")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_NODES:
        raise UserError(f"{path}: not {WHAT} ('nodes' is {shown(listed)}; accepted: a list of 1 to {MOST_NODES})")
    nodes: list[Node] = []
    seen: set[str] = set()
    for number, item in enumerate(listed):
        node = _node(path, number, item)
        if not seen.issuperset(node.inputs) or node.name in seen:
            raise UserError(f"{path}: not {WHAT} ({shown(node.name)} comes before one of its inputs, or twice)")
        seen.add(node.name)
        nodes.append(node)
    return Graph(tuple(nodes))


def _node(path: Path, number: int, item: object) -> Node:
    """One node out of the file, with every setting checked."""
    wrong = json_files.faults(item, NODE) if isinstance(item, dict) else [f"{shown(item)}; it must be an object"]
    if wrong or not isinstance(item, dict):
        raise UserError(f"{path}: not {WHAT} (node {number}: {wrong[0]})")
    settings = item["settings"]
    for name, value in settings.items():
        if name in SETTINGS and not SETTINGS[name].accepts(value):
            raise UserError(
                f"{path}: not {WHAT} ({name} of {shown(item['name'])} is {shown(value)}; accepted: "
                f"{SETTINGS[name].words})"
            )
    return Node(item["name"], item["kind"], tuple(item["inputs"]), settings)


# Of numbers that pictures are brought to a network's scale by: one, or one for each channel.
NUMBERS = json_files.within(-1e6, 1e6, json_files.NUMBER)
SCALING = Kind(
    "numbers", lambda value: all(NUMBERS.accepts(each) for each in (value if isinstance(value, list) else [value]))
)
WHAT = "a network's description"
NODE = {
    "name": Field(json_files.TEXT),
    "kind": Field(json_files.TEXT),
    "inputs": Field(several(json_files.TEXT)),
    "settings": Field(json_files.OBJECT),
}
SETTINGS = {
    "kernel_size": several(within(1, 64), 2),
    "strides": several(within(1, 16), 2),
    "dilation_rate": several(within(1, 64), 2),
    "size": several(within(1, 16), 2),
    "pool_size": several(within(1, 16), 2),
    "filters": within(1, 8192),
    "units": within(1, 1_000_000),
    "target_shape": several(within(1, 8192), 3),
    "depth_multiplier": within(1, 64),
    "before": within(0, 64),
    "after": within(0, 64),
    "negative_slope": within(0, 1, json_files.NUMBER),
    "epsilon": within(0, 1, json_files.NUMBER),
    "reach": within(0, 1, json_files.NUMBER),
    "scale": SCALING,
    "offset": SCALING,
    "padding": one_of("same", "valid"),
    "interpolation": one_of("nearest", "bilinear"),
    "activation": one_of("linear", "relu", "tanh", "sigmoid", "silu", "leaky_relu"),
}
