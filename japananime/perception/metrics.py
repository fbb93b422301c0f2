"""How far pictures are from other pictures: plain arithmetic on arrays of features and of pixels.

docs/evaluation.md says what each score is good for and where it comes from.
"""

import numpy as np

from japananime.image.color import CHROMA, LUMA
from japananime.perception import neighbours

STEEPEST = 0.05  # share of a picture that is taken to be its edges
# How often pictures are drawn again for an interval, and which share of what comes out it holds.
TIMES, INTERVAL = 1000, (0.025, 0.975)
CMMD_WIDTH = 10.0  # of the Gaussian that CMMD is published with, for embeddings of length 1
FLAT_LEVELS = 2.0  # a neighbourhood whose levels spread less than this is flat
# Of lines drawn where a photo is smooth: the side and the spread of a smooth neighbourhood, the sides of the two means
# whose difference is detail, the quantile of it that is looked at, and the share of a photo that must be smooth.
SMOOTH_SIDE, SMOOTH_LEVELS, DETAIL_SIDES, MOST, LEAST_SMOOTH = 17, 3.0, (3, 9), 0.995, 0.03


def frechet_distance(first, second):
    """Fréchet distance between two clouds of points, each taken as a Gaussian.

    first, second: (samples, dimensions); two samples or more, as few or as many of them as there are dimensions.
    """
    first, second = (np.asarray(points, np.float64) for points in (first, second))
    for points in (first, second):
        if points.ndim != 2 or len(points) < 2:
            raise ValueError(f"a cloud of shape {points.shape} has no spread; (2 or more samples, dimensions) has")
    moments = [(points.mean(axis=0), np.atleast_2d(np.cov(points.T))) for points in (first, second)]
    return gaussian_frechet_distance(*moments[0], *moments[1])


def gaussian_frechet_distance(first_mean, first_covariance, second_mean, second_covariance):
    """|m - n|² + tr(A + B - 2 (AB)^(1/2)) of two Gaussians with means m, n and covariances A, B.

    means: (dimensions,). covariances: (dimensions, dimensions), symmetric; singular ones are welcome.
    """
    # AB is not symmetric, but has the eigenvalues of A^(1/2) B A^(1/2), which is: no complex numbers, nothing inverted.
    values, vectors = np.linalg.eigh(first_covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    product = root @ second_covariance @ root
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh((product + product.T) / 2), 0.0)).sum()
    apart = first_mean - second_mean
    distance = apart @ apart + np.trace(first_covariance) + np.trace(second_covariance) - 2.0 * shared
    return max(float(distance), 0.0)  # rounding may leave equal clouds a little below nothing


def cubic(first, second):
    """KID's kernel: (x·y / dimensions + 1)³ of each of one set with each of another."""
    return (first @ second.T / first.shape[1] + 1.0) ** 3


def gaussian(first, second, width=CMMD_WIDTH):
    """CMMD's kernel: exp(-|x - y|² / 2 width²) of each of one set with each of another."""
    return np.exp(-(neighbours.distances(first, second) ** 2) / (2.0 * width**2))


def unit_length(points):
    """Each point at the distance 1 from the origin, as CLIP's embeddings are compared; one that is at it stays."""
    points = np.asarray(points, np.float64)
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def kernel_distance(first, second, *, kernel=cubic, subsets=100, size=1000, seed=0):
    """KID: the mean of `squared_discrepancy` over random subsets, and its standard deviation between them.

    first, second: (samples, dimensions), two samples or more. Where neither set has more than `size` samples, one look
    at all of them takes the place of the subsets; the deviation is then 0.
    """
    first, second = (np.asarray(points, np.float64) for points in (first, second))
    if max(len(first), len(second)) <= size:
        return squared_discrepancy(first, second, kernel), 0.0
    random = np.random.default_rng(seed)
    size = min(size, len(first), len(second))
    found = [
        squared_discrepancy(
            first[random.choice(len(first), size, replace=False)],
            second[random.choice(len(second), size, replace=False)],
            kernel,
        )
        for _ in range(subsets)
    ]
    return float(np.mean(found)), float(np.std(found))


