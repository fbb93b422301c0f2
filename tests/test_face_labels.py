"""The labelled faces, and how the benchmark counts with them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
LABELS = {"anime_face_labels.csv": 104, "anime_face_choosing.csv": 16, "photo_face_labels.csv": 77}


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("face_detector_benchmark", BENCHMARKS / "face_detector.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LABELS)
def test_labels_can_be_read(benchmark, name):
    frames = benchmark.read_labels(BENCHMARKS / name)
    assert len(frames) == LABELS[name]
    boxes = [box for labels in frames.values() for box in labels]
    assert {kind for *_, kind in boxes} == {"front", "side", "unsure"}
    assert min(size for _, _, size, _ in boxes) >= 16
    assert len({(frame, box) for frame, labels in frames.items() for box in labels}) == len(boxes)


def test_settings_are_chosen_on_other_frames_than_are_measured(benchmark):
    measured, choosing = (
        set(benchmark.read_labels(BENCHMARKS / f"anime_face_{name}.csv")) for name in ("labels", "choosing")
    )
    assert not measured & choosing


def test_matches_by_hand(benchmark):
    labels = [(0, 0, 10, "front"), (100, 0, 10, "side"), (200, 0, 10, "unsure"), (300, 0, 10, "front")]
    found = np.array([[1, 0, 10, 0.9], [0, 1, 10, 0.8], [201, 0, 10, 0.7], [300, 6, 10, 0.6], [100, 0, 11, 0.5]])
    # The second find comes too late for the first label; the fourth shares only 40 of 160 with its.
    assert benchmark.match(found, labels, 0.3) == (["front", "unsure", "side"], ["front"], 2)
