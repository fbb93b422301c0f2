"""Who may import whom: the rules of docs/architecture.md, read off the source."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "japananime"
# Leaves that know no sibling but each other as stated; free for all to import.
EVERYWHERE = {"errors", "settings", "images", "pictures"}
ALLOWED = {
    "errors": set(),
    "files": {"errors"},
    "command": {"errors"},
    "settings": {"errors"},
    "images": set(),
    "layers": set(),
    "smoothing": set(),
    "flattening": set(),
    "drawing": {"flattening"},
    "losses": {"images"},
    "metrics": set(),
    "scores": {"sheets", "pictures"},
    "evaluation": {"features", "metrics", "scores", "pictures", "errors"},
    "pictures": {"temporary", "errors"},
    "phases": {"errors"},
    "features": {"errors", "images"},
    "networks": {"layers"},
    "families": {"errors", "networks", "latents", "losses", "metrics", "features", "images", "phases", "settings"},
    "latents": set(),
    "characters": {"generators", "images", "latents"},
    "data": {"pictures", "images", "errors"},
    "coloring": set(),
    "transfer": {"coloring", "images", "losses", "settings", "errors"},
    "painting": {"errors"},
    "runs": {"temporary", "pictures", "styles", "errors"},
    "history": {"pictures"},
    "report": {"history", "pictures", "runs"},
    "warm_start": {"generators", "pictures", "styles", "errors"},
    "selection": {"data", "metrics", "errors"},
    "diagnosis": set(),
    "recorder": {"history"},
    "graph": {"errors"},
    "describing": {"graph"},
    "styles": {"errors"},
    "generators": {"temporary", "describing", "graph", "networks", "styles", "pictures", "errors"},
    "quiet": set(),
    "temporary": set(),
    "cells": set(),
    "openvino_network": {"quiet", "errors"},
    "tensorflow_network": {"describing", "images", "layers"},
    "engines": {
        "command",
        "engine",
        "generators",
        "graph",
        "openvino_network",
        "styles",
        "tensorflow_network",
        "two_passes",
        "errors",
    },
    "distribution": {"errors"},
    "two_passes": set(),
    "onnx_network": {"errors"},
    "lite_form": {"layers"},
    "exporting": {
        *{"describing", "generators", "lite_form", "onnx_network", "pictures", "quiet", "styles", "errors"},
    },
    "trainer": {
        *{"phases", "runs", "data", "history", "report", "recorder", "diagnosis", "generators"},
        *{"distribution", "runs", "selection", "warm_start"},
        *EVERYWHERE,
    },
    "preflight": {
        "trainer",
        "distribution",
        "data",
        "smoothing",
        "flattening",
        "drawing",
        "diagnosis",
        "recorder",
        *EVERYWHERE,
    },
    "engine": set(),
    "stylizer": {"engine", "engines", "pictures", "styles", "two_passes", "errors"},
    "planning": {"animations", "films", "pictures", "segments", "errors"},
    "moments": {"pictures"},
    "footage": {"films", "moments", "pictures", "errors"},
    "segments": {"films", "footage", "pictures", "errors"},
    "animations": {"moments", "pictures", "errors"},
    "sequences": {"moments", "pictures", "errors"},
    "shots": set(),
    "flicker": set(),
    "filming": {"pictures"},
    "film_tasks": {
        *{"animations", "filming", "films", "footage", "segments", "sequences", "shots", "temporary"},
        *{"pictures", "errors"},
    },
    "making": {"engine", "pictures", "errors"},
    "film_shares": {
        *{"animations", "film_tasks", "filming", "footage", "pictures", "segments", "shots", "errors"},
    },
    "cluster": {"batch", "engines", "film_shares", "film_tasks", "making", "styles", "errors"},
    "page_tasks": {
        *{"engine", "engines", "film_tasks", "footage", "planning", "styles", "pictures", "settings", "errors"},
    },
    "page_guard": set(),
    "page": {"page_tasks", "quiet", "errors"},
    "choices": {"settings", "errors", "dataset", "presets", "runs"},
    "sweeps": {"choices", "command", "history", "runs", "settings", "pictures", "errors"},
    "presets": {"errors"},
    "batch": {"command", "errors"},
    "dataset": {"errors"},
    "films": {"errors"},
    "cutting": {"errors"},
    "keyframes": {"films"},
    "cleaning": set(),
    "faces": set(),
    "face_squares": set(),
    "only_faces": {"command", "engine", "engines", "face_detectors", "face_squares", "styles", "two_passes", "errors"},
    "face_detectors": {"faces", "graph", "openvino_network"},
    "sheets": {"pictures"},
    "extraction": {"batch", "cells", "cleaning", "films", "keyframes", "pictures", "errors"},
    "building": {
        *{"batch", "cleaning", "cutting", "dataset", "extraction", "films", "sheets", "smoothing"},
        *{"pictures", "errors"},
    },
}
COMMANDS = {"train", "stylize", "export", "demo", "evaluate", "neural_style", "generate"}
# Libraries that report how they are used, unless `quiet` imports them.
REPORTING = {"openvino", "openvino_telemetry", "onnxruntime", "gradio", "gradio_client", "huggingface_hub"}
# Arithmetic that must run on any Keras backend, and modules that tools use without it.
WITHOUT_TENSORFLOW = {"images", "layers", "losses", "metrics", "features", "networks", "families", "transfer"}
WITHOUT_KERAS = {
    *{
        "errors",
        "files",
        "settings",
        "pictures",
        "smoothing",
        "flattening",
        "drawing",
        "metrics",
        "scores",
        "history",
        "report",
        "command",
        "planning",
        "choices",
        "presets",
        "sweeps",
        "coloring",
        "latents",
    },
    *{"page_tasks", "page_guard", "page"},
    *{"moments", "footage", "segments", "animations", "sequences", "shots", "flicker", "filming", "film_tasks"},
    *{"film_shares", "making", "cluster"},
    *{"batch", "dataset", "films", "cutting", "keyframes", "cleaning", "sheets", "extraction", "building"},
    *{"faces", "face_detectors", "face_squares", "only_faces"},
}


def imports(path):
    """Every module that a file imports, wherever in it: (full names)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "japananime":
                yield from (f"japananime.{alias.name}" for alias in node.names)


