"""What KID, Fréchet distance and CMMD's say of two sets that are alike, by how many pictures there are.

    pip install -r requirements.txt
    python benchmarks/few_pictures.py --pictures faces [--features vgg19] [--times 40] [--plot few.png]

Pictures of one folder are dealt into two heaps again and again; of one source, they are at no distance from each other.
What a score says besides is its bias; how far it scatters from deal to deal is what one score of so few can be trusted.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from japananime.base.jobs import progress_bar
from japananime.evaluation import keras_features, working_size
from japananime.evaluation.set_statistics import SetStatistics
from japananime.image import files as image_files
from japananime.perception import metrics


def look(network, paths):
    """(Fréchet's features, KID's features), a point a picture."""
    statistics = SetStatistics()
    with progress_bar(len(paths), "picture") as bar:
        for path in paths:
            statistics.look(network, working_size.bring(image_files.read_rgb(path)))
            bar.update()
    kernel = statistics.points
    scale = np.sqrt(np.mean(kernel**2)) if network.scaled else 1.0
    return np.stack([cloud.mean(axis=0) for cloud in statistics.frechet]), kernel / scale


def deal(points, count, random):
    """Two heaps of `count` points, none in both."""
    places = random.permutation(len(points))[: 2 * count]
    return points[places[:count]], points[places[count:]]


def measure(frechet, kernel, counts, times):
    """{score: {count: its values}}."""
    random = np.random.default_rng(0)
    scores = {
        "KID": (kernel, metrics.squared_discrepancy),
        "CMMD's": (metrics.unit_length(kernel), lambda *two: metrics.squared_discrepancy(*two, metrics.gaussian)),
        "Fréchet": (frechet, metrics.frechet_distance),
    }
    return {
        name: {count: [score(*deal(points, count, random)) for _ in range(times)] for count in counts}
        for name, (points, score) in scores.items()
    }


def draw(found, path):
    """A panel for each score: the mean of all deals, and between which values 95 of 100 lie."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    for axis, (name, by_count) in zip(figure.subplots(1, len(found)), found.items(), strict=True):
        counts, largest = list(by_count), max(np.mean(values) for values in by_count.values())
        unit = max(largest, max(np.std(values) for values in by_count.values()))
        low, high = np.transpose([np.quantile(values, (0.025, 0.975)) for values in by_count.values()]) / unit
        axis.fill_between(counts, low, high, alpha=0.25)
        axis.plot(counts, [np.mean(values) / unit for values in by_count.values()], marker=".")
        axis.axhline(0.0, color="black", lw=0.8)
        axis.set_title(f"{name}, truth: 0")
        axis.set_xlabel("pictures in each set")
    figure.savefig(path, dpi=90)


def main():
    """Look at the pictures once, deal them often, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", required=True, metavar="DIR", help="pictures of one source, 100 or more")
    parser.add_argument("--features", default="vgg19", help="as evaluate takes it (default vgg19)")
    parser.add_argument("--times", type=int, default=40, help="how often they are dealt (default 40)")
    parser.add_argument("--plot", metavar="FILE", help="also a figure")
    parsed = parser.parse_args()
    paths = image_files.find(Path(parsed.pictures))[0]
    clouds = look(keras_features.asked_for(parsed.features, None), paths)
    counts = [count for count in (10, 20, 40, 80, 150, 300, 600) if 2 * count <= len(paths)]
    found = measure(*clouds, counts, parsed.times)
    print("mean ± deviation of a deal:")
    print("pictures".ljust(10), *(name.rjust(22) for name in found))
    for count in counts:
        cells = [f"{np.mean(values[count]):.4g} ± {np.std(values[count]):.2g}".rjust(22) for values in found.values()]
        print(str(count).ljust(10), *cells)
    if parsed.plot:
        draw(found, parsed.plot)


if __name__ == "__main__":
    main()
