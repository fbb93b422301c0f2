"""Speed, start-up and memory of stylising, each as a ratio of two things measured in one run on this machine.

    pip install -r requirements.txt -r benchmarks/requirements.txt
    python benchmarks/stylize.py [PART ...] [--rounds 3] [--precision auto]

published: the published-width generator on a 1080p picture: ours, PyTorch eager in float32, PyTorch compiled in
    bfloat16, and the machine's own peak at a 3x3 convolution in the same precision, on small maps and on maps as large
    as this picture's. First as published, then without normalisation and as a change to the photo, as the bundled
    style of that width has it.
light: the bundled style on a 1080p picture against a network of AnimeGANv2's size in PyTorch.
finish: what crisp edges and tones take of a 1080p picture that is drawn twice, beside the network.
start: from a cold start to a finished 512x512 picture, whole processes, against the same through TensorFlow.
large: the same for a photo of 12 megapixels.
memory: largest memory of a process that makes an 8K picture.
quality: the bundled style in bfloat16 against float32, on every photo in Pretrain/origin, in decibels.

Compiled PyTorch needs a C++ compiler. Weights do not change the time, so the published networks have random ones.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PARTS = ("published", "light", "finish", "start", "large", "memory", "quality")
HEIGHT, WIDTH = 1080, 1920
# Of the chain whose speed counts as a convolution's.
LAYERS = 16
# (channels, height, width) of maps small enough to stay near the processor: the peak is the best of them.
PEAK_SHAPES = ((256, 128, 128), (512, 64, 64), (256, 64, 64))


def picture(height, width):
    """A photo of Pretrain/origin at some size."""
    from PIL import Image

    with Image.open(ROOT / "Pretrain" / "origin" / "raccoon.jpg") as photo:
        return np.asarray(photo.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def seconds(work, rounds):
    """Median time of a call after one that warms up."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def compare(title, ours, theirs):
    """Print how many times as long each of theirs takes."""
    print(f"{title}: ours {ours:.2f} s")
    for name, taken in theirs.items():
        print(f"  {name}: {taken:.2f} s, {taken / ours:.2f} times as long as ours")


def published_style(folder, **recipe):
    """A style of the published generator with random weights; recipe: what of it is not as published."""
    from japananime.networks import residual_generator
    from japananime.styles import generators
    from japananime.training.program import Exportable

    generators.save(folder, Exportable("residual", recipe, residual_generator.build(**recipe)), name="published")
    return folder


def convolution_speed(precision, rounds, channels, height, width):
    """GFLOP a second of a chain of 3x3 convolutions through the same engine."""
    from japananime.base import private_imports

    openvino = private_imports.openvino()
    ops = openvino.opset13

    hint = {"INFERENCE_PRECISION_HINT": {"bfloat16": "bf16", "float32": "f32"}[precision]}
    # Channels last, as convolutions take and leave them, so that no time is spent on turning them round.
    parameter = ops.parameter([1, height, width, channels], np.float32)
    x = ops.transpose(parameter, [0, 3, 1, 2])
    for _ in range(LAYERS):
        kernel = np.full((channels, channels, 3, 3), 0.01, np.float32)
        x = ops.convolution(x, ops.constant(kernel), [1, 1], [1, 1], [1, 1], [1, 1])
    x = ops.reduce_mean(x, [2, 3], True)
    request = openvino.Core().compile_model(openvino.Model([x], [parameter]), "CPU", hint).create_infer_request()
    given = [np.zeros((1, height, width, channels), np.float32)]
    taken = seconds(lambda: request.infer(given, share_inputs=True), rounds)
    return LAYERS * 2 * 9 * channels**2 * height * width / taken / 1e9


def operations(graph, height, width):
    """Floating-point operations of a network's convolutions on a picture."""
    weights = {"Conv2D", "Conv2DTranspose"}
    total, sizes = 0, {}
    for node in graph.nodes:
        step, channels = sizes[node.inputs[0]] if node.inputs else (1, 3)
        if node.kind in weights:
            stride, filters = node.settings["strides"][0], node.settings["filters"]
            at = step if node.kind == "Conv2DTranspose" else step * stride
            total += 2 * np.prod(node.settings["kernel_size"]) * channels * filters * height * width / at**2
            step = step / stride if node.kind == "Conv2DTranspose" else at
            channels = filters
        elif node.kind == "UpSampling2D":
            step = step / node.settings["size"][0]
        sizes[node.name] = (step, channels)
    return float(total)