def kernel_interval(first, second, *, kernel=cubic, together=1, times=TIMES, most=2000, seed=0):
    """Between which values 95 of 100 discrepancies would lie if other pictures had been drawn: (low, high).

    By the bootstrap: pictures are drawn again with repetition; a pair of a sample and itself is left out, as it is in
    the estimate.
    first, second: (samples, dimensions), of which about `most` are taken. together: so many in a row are of a picture.
    """
    most -= most % together
    first, second = (np.asarray(points, np.float64)[:most] for points in (first, second))
    within = [kernel(points, points) for points in (first, second)]
    across = kernel(first, second)
    random, found = np.random.default_rng(seed), []
    for _ in range(times):
        counts = [len(points) // together for points in (first, second)]
        drawn = [np.bincount(random.integers(0, count, count), minlength=count) for count in counts]
        if any(max(weights) == count for weights, count in zip(drawn, counts, strict=True)):
            continue  # nothing but one picture, again and again
        a, b = (np.repeat(weights, together) for weights in drawn)
        among = sum(
            (weights @ values @ weights - weights**2 @ np.diag(values)) / (weights.sum() ** 2 - (weights**2).sum())
            for weights, values in zip((a, b), within, strict=True)
        )
        found.append(among - 2.0 * (a @ across @ b) / (a.sum() * b.sum()))
    return tuple(map(float, np.quantile(found, INTERVAL)))


def mean_interval(values, *, times=TIMES, seed=0):
    """Between which values 95 of 100 means would lie if other pictures had been drawn: (low, high), by the bootstrap.

    values: (pictures,).
    """
    values = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(values), (times, len(values)))
    return tuple(map(float, np.quantile(values[drawn].mean(axis=1), INTERVAL)))


