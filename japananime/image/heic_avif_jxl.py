"""Formats that Pillow reads with another package's help: what telephones write, mostly. Told by a file's first bytes,
since they often lie under another format's name.
"""

import importlib
import importlib.util
from pathlib import Path
from typing import NamedTuple

from PIL import Image, features

from japananime.base.cli import how_to_install
from japananime.base.errors import UserError

# Endings under which they are looked for in folders.
EXTENSIONS = (".heic", ".heif", ".avif", ".jxl")
EXTRA = "formats"
# Of ISO's media files: the kinds that follow "ftyp" at byte 8.
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
JXL_BEGINNINGS = (b"\xff\x0a", b"\x00\x00\x00\x0cJXL \r\n\x87\n")


class Format(NamedTuple):
    """name: Pillow's. words: people's. package: to import, or "" where Pillow has it itself."""

    name: str
    words: str
    package: str = ""


HEIF = Format("HEIF", "HEIC", "pillow_heif")
AVIF = Format("AVIF", "AVIF")
JXL = Format("JXL", "JPEG XL", "pillow_jxl")


def of(beginning: bytes) -> Format | None:
    """Which of these formats a file is of, by its first 12 bytes or more."""
    brand = beginning[8:12] if beginning[4:8] == b"ftyp" else b""
    if brand in AVIF_BRANDS:
        return AVIF
    if brand in HEIF_BRANDS:
        return HEIF
    return JXL if beginning.startswith(JXL_BEGINNINGS) else None


def prepare(path: Path) -> tuple[str, ...]:
    """See that Pillow can read a file; returns the name of its format if it is one of these, as a tuple.

    Raises UserError where the package for it is missing.
    """
    with path.open("rb") as file:
        found = of(file.read(16))
    if found is None:
        return ()
    if not found.package:
        if not features.check("avif"):
            raise UserError(f"{path}: {found.words}, which this Pillow does not read; 11.3 and newer ones do")
    elif importlib.util.find_spec(found.package) is None:
        raise UserError(f"{path}: {found.words}, which takes a further package: {how_to_install(EXTRA)}")
    elif found.name not in Image.OPEN:
        package = importlib.import_module(found.package)
        if found is HEIF:  # the other one does so on import
            package.register_heif_opener()
    return (found.name,)
