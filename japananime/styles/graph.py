"""A generator as a plain list of operations, which any engine can build: no Keras, nothing executable.

A style carries it as `graph.json` beside its weights.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from japananime.base.errors import UserError, reason

GRAPH_FILE = "graph.json"


@dataclass(frozen=True)
class Node:
    """One operation.

    kind: the name of a Keras layer's class, or of one of `networks/layers.py`; "InputLayer" for the photo.
    inputs: names of the nodes it works on. settings: what of the layer's configuration its arithmetic depends on.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    settings: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A generator, (batch, height, width, 3) in [-1, 1] -> the same. Every node comes after its inputs."""

    nodes: tuple[Node, ...]

    @property
    def multiple(self):
        """Height and width must be multiples of this: the coarsest resolution in the network."""
        return max(step for step, _, _ in self._walk().values())

    @property
    def reach(self):
        """How many pixels away from an output pixel its value may still depend on the photo, normalisation aside."""
        return int(max(reach for _, reach, _ in self._walk().values()))

    @property
    def normalised(self):
        """Names of the normalisations whose statistics are taken over the picture."""
        return tuple(node.name for node in self.nodes if node.kind.endswith("Normalization"))

    @property
    def live_channels(self):
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

    def _walk(self):
        """{node: (pixels of the photo per step of its map, reach in pixels, channels)}."""
        found = {}
        for node in self.nodes:
            given = [found[name] for name in node.inputs] or [(1, 0, 3)]
            step, reach, channels = given[0][0], max(reach for _, reach, _ in given), given[0][2]
            settings = node.settings
            if "kernel_size" in settings:
                reach += max(settings["kernel_size"]) // 2 * max(settings.get("dilation_rate", [1])) * step
                channels = settings.get("filters", channels)
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
            found[node.name] = (step, reach, channels)
        return found


def to_json(graph):
    """The text of `graph.json`."""
    return json.dumps({"nodes": [asdict(node) for node in graph.nodes]}, indent=1, ensure_ascii=False) + "\n"


def read(folder):
    """The graph that a style's folder holds, or None if it has none (written by an older version)."""
    path = Path(folder, GRAPH_FILE)
    if not path.exists():
        return None
    try:
        nodes = [
            Node(str(node["name"]), str(node["kind"]), tuple(node["inputs"]), dict(node["settings"]))
            for node in json.loads(path.read_text(encoding="utf-8"))["nodes"]
        ]
        seen = set()
        for node in nodes:
            if not seen.issuperset(node.inputs) or node.name in seen:
                raise ValueError(f"'{node.name}' comes before one of its inputs, or twice")
            seen.add(node.name)
        if not nodes:
            raise ValueError("no nodes")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: not a network's description ({reason(error)})") from error
    return Graph(tuple(nodes))
