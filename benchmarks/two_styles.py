"""How long one style takes beside another, on the same picture in turns.

    python benchmarks/two_styles.py [STYLE OTHER] [--precision float32] [--size 1920x1080] [--rounds 5]

prints the processor's name, the median seconds of either in one pass at full size, and their ratio in every round.
`ONEDNN_MAX_CPU_ISA=AVX2` before it shows what processors without AVX-512 and AMX do.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from film import processor

from japananime.inference.loading import PRECISIONS, EngineOptions
from japananime.styles import folder as style_folder


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("styles", nargs="*", default=["cel-fast", "cel"], help="two (default cel-fast and cel)")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="default float32")
    parser.add_argument("--size", default="1920x1080", help="of the picture (default 1920x1080)")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parsed = parser.parse_args()
    width, height = map(int, parsed.size.split("x"))
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    options = EngineOptions(precision=parsed.precision, drawn_at=0)
    engines = {name: options.load(style_folder.find(name)) for name in parsed.styles}
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for count in range(parsed.rounds + 1):
        for name, engine in engines.items():
            begin = time.perf_counter()
            engine(picture)
            if count:  # the first call makes ready
                seconds[name].append(time.perf_counter() - begin)
    print(f"processor: {processor()}; {parsed.precision}, {width}×{height}")
    for name, found in seconds.items():
        print(f"{name}: {statistics.median(found):.3f} s")
    first, second = seconds.values()
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    print("ratio:", ", ".join(f"{ratio:.3f}" for ratio in ratios))


if __name__ == "__main__":
    main()
