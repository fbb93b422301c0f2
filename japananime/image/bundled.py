"""The photos that come with japananime, to try it on."""

from pathlib import Path

from japananime.image import files as image_files


def bundled_photos() -> list[Path]:
    """Their paths: beside the package in a checkout, inside it when installed; none where neither is there."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "samples", package.parent / "Pretrain" / "origin"):
        if place.is_dir():
            return image_files.find(place)[0]
    return []
