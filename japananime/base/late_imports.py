"""Packages of one extra, imported where they are first used: what only names settings, as --help does, goes without.

Commands ask for them by `cli.need` before they work.
"""

import importlib
from typing import Any


class Late:
    """A package that stands for itself; its first attribute that is asked for imports it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


cv2, imagehash, scenedetect = Late("cv2"), Late("imagehash"), Late("scenedetect")
