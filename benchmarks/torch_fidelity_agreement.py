"""The arithmetic of `evaluate` beside torch-fidelity's, on the same features.

    pip install -r requirements.txt -r benchmarks/requirements.txt
    python benchmarks/torch_fidelity_agreement.py

Features are drawn from a seed, two sets of equal size (torch-fidelity's kernel distances need that), none below
nothing, as a network's are behind its ReLU. Only the arithmetic is compared: no network, no pictures, no downloads.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

from japananime.perception import metrics, neighbours  # noqa: E402

# (samples of each set, dimensions): as many as a test can hold, VGG19's means, Inception's means.
SHAPES = ((40, 4), (300, 512), (300, 2048))


def features(samples, dimensions):
    """Two sets, float64 (samples, dimensions) each: sixteen causes, or as many as dimensions, mixed and cut at nothing.

    The second set's causes lie a little apart and vary more, so that no score is at its end.
    """
    random = np.random.default_rng(dimensions)
    causes = random.normal(size=(2, samples, min(16, dimensions))) * [[[1.0]], [[1.2]]] + [[[0.0]], [[0.2]]]
    mixture = random.normal(size=(causes.shape[-1], dimensions)) / np.sqrt(causes.shape[-1])
    first, second = np.maximum(causes @ mixture + 0.2, 0.0)
    return first, second


def ours(first, second):
    """{score: value} by this package."""
    found = neighbours.coverage(first, second)
    return {
        "Fréchet": metrics.frechet_distance(first, second),
        "KID": metrics.squared_discrepancy(first, second),
        "Gaussian MMD": metrics.squared_discrepancy(first, second, metrics.gaussian),
        "precision": found.precision.mean(),
        "recall": found.recall.mean(),
    }


def theirs(first, second):
    """{score: value} by torch-fidelity."""
    import torch
    from torch_fidelity import metric_fid, metric_kid, metric_prc

    one, two = torch.from_numpy(first), torch.from_numpy(second)
    moments = [metric_fid.fid_features_to_statistics(points) for points in (one, two)]
    fid = metric_fid.fid_statistics_to_metric(*moments, verbose=False)[metric_fid.KEY_METRIC_FID]
    precise = metric_prc.prc_features_to_metric(one, two, verbose=False)
    return {
        "Fréchet": fid,
        "KID": metric_kid.kernel_mmd(first, second, kid_kernel="poly"),
        "Gaussian MMD": metric_kid.kernel_mmd(first, second, kid_kernel="rbf", kid_kernel_rbf_sigma=metrics.CMMD_WIDTH),
        "precision": precise[metric_prc.KEY_METRIC_PRECISION],
        "recall": precise[metric_prc.KEY_METRIC_RECALL],
    }


def main():
    """Print both and how far they are apart."""
    for samples, dimensions in SHAPES:
        sets = features(samples, dimensions)
        found, wanted = ours(*sets), theirs(*sets)
        print(f"{samples} and {samples} of {dimensions} numbers")
        for name, value in found.items():
            apart = abs(value - wanted[name]) / max(abs(wanted[name]), np.finfo(np.float64).tiny)
            print(f"  {name:<13} {value:<22.15g} {wanted[name]:<22.15g} apart by {apart:.1e} of it")


if __name__ == "__main__":
    main()
