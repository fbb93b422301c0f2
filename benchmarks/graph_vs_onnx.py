"""The form that a style is kept in: `graph.json`, built anew in OpenVINO's operations, against an ONNX file read by it.

    python benchmarks/graph_vs_onnx.py [--style cel portraits ...] [--size 640x360] [--pictures 6] [--rounds 5]

Each style's network stands in both forms in one process: the graph with its weights, and the file that `export --to
onnx` writes, its weights in half precision as the style has them. A network that normalises whole pictures is given
statistics from outside, as for tiles and films: in the file the means are found and taken out after it has been read.
Printed are bytes on the disk, seconds of all processors until the first picture is there and for one more (the median
of the ratios of rounds in turns, which another's work on the machine moves least), and how far the pictures differ.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime.inference import onnx_graph, openvino_graph
from japananime.inference.openvino_backend import PRECISIONS, OpenVinoNetwork, has_bfloat16
from japananime.inference.openvino_core import core, openvino
from japananime.inference.openvino_graph import GIVEN, ops
from japananime.styles import folder as style_folder
from japananime.styles import weights as style_weights


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", nargs="+", default=["cel", "watercolor", "people"])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--pictures", type=int, default=6, help="in a round (default 6)")
    parser.add_argument("--rounds", type=int, default=5, help="in turns (default 5)")
    parsed = parser.parse_args()
    width, height = (int(side) // 16 * 16 for side in parsed.size.split("x"))
    with Image.open(ROOT / "Pretrain" / "origin" / "raccoon.jpg") as image:
        photo = np.asarray(image.convert("RGB").resize((width, height)))[None]
    for name in parsed.style:
        for precision in ("float32", *(["bfloat16"] if has_bfloat16() else [])):
            compare(style_folder.find(name), precision, photo, parsed)


def compare(style, precision, photo, parsed):
    """Print what both forms of a style cost."""
    graph, weights = style.graph(), style_weights.read(style.weights)
    measured = OpenVinoNetwork(graph, style.weights, precision).measure(photo)
    given = [value for layer in graph.normalised for value in measured[layer]]
    file = halved(onnx_graph.build(graph, weights)).SerializeToString()
    ready, forms = {}, {}
    for name, build in (
        ("graph", lambda: openvino_graph.build(graph, weights, GIVEN, photo.shape)),
        ("onnx", lambda: opened(file, graph, photo.shape)),
    ):
        started = time.process_time()
        hints = {"INFERENCE_PRECISION_HINT": PRECISIONS[precision], "PERFORMANCE_HINT": "LATENCY"}
        request = core().compile_model(build(), "CPU", hints).create_infer_request()
        forms[name] = lambda request=request: next(iter(request.infer([photo, *given]).values()))
        forms[name]()
        ready[name] = time.process_time() - started
    pictures = {name: draw().astype(int) for name, draw in forms.items()}
    rounds = [{name: taken(draw, parsed.pictures) for name, draw in forms.items()} for _ in range(parsed.rounds)]
    ratio = statistics.median(one["onnx"] / one["graph"] for one in rounds)
    away = np.abs(pictures["graph"] - pictures["onnx"])
    own = sum(path.stat().st_size for path in (style.weights, style.weights.with_name("graph.json")))
    print(
        f"{style.title} {precision}: {own / 1e6:.2f} MB, onnx {len(file) / 1e6:.2f} MB; until the first picture "
        f"{ready['graph']:.2f} s, onnx {ready['onnx']:.2f} s; a picture "
        f"{statistics.median(one['graph'] for one in rounds):.3f} s, onnx / graph {ratio:.2f}; "
        f"{away.max()} levels at most, {1e6 * np.mean(away > 0):.0f} values of a million differ",
        flush=True,
    )


def halved(model):
    """An ONNX model with its larger tensors in half precision, each made float32 again where it is used."""
    tensors, casts = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 1:
            casts.append(helper.make_node("Cast", [f"{tensor.name}_half"], [tensor.name], to=TensorProto.FLOAT))
            tensor = numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}_half")
        tensors.append(tensor)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(tensors)
    model.graph.node.extend(nodes)
    return model


def opened(file, graph, shape):
    """An openvino.Model of an ONNX file, bytes in and out, with the statistics of its normalisations as inputs."""
    model = core().read_model(file)
    model.reshape(shape)
    means = [node for node in model.get_ordered_ops() if node.get_type_name() == "ReduceMean"]
    assert len(means) == 2 * len(graph.normalised)
    parameters = []
    for node in sorted(means, key=lambda node: int(node.get_friendly_name().split("_")[-1])):
        size = int(np.prod(node.get_output_shape(0)))
        parameter = ops.parameter([size], np.float32)
        as_map = ops.reshape(parameter, [1, size, 1, 1], special_zero=False)
        for place in node.output(0).get_target_inputs():
            place.replace_source_output(as_map.output(0))
        parameters.append(parameter)
    model.add_parameters(parameters)
    steps = openvino.preprocess.PrePostProcessor(model)
    steps.input(0).tensor().set_element_type(openvino.Type.u8)
    steps.input(0).preprocess().convert_element_type(openvino.Type.f32).scale(127.5).mean(1.0)
    steps.output(0).postprocess().custom(as_levels)
    return steps.build()


def as_levels(picture):
    """The node that gives -1 to 1 as bytes."""
    levels = ops.multiply(ops.add(picture, np.float32(1.0)), np.float32(127.5))
    return ops.convert(ops.clamp(ops.round(levels, "half_to_even"), 0.0, 255.0), np.uint8).output(0)


def taken(work, times):
    """Seconds of all processors that some work takes, once of so many times."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times


if __name__ == "__main__":
    main()
