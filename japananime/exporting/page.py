"""Styles as a web page: one folder that any web server can show, in which photos are drawn by the browser itself.

Needs neither TensorFlow nor Keras.
"""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from japananime.base import temporary
from japananime.base.errors import UserError
from japananime.exporting import page_runtime
from japananime.inference import onnx_graph as onnx_export
from japananime.styles import weights
from japananime.styles.folder import Style
from japananime.styles.graph import GRAPH_FILE

PREVIEW = "preview.jpg"
SOURCES = "page_files"


def write(styles: Sequence[Style], target: Path, archive: Path | None = None) -> None:
    """Write the page's folder, whole or not at all; raises UserError.

    styles: the first is the one that is shown at first. target: a name that is free, or an empty folder.
    archive: ONNX Runtime Web's npm package, where it is at hand.
    """
    check_target(target)
    described = [_describe(style) for style in styles]
    names = [each["name"] for each in described]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(f"--style names two styles called {', '.join(sorted(twice))}; accepted: each name once")
    runtime = page_runtime.read(archive)
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary.working_folder(target.parent) as folder:
        made = Path(folder, "page")
        for name in ("runtime", "styles"):
            (made / name).mkdir(parents=True)
        for source in resources.files(__package__).joinpath(SOURCES).iterdir():
            inside = "runtime" if source.name.endswith(".txt") else "."
            (made / inside / source.name).write_bytes(source.read_bytes())
        for name, content in runtime.items():
            (made / "runtime" / name).write_bytes(content)
        for style, about in zip(styles, described, strict=True):
            (made / "styles" / about["file"]).write_bytes(_network(style))
            if about["preview"]:
                (made / "styles" / about["preview"]).write_bytes((style.path / PREVIEW).read_bytes())
        text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
        (made / "styles" / "styles.json").write_text(text, encoding="utf-8")
        if target.is_dir():
            target.rmdir()
        made.replace(target)


def check_target(target: Path) -> None:
    """Raise UserError unless a page can be put there."""
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UserError(f"--out is '{target}', which already exists; accepted: a new name, or an empty folder")


def _describe(style: Style) -> dict[str, Any]:
    """What the page has to know of a style."""
    style.need("photo")
    graph = style.graph()
    if graph is None:
        raise UserError(
            f"--style is '{style.path}', which holds no {GRAPH_FILE}; accepted with --to page: folders with"
        )
    if graph.normalised:
        raise UserError(
            f"--style is '{style.path}', whose network normalises over the whole picture; a page draws in tiles, and "
            "accepts networks without"
        )
    return {
        "name": style.title,
        "words": style.words,
        "file": f"{style.title}.onnx",
        "preview": f"{style.title}.jpg" if (style.path / PREVIEW).is_file() else "",
        "multiple": graph.multiple,
        "reach": graph.reach,
        "whole": style.whole_size,
    }


def _network(style: Style) -> bytes:
    graph = style.graph()
    assert graph is not None
    tensors = weights.read(style.weights)
    weights.check_shapes(style.weights, tensors, graph)
    return onnx_export.build(graph, tensors).SerializeToString()
