"""What a style's network would gain and lose in 8 bits, quantised by OpenVINO's own calibration (NNCF): a trial.

    pip install -r requirements.txt 'nncf>=3,<4'
    python benchmarks/eight_bits.py --photos DIR [--style cel] [--calls 15]

Every fifth photo is kept for looking, and the others calibrate. Each precision is compared with float32: how near its
pictures are in decibels, and the processor time of a call, all in one run. `--out` writes the worst three pictures in
8 bits beside the photo and float32.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime.base import private_imports
from japananime.image import files as image_files
from japananime.inference import openvino_graph
from japananime.styles import folder as style_folder
from japananime.styles import weights as style_weights

HEIGHT, WIDTH = 352, 512
openvino = private_imports.openvino()


def photo(path):
    """A photo as the network takes it, uint8 (1, height, width, 3)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))[None]


def networks(style, calibrating):
    """{precision: compiled network} of a style."""
    import nncf

    weights = style_weights.read(style.weights)
    model = openvino_graph.build(style.graph(), weights, openvino_graph.OWN, (1, HEIGHT, WIDTH, 3))
    given = nncf.Dataset(calibrating, photo)
    eight = nncf.quantize(model, given, preset=nncf.QuantizationPreset.MIXED, subset_size=len(calibrating))
    core = openvino.Core()
    wanted = {"float32": (model, "f32"), "8 bits": (eight, "f32")}
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        wanted["bfloat16"] = (model, "bf16")
    return {
        name: core.compile_model(made, "CPU", {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"})
        for name, (made, hint) in wanted.items()
    }


def main():
    """Measure, print, and write the worst pictures if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=ROOT / "Pretrain" / "origin", metavar="DIR", help="photos")
    parser.add_argument("--style", default=style_folder.DEFAULT, help="the style (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=15, help="calls that are timed (default %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a picture of the worst three")
    parsed = parser.parse_args()
    paths = image_files.find(parsed.photos)[0]
    seen, calibrating = paths[::5], [path for number, path in enumerate(paths) if number % 5]
    compiled = networks(style_folder.find(parsed.style), calibrating)
    print(f"{parsed.style}: {len(calibrating)} photos calibrate, {len(seen)} are looked at, {WIDTH}×{HEIGHT}")
    made = {name: [network(photo(path))[0] for path in seen] for name, network in compiled.items()}
    times = {name: [] for name in compiled}
    for _ in range(parsed.calls):
        for name, network in compiled.items():
            began = time.process_time()
            network(photo(seen[0]))
            times[name].append(time.process_time() - began)
    base = np.median(times["float32"])
    for name, pictures in made.items():
        away = [np.mean((one.astype(float) - two) ** 2) for one, two in zip(pictures, made["float32"], strict=True)]
        near = 10 * np.log10(255**2 / np.maximum(away, 1e-3))
        taken = np.median(times[name])
        print(
            f"  {name}: {taken / base:.2f} of float32's {base:.3f} s, {near.mean():.1f} dB, {near.min():.1f} at worst"
        )
    if parsed.out:
        nearness = [np.mean((a.astype(float) - b) ** 2) for a, b in zip(made["8 bits"], made["float32"], strict=True)]
        worst = np.argsort(nearness)[-3:]
        rows = [np.concatenate([photo(seen[n]), made["float32"][n], made["8 bits"][n]], axis=2)[0] for n in worst]
        Image.fromarray(np.concatenate(rows)).save(parsed.out)


if __name__ == "__main__":
    main()
