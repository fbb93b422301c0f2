"""What is kept of a set of pictures while each of them is looked at once, and the scores of one set beside others."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from japananime.evaluation import working_size
from japananime.evaluation.tables import SCORES, Row
from japananime.perception import metrics, neighbours


@dataclass
class SetStatistics:
    """What is kept of a set of pictures.

    clouds: features of every picture for Fréchet distance and for KID, (samples, channels) a picture.
    grams: sums of Gram matrices. own: scores of each picture alone; changes: of each picture against its photo.
    """

    pictures: int = 0
    frechet: list = field(default_factory=list)
    kernel: list = field(default_factory=list)
    grams: list = field(default_factory=list)
    own: list = field(default_factory=list)
    changes: list = field(default_factory=list)

    @property
    def points(self):
        """KID's features, one point for each picture: (pictures, channels)."""
        return np.stack([cloud.mean(axis=0) for cloud in self.kernel]).astype(np.float64)

    def look(self, network, picture):
        """Take in a picture at its working size; returns its squares and the maps of them that content is told by."""
        squares = working_size.cut(picture, max(1, network.squares))
        maps = network(picture, squares)
        self.pictures += 1
        self.frechet.append(maps[network.frechet].mean(axis=(1, 2)))
        self.kernel.append(maps[network.kernel].mean(axis=(1, 2)))
        found = [metrics.gram(maps[place]) for place in network.gram]
        self.grams = [a + b for a, b in zip(self.grams, found, strict=True)] if self.grams else found
        alone = [(metrics.edge_clarity(square), metrics.flat_share(square)) for square in squares]
        self.own.append(np.mean(alone, axis=0))
        return squares, maps[network.content]


def row(network, name, statistics, drawn, taken=None):
    """The line of a table on a set: its statistics beside those of the anime and, where there are any, of the photos.

    drawn, taken: the statistics of the anime and of the photos, each of which may be the set itself.
    """
    scores: dict[str, Any] = {}
    deviation, intervals = 0.0, {}
    if statistics is not drawn:
        scores["frechet_anime"], scores["kid_anime"], deviation = _distances(network, statistics, drawn)
        if network.gram:
            wanted, own = ([gram / part.pictures for gram in part.grams] for part in (drawn, statistics))
            scores["gram"] = metrics.gram_distance(own, wanted)
        intervals["kid_anime"] = _kid_interval(network, statistics, drawn)
        found, between = _by_picture(statistics, drawn)
        scores, intervals = scores | found, intervals | between
    if taken and statistics is not taken:
        scores["frechet_photos"], scores["kid_photos"], _ = _distances(network, statistics, taken)
        intervals["kid_photos"] = _kid_interval(network, statistics, taken)
    if statistics.changes:
        for key, values in _changes(statistics).items():
            scores[key], intervals[key] = float(np.mean(values)), metrics.mean_interval(values)
    scores["edge_clarity"], scores["flat_share"] = map(float, np.mean(statistics.own, axis=0))
    intervals |= zip(
        ("edge_clarity", "flat_share"), map(metrics.mean_interval, np.transpose(statistics.own)), strict=True
    )
    cloud = np.concatenate(statistics.frechet)
    scores["diversity"] = metrics.diversity(cloud)
    intervals["diversity"] = metrics.diversity_interval(cloud, together=max(1, network.squares))
    kept = {s.key: scores[s.key] for s in SCORES if s.key in scores}
    return Row(name, statistics.pictures, kept, deviation, {key: intervals[key] for key in kept if key in intervals})


def _by_picture(made, wanted):
    """(scores, intervals) for which each picture is one point."""
    found = neighbours.coverage(made.points, wanted.points)
    scores = {"precision": float(found.precision.mean()), "recall": float(found.recall.mean())}
    intervals = {key: metrics.mean_interval(getattr(found, key)) for key in scores}
    own, other = (metrics.unit_length(part.points) for part in (made, wanted))
    scores["gaussian_anime"] = 1000.0 * metrics.kernel_distance(own, other, kernel=metrics.gaussian)[0]
    low, high = metrics.kernel_interval(own, other, kernel=metrics.gaussian)
    return scores, intervals | {"gaussian_anime": (1000.0 * low, 1000.0 * high)}


def _changes(statistics):
    """{key: values} of pictures against their photos; of photos that are nowhere smooth, no lines are known."""
    found = dict(zip(("content", "color_drift", "smooth_lines"), np.transpose(statistics.changes), strict=True))
    known = {key: values[~np.isnan(values)] for key, values in found.items()}
    return {key: values for key, values in known.items() if len(values)}


def _kid_interval(network, made, wanted):
    low, high = metrics.kernel_interval(*_clouds(network, made, wanted), together=max(1, network.squares))
    return 1000.0 * low, 1000.0 * high


def _distances(network, made, wanted):
    """(Fréchet distance, KID ×1000, its deviation) between two SetStatistics, as the tables give them."""
    frechet = metrics.frechet_distance(np.concatenate(made.frechet), np.concatenate(wanted.frechet))
    kid, deviation = metrics.kernel_distance(*_clouds(network, made, wanted))
    return frechet / network.frechet_unit, 1000.0 * kid, 1000.0 * deviation


def _clouds(network, made, wanted):
    """What KID compares of two SetStatistics."""
    clouds = [np.concatenate(part.kernel).astype(np.float64) for part in (made, wanted)]
    if not network.scaled:
        return clouds
    scale = max(np.sqrt(np.mean(np.concatenate(clouds) ** 2)), np.finfo(np.float32).tiny)
    return [cloud / scale for cloud in clouds]