def torch_residual(normalised=True):
    """The published generator in PyTorch, or the same unnormalised and as a change to the photo."""
    import torch
    from torch import nn

    def norm(channels):
        return nn.InstanceNorm2d(channels, affine=True) if normalised else nn.Identity()

    def convolution(inputs, outputs, kernel=3):
        return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=not normalised)

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.change = nn.Sequential(
                convolution(256, 256), norm(256), nn.ReLU(inplace=True), convolution(256, 256), norm(256)
            )

        def forward(self, x):
            return x + self.change(x)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [convolution(3, 64, 7), norm(64), nn.ReLU(inplace=True), *down(64, 128), *down(128, 256)]
            layers += [Residual() for _ in range(8)]
            self.layers = nn.Sequential(*layers, *up(256, 128), *up(128, 64), nn.Conv2d(64, 3, 7, padding=3))

        def forward(self, x):
            change = self.layers(x)
            return torch.tanh(change if normalised else change + torch.atanh(0.92 * x))

    def down(inputs, outputs):
        yield nn.Conv2d(inputs, outputs, 3, 2, 1)
        yield convolution(outputs, outputs)
        yield norm(outputs)
        yield nn.ReLU(inplace=True)

    def up(inputs, outputs):
        yield nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1)
        yield convolution(outputs, outputs)
        yield norm(outputs)
        yield nn.ReLU(inplace=True)

    return Generator().eval()


def torch_animegan2():
    """A network of AnimeGANv2's published widths and order of layers, 2.1 M parameters, in PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional

    def block(inputs, outputs, kernel=3, stride=1, groups=1):
        return nn.Sequential(
            nn.ReflectionPad2d(kernel // 2),
            nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False),
            nn.GroupNorm(1, outputs),
            nn.LeakyReLU(0.2, inplace=True),
        )

    class Inverted(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            middle = 2 * inputs
            self.layers = nn.Sequential(
                block(inputs, middle, 1),
                block(middle, middle, 3, groups=middle),
                nn.Conv2d(middle, outputs, 1, bias=False),
                nn.GroupNorm(1, outputs),
            )
            self.adds = inputs == outputs

        def forward(self, x):
            return x + self.layers(x) if self.adds else self.layers(x)

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.enter = nn.Sequential(block(3, 32, 7), block(32, 64, stride=2), block(64, 64))
            self.down = nn.Sequential(block(64, 128, stride=2), block(128, 128), block(128, 128))
            self.middle = nn.Sequential(Inverted(128, 256), *(Inverted(256, 256) for _ in range(3)), block(256, 128))
            self.at_half = nn.Sequential(block(128, 128), block(128, 128))
            self.at_full = nn.Sequential(
                block(128, 64), block(64, 64), block(64, 32, 7), nn.Conv2d(32, 3, 1), nn.Tanh()
            )

        def forward(self, x):
            x = self.middle(self.down(self.enter(x)))
            x = self.at_half(functional.interpolate(x, scale_factor=2, mode="bilinear"))
            return self.at_full(functional.interpolate(x, scale_factor=2, mode="bilinear"))

    network = Generator().eval()
    count = sum(parameter.numel() for parameter in network.parameters())
    print(f"  the rival has {count / 1e6:.2f} M parameters (AnimeGANv2: 2.14 M)")
    assert torch.float32 == next(network.parameters()).dtype
    return network


def torch_seconds(network, rgb, rounds):
    """{way of running it: seconds}: uint8 in, uint8 out, as its users run it."""
    import copy

    import torch

    def run(model, dtype):
        def call():
            with torch.inference_mode():
                x = torch.from_numpy(rgb[None]).permute(0, 3, 1, 2).to(dtype) / 127.5 - 1
                return ((model(x).float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()

        return call

    fast = torch.compile(copy.deepcopy(network).to(torch.bfloat16).to(memory_format=torch.channels_last))
    return {
        "PyTorch eager, float32": seconds(run(network, torch.float32), rounds),
        "PyTorch compiled, bfloat16": seconds(run(fast, torch.bfloat16), rounds),
    }


def published(parsed):
    """The published generator at 1080p, with its normalisation and without."""
    from japananime.inference import loading
    from japananime.styles import folder as style_folder

    rgb, peak = picture(HEIGHT, WIDTH), None
    for title, recipe in (("", {}), (" without normalisation", {"normalisation": "none", "output": "change"})):
        with tempfile.TemporaryDirectory() as folder:
            style = style_folder.find(published_style(Path(folder), **recipe))
            engine = loading.load(style, "openvino", parsed.precision, 10**11, drawn_at=0)
            ours = seconds(lambda engine=engine: engine(rgb), parsed.rounds)
            speed = operations(style.graph(), HEIGHT, WIDTH) / ours / 1e9
        precision = engine.network.precision
        theirs = torch_seconds(torch_residual(normalised=not recipe), rgb, parsed.rounds)
        compare(f"published width{title}, 1080p, {precision}", ours, theirs)
        if not peak:
            peak = max(convolution_speed(precision, parsed.rounds, *shape) for shape in PEAK_SHAPES)
            wide = convolution_speed(precision, parsed.rounds, 256, HEIGHT // 4, WIDTH // 4)
        print(
            f"  {speed:.0f} GF/s, {speed / peak:.0%} of the machine's own convolution peak of {peak:.0f} GF/s, and "
            f"{speed / wide:.0%} of what a chain of them reaches on maps as large as this picture's, {wide:.0f} GF/s"
        )


def light(parsed):
    """The bundled style at 1080p."""
    from japananime.inference import loading
    from japananime.styles import folder as style_folder

    rgb = picture(HEIGHT, WIDTH)
    engine = loading.load(style_folder.find(style_folder.DEFAULT), "openvino", parsed.precision, drawn_at=0)
    ours = seconds(lambda: engine(rgb), parsed.rounds)
    theirs = torch_seconds(torch_animegan2(), rgb, parsed.rounds)
    compare(f"bundled style '{style_folder.DEFAULT}', 1080p, {engine.network.precision}", ours, theirs)


def finish(parsed):
    """What goes between the two passes and after them."""
    from japananime.image import shock_filter, tone_transfer
    from japananime.inference import loading
    from japananime.styles import folder as style_folder

    rgb, small = picture(HEIGHT, WIDTH), picture(HEIGHT // 2, WIDTH // 2)
    engine = loading.load(style_folder.find(style_folder.DEFAULT), "openvino", parsed.precision)
    whole = seconds(lambda: engine(rgb), parsed.rounds)
    for name, work in {
        "crisp edges": lambda: shock_filter.crispen(rgb),
        "tones": lambda: tone_transfer.keep(rgb, (small, small)),
    }.items():
        taken = seconds(work, parsed.rounds)
        print(f"{name}, 1080p: {taken:.2f} of {whole:.2f} s for the whole picture, {taken / whole:.2f} of it")


def start(parsed):
    """Whole processes that make one small picture."""
    compare("cold start to a finished 512x512 picture", *whole_processes(512, 512, parsed.rounds))


def large(parsed):
    """Whole processes that make one large picture."""
    compare(
        "cold start to a finished picture of 12 megapixels (4000x3000)", *whole_processes(3000, 4000, parsed.rounds)
    )


def whole_processes(height, width, rounds):
    """(seconds, {other way: seconds}) of the command making one picture."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder, "photo.jpg")
        Image.fromarray(picture(height, width)).save(photo, quality=95)
        command = [sys.executable, "-m", "japananime.stylize", "--in", str(photo), "--boldness", "0"]

        def run(engine):
            out = str(Path(folder, f"{engine}.jpg"))
            subprocess.run([*command, "--out", out, "--engine", engine], cwd=ROOT, check=True, capture_output=True)

        ours, theirs = (seconds(lambda engine=engine: run(engine), rounds) for engine in ("openvino", "tensorflow"))
    return ours, {"through TensorFlow": theirs}