def squared_discrepancy(first, second, kernel=cubic):
    """Squared maximum mean discrepancy under a kernel, without bias: it may be below 0.

    mean over i≠j of k(x_i, x_j) + mean over i≠j of k(y_i, y_j) - 2 mean of k(x_i, y_j).
    first, second: (samples, dimensions), two samples or more.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"sets of {len(first)} and {len(second)} samples; two or more are needed in each")

    def among(points):
        values = kernel(points, points)
        return (values.sum() - np.trace(values)) / (len(points) * (len(points) - 1))

    return float(among(first) + among(second) - 2.0 * kernel(first, second).mean())


def gram(features):
    """The channels' covariance over all places: which of them are strong together, wherever that is.

    features: (pictures, height, width, channels) -> (channels, channels), in the features' precision.
    """
    places = np.asarray(features)
    places = places.reshape(-1, places.shape[-1])
    places = places - places.mean(axis=0)
    return places.T @ places / len(places)


def gram_distance(made, wanted):
    """sum |a - b| / sum |b| over channel pairs, mean over layers. 0 is the same style; made and wanted are not alike.

    made, wanted: sequences of Gram matrices, one a layer.
    """
    tiny = np.finfo(np.float32).tiny  # where what is wanted is flat, so that nothing to nothing is 0
    return float(np.mean([np.abs(a - b).sum() / max(np.abs(b).sum(), tiny) for a, b in zip(made, wanted, strict=True)]))


def content_distance(made, photo):
    """mean |a - b| / mean |b| of the features of a picture and of the photo it was made of. 0: nothing has changed."""
    return float(np.abs(made - photo).mean() / max(np.abs(photo).mean(), np.finfo(np.float32).tiny))


def color_drift(made, photo):
    """mean |U - U'| and |V - V'| in levels: how far hues and their strength have moved from the photo's.

    made, photo: (..., 3) RGB in 0..255, of one shape.
    """
    difference = np.asarray(made, np.float32) - np.asarray(photo, np.float32)
    return float(np.abs(difference @ CHROMA.T).mean())


def edge_clarity(picture):
    """Mean steepness, in levels a pixel, of the steepest twentieth of a picture: higher is a clearer edge.

    Steepness is the length of (brightness right - left, brightness below - above) / 2.
    picture: (height, width, 3) RGB in 0..255, 3 by 3 or larger.
    """
    gray = _gray(picture)
    across = (gray[1:-1, 2:] - gray[1:-1, :-2]) / 2.0
    down = (gray[2:, 1:-1] - gray[:-2, 1:-1]) / 2.0
    steepness = np.hypot(across, down).ravel()
    edges = max(1, round(STEEPEST * steepness.size))
    return float(np.partition(steepness, -edges)[-edges:].mean())


def flat_share(picture, side=5):
    """Share of a picture's places, 0 to 1, around which brightness hardly varies: higher is smoother.

    A place counts where the standard deviation over side by side pixels is under two levels.
    picture: (height, width, 3) RGB in 0..255, `side` by `side` or larger.
    """
    gray = _gray(picture)
    gray = gray - gray.mean()  # so that squares are small and their difference below is exact enough
    variance = _window_means(gray**2, side) - _window_means(gray, side) ** 2
    return float((variance < FLAT_LEVELS**2).mean())


def lines_in_smooth_parts(made, photo):
    """How much more detail a picture has than its photo where the photo is smooth, in levels; nan if it is nowhere.

    Detail is the difference of the mean brightness of 3 by 3 and of 9 by 9 pixels; its strongest half percent counts.
    made, photo: (height, width, 3) RGB in 0..255, of one shape, 17 by 17 or larger.
    """
    gray = _gray(photo)
    gray = gray - gray.mean()
    variance = _window_means(gray**2, SMOOTH_SIDE) - _window_means(gray, SMOOTH_SIDE) ** 2
    smooth = variance < SMOOTH_LEVELS**2
    if smooth.mean() < LEAST_SMOOTH:
        return float("nan")

    def detail(picture):
        means = [_window_means(_gray(picture), side) for side in DETAIL_SIDES]
        borders = [(SMOOTH_SIDE - side) // 2 for side in DETAIL_SIDES]
        fine, coarse = (mean[b : len(mean) - b, b : mean.shape[1] - b] for mean, b in zip(means, borders, strict=True))
        return np.quantile(np.abs(fine - coarse)[smooth], MOST)

    return float(detail(made) - detail(photo))


def diversity(features):
    """Mean distance between two different samples. Next to nothing where every picture has become the same.

    features: (samples, dimensions), two samples or more.
    """
    points = np.asarray(features, np.float64)
    if len(points) < 2:
        raise ValueError(f"{len(points)} samples; two or more are needed")
    return float(neighbours.among(points).sum() / (len(points) * (len(points) - 1)))


def diversity_interval(features, *, together=1, times=TIMES, most=2000, seed=0):
    """Between which values 95 of 100 diversities would lie if other pictures had been drawn: (low, high).

    By the bootstrap; a pair of a sample and itself is left out. features: (samples, dimensions), of which about `most`
    are taken. together: so many in a row are of a picture.
    """
    between = neighbours.among(np.asarray(features, np.float64)[: most - most % together])
    random, found, count = np.random.default_rng(seed), [], len(between) // together
    for _ in range(times):
        drawn = np.repeat(np.bincount(random.integers(0, count, count), minlength=count), together)
        if pairs := drawn.sum() ** 2 - (drawn**2).sum():
            found.append(drawn @ between @ drawn / pairs)
    return tuple(map(float, np.quantile(found, INTERVAL)))


def _gray(picture):
    return np.asarray(picture, np.float64) @ LUMA


def _window_means(values, side):
    """Means over all side by side windows: (height, width) -> (height - side + 1, width - side + 1)."""
    for axis in (0, 1):
        sums = np.cumsum(np.insert(values, 0, 0.0, axis=axis), axis=axis)
        upper, lower = np.split(sums, [side], axis=axis)[1], np.split(sums, [-side], axis=axis)[0]
        values = (upper - lower) / side
    return values
