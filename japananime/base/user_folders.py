"""Where a person's own files lie on each system: what can be fetched again, and what cannot."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """Where what has been fetched is kept."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "japananime"


def data_folder() -> Path:
    """Where what a person has added is kept."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "japananime" / "data"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "japananime"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "japananime"