# The kernel's own mark of this program: getrusage's counts what the parent held when it forked.
CHILD = """
import sys
from pathlib import Path
import numpy as np
from japananime.inference import loading as engines
from japananime.styles import folder as style_folder
rgb = np.random.default_rng(0).integers(0, 256, (4320, 7680, 3), dtype=np.uint8)
made = engines.load(style_folder.find(sys.argv[1]), "openvino", "auto", int(sys.argv[2]))(rgb)
assert made.shape == rgb.shape
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) * 1024 / 1e9)
"""


def memory(_):
    """Processes that make an 8K picture in tiles."""
    from japananime.styles import folder as style_folder

    with tempfile.TemporaryDirectory() as folder:
        wanted = {"published width": (published_style(Path(folder)), 1_000_000_000)}
        wanted[f"bundled style '{style_folder.DEFAULT}'"] = (style_folder.DEFAULT, 500_000_000)
        for name, (style, limit) in wanted.items():
            found = subprocess.run(
                [sys.executable, "-c", CHILD, str(style), str(limit)],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            )
            print(
                f"8K picture, {name}, --max-memory {limit / 1e9:g}G: {float(found.stdout):.2f} GB for the whole process"
            )


def quality(_):
    """The shorter numbers against the longer ones."""
    from japananime.image import files as image_files
    from japananime.inference import loading
    from japananime.styles import folder as style_folder

    style = style_folder.find(style_folder.DEFAULT)
    short, long = (loading.load(style, "openvino", precision) for precision in ("bfloat16", "float32"))
    found = {}
    for path in image_files.find(ROOT / "Pretrain" / "origin")[0]:
        photo = image_files.read_rgb(path)
        away = short(photo).astype(np.float64) - long(photo)
        found[path.name] = 10 * np.log10(255**2 / max(np.mean(away**2), 1e-9)), np.abs(away).max()
    print(f"bundled style '{style_folder.DEFAULT}', bfloat16 against float32")
    for name, (decibels, levels) in found.items():
        print(f"  {name}: {decibels:.1f} dB, at most {levels:.0f} levels of 255")
    print(f"  the worst: {min(decibels for decibels, _ in found.values()):.1f} dB (aim: 40)")


def main():
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure ({', '.join(PARTS)}; default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="calls that the median is taken of (default 3)")
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="ours, in published and light (default: what the processor is fast at)",
    )
    parsed = parser.parse_args()
    unknown = set(parsed.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}; accepted: {', '.join(PARTS)}")
    for part in parsed.parts or PARTS:
        globals()[part](parsed)


if __name__ == "__main__":
    main()
