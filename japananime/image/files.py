"""Pictures in files: reading whatever people have, and writing it back as they expect. Pillow and NumPy only.

A picture in memory is RGB uint8 (height, width, 3), turned upright; what the network does not touch (transparency,
colour profile) travels beside it.
"""

import io
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds, walk, write_bytes
from japananime.base.terminal import line
from japananime.image import decoding, heic_avif_jxl
from japananime.image.color import on_white

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", *heic_avif_jxl.EXTENSIONS)
# What pictures are written as, by their names' endings.
WRITTEN = ("jpg", "png", "webp")
# What Pillow may take a file for, whatever it is called; for others it would start programs, as for PostScript.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF")
# A picture of more pixels is taken for an attack or a mistake: decoding it would need gigabytes.
MOST_PIXELS = 178_956_970
# What the dataset tools write beside the pictures, and what tells where pictures are from.
RECORDS = (".csv", ".json", ".md")


@dataclass(frozen=True)
class Picture:
    """rgb: uint8 (height, width, 3); alpha: uint8 (height, width) or None; profile: ICC bytes of rgb, or None."""

    rgb: np.ndarray
    alpha: np.ndarray | None = None
    profile: bytes | None = None

    @property
    def opaque(self) -> np.ndarray:
        """uint8 (height, width, 3), transparency laid on white."""
        return self.rgb if self.alpha is None else on_white(self.rgb, self.alpha)


def find(folder: Path | str) -> tuple[list[Path], list[Path]]:
    """All files below a folder that `base.files.walk` finds, as (images by their extension in any case, others)."""
    found = walk(folder)
    images = [path for path in found if path.suffix.lower() in EXTENSIONS]
    return images, [path for path in found if path.suffix.lower() not in EXTENSIONS]


def images(folder: Path | str) -> list[Path]:
    """The images of `find`; what else lies there is counted on standard error."""
    found, others = find(folder)
    tell_of(others, f"{folder}: ")
    return found


def tell_of(others: Sequence[Path], where: str = "") -> None:
    """Count on standard error the files that are not looked at; but not the tables that the tools themselves keep."""
    told = [path for path in others if path.suffix.lower() not in RECORDS]
    if told:
        print(f"note: {line(where + passed_over(told))}", file=sys.stderr)


def passed_over(others: Sequence[Path]) -> str:
    """What is said of files that are not looked at: "3 files of other kinds are passed over: 2 .txt, 1 .cr2"."""
    counts = Counter(path.suffix.lower() or "without an ending" for path in others)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common(6)) + (", ..." if len(counts) > 6 else "")
    one = len(others) == 1
    return f"{len(others)} file{'' if one else 's'} of other kinds {'is' if one else 'are'} passed over: {kinds}"


def read(path: Path | str, memory: int | None = None) -> Picture:
    """A Picture from a file; raises UserError with the reason where that is impossible.

    memory: bytes that it may take until what is made of it is written; half of what is free if not given.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file")
    refuse_other_kinds(path)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures, whose limit is enforced below, and of what a camera says wrongly.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=(*FORMATS, *heic_avif_jxl.prepare(path))) as image:
                width, height = image.size
                _refuse_if_too_large(path, width, height)
                decoding.check(path, image, memory)
                image.load()
                return _decode(image)
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UserError(f"{path}: over {MOST_PIXELS / 1e6:.0f} megapixels, the most that is read") from None
    except Image.UnidentifiedImageError:
        raise UserError(f"{path}: not an image ({path.stat().st_size} bytes)") from None
    except MemoryError:
        raise UserError(f"{path}: does not fit in memory") from None
    except Exception as error:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error


def size(path: Path | str) -> tuple[int, int] | None:
    """(width, height) of a picture as it is stored, without decoding it; None where it cannot be read."""
    try:
        with Image.open(path, formats=(*FORMATS, *heic_avif_jxl.prepare(Path(path)))) as image:
            return image.size
    except Exception:  # as in `read`, which tells of it
        return None


def write(path: Path | str, picture: Picture, quality: int = 95) -> None:
    """Write a Picture so that the file is there whole or not at all.

    The format is that of the extension: .jpg, .jpeg, .png or .webp. JPEG has no transparency: it is laid on white.
    """
    path = Path(path)
    formats: dict[str, dict[str, Any]] = {
        "jpg": {"format": "JPEG", "quality": quality, "subsampling": 0, "optimize": True},
        "png": {"format": "PNG"},
        "webp": {"format": "WEBP", "quality": quality},
    }
    options = formats[kind(path)]
    image = Image.fromarray(picture.opaque if options["format"] == "JPEG" else picture.rgb)
    if picture.alpha is not None and options["format"] != "JPEG":
        image.putalpha(Image.fromarray(picture.alpha))
    if picture.profile:
        options["icc_profile"] = picture.profile
    encoded = io.BytesIO()
    try:
        image.save(encoded, **options)
    except (ValueError, OSError) as error:  # more pixels a side than the format has room for
        height, width = picture.rgb.shape[:2]
        raise UserError(f"{path}: {width}×{height} pixels cannot be written so ({reason(error)})") from error
    write_bytes(path, encoded.getvalue())


def kind(path: Path) -> str:
    """What a file is by its name: one of WRITTEN if it can be written, another ending or "" if not."""
    return path.suffix.lower().lstrip(".").replace("jpeg", "jpg")


def read_rgb(path: Path | str) -> np.ndarray:
    """RGB uint8 (height, width, 3) of a file, transparency laid on white. What training needs."""
    return read(path).opaque


def _refuse_if_too_large(path: Path, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UserError(
            f"{path}: {width}×{height} is {width * height / 1e6:.0f} megapixels; "
            f"at most {MOST_PIXELS / 1e6:.0f} are read"
        )


def _decode(image: Image.Image) -> Picture:
    rgb, alpha = decoding.arrays(image)
    # A profile of gray, or of inks, does not describe RGB.
    described = image.mode in ("RGB", "RGBA", "P", "PA", "RGBX", "RGBa")
    return Picture(rgb, alpha, image.info.get("icc_profile") if described else None)
