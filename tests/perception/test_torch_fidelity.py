"""Scores beside those that torch-fidelity 0.4.0 gave for the same features."""

import runpy
from pathlib import Path

import pytest

AGREEMENT = runpy.run_path(str(Path(__file__).resolve().parents[2] / "benchmarks" / "torch_fidelity_agreement.py"))
# What `python benchmarks/torch_fidelity_agreement.py` printed of torch-fidelity. It takes precision and recall in
# single precision, and the roots of a singular product's eigenvalues where there are fewer samples than dimensions.
THEIRS = {
    (40, 4): {
        "Fréchet": 0.451733623287988,
        "KID": 0.57481095337246,
        "Gaussian MMD": 0.00231081978348757,
        "precision": 0.975000023841858,
        "recall": 0.899999976158142,
    },
    (300, 512): {
        "Fréchet": 45.8107717105219,
        "KID": 0.124740791754299,
        "Gaussian MMD": 0.0203465956510233,
        "precision": 0.963333308696747,
        "recall": 0.5,
    },
}


@pytest.mark.parametrize("shape", THEIRS)
def test_scores_are_those_of_torch_fidelity(shape):
    found = AGREEMENT["ours"](*AGREEMENT["features"](*shape))
    assert found == {name: pytest.approx(value, rel=1e-6) for name, value in THEIRS[shape].items()}
    assert found["KID"] == pytest.approx(THEIRS[shape]["KID"], rel=1e-12)