def modules():
    """[(part of the house, file)]."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part != "__init__":
            found.append((part, path))
    return found


@pytest.mark.parametrize(("part", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_imports_follow_the_plan(part, path):
    if part in COMMANDS:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 150
        return
    siblings = {name.split(".")[1] for name in imports(path) if name.startswith("japananime.")}
    everywhere = set() if part in WITHOUT_TENSORFLOW else {"files"}
    assert siblings - {part, "__version__"} <= ALLOWED[part] | everywhere


@pytest.mark.parametrize(("part", "path"), modules(), ids=lambda value: getattr(value, "name", value))
def test_arithmetic_knows_no_tensorflow(part, path):
    roots = {name.split(".")[0] for name in imports(path)}
    if part in WITHOUT_TENSORFLOW:
        assert "tensorflow" not in roots
    if part in WITHOUT_KERAS - {"command"}:
        assert not roots & {"tensorflow", "keras"}
    if part != "quiet":
        assert not roots & REPORTING


def test_importing_starts_nothing():
    import subprocess

    code = "import os, sys; before = dict(os.environ); import japananime.stylize, japananime.train, japananime.demo; "
    code = (
        "import os, sys; before = dict(os.environ); import japananime.stylize, japananime.train, japananime.evaluate; "
    )
    code = "import os, sys; before = dict(os.environ); import japananime.stylize, japananime.train; "
    code += "import japananime.neural_style; "
    code += "print(dict(os.environ) == before, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == ["True", "False", "False"]


def test_what_setup_reads_can_be_read_by_it():
    """setuptools takes no `-r` lines in the files that setup.cfg names."""
    files = set(re.findall(r"requirements-\w+\.txt", (ROOT / "setup.cfg").read_text(encoding="utf-8")))
    assert len(files) >= 5
    for file in files:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("-")] == [], file
