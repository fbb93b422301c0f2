"""From an image of Pillow's to arrays, a few rows at a time: what both hold is in memory once each, and no more.

Whether a picture fits is asked before anything is unpacked.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageCms

from japananime.base.errors import UserError

ROWS = 128
# Bytes that a pixel takes in Pillow's memory at the worst moment: by the format, where the reader keeps a canvas of its
# own besides, else by the mode, else PIXEL.
BY_FORMAT = {"WEBP": 16, "GIF": 12, "HEIF": 16, "AVIF": 16, "JXL": 24}
BY_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
PIXEL = 4
# In arrays: as read, with its transparency; and all that is there while it is drawn, finished and written.
READ, WORKED = 4, 16
# Bytes that are always to be had: a small --max-memory is meant for the network, whose tiles it makes small.
LEAST = 64_000_000
ORIENTATION = 0x0112
# From an upright array to how the file has it, by EXIF's numbers.
TURNED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def needed(image: Image.Image) -> int:
    """Bytes that a picture takes at the worst moment between its file and that of what is made of it, about."""
    unpacked = BY_FORMAT.get(image.format or "", BY_MODE.get(image.mode, PIXEL))
    return image.width * image.height * max(unpacked + READ, WORKED)


def check(path: Path, image: Image.Image, most: int | None) -> None:
    """Raise UserError where a picture needs more than so many bytes, or (None) than half of what is free."""
    most = max(most or psutil.virtual_memory().available // 2, LEAST)
    if needed(image) > most:
        raise UserError(
            f"{path}: {image.width}×{image.height} pixels take about {needed(image) / 1e9:.2f} GB of memory, and "
            f"{most / 1e9:.2f} GB may be used (--max-memory, where the command has it, allows more; a "
            "smaller copy of the picture, or parts cut out of it, take less)"
        )


def arrays(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    """(uint8 (height, width, 3), uint8 (height, width) or None where all is opaque) of an image, turned upright."""
    if image.mode.startswith("I") or image.mode == "F":
        return _filled(image, _gray(image), 3), None
    if image.mode in ("CMYK", "LAB", "YCbCr"):
        return _filled(image, _to_srgb(image), 3), None
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _with_alpha(image)
    return _filled(image, lambda strip: np.asarray(strip.convert("RGB")), 3), None


def strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """(rows, a copy of them) all through an image."""
    for top in range(0, image.height, ROWS):
        bottom = min(top + ROWS, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _filled(image: Image.Image, convert: Callable[[Image.Image], np.ndarray], channels: int) -> np.ndarray:
    upright, stored = _empty(image, channels)
    for rows, strip in strips(image):
        stored[rows] = convert(strip)
    return upright


def _with_alpha(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    (upright, stored), (upright_alpha, stored_alpha) = _empty(image, 3), _empty(image, 1)
    for rows, strip in strips(image):
        pixels = np.asarray(strip.convert("RGBA"))
        stored[rows], stored_alpha[rows] = pixels[..., :3], pixels[..., 3:]
    alpha = upright_alpha[..., 0]
    return upright, None if alpha.min() == 255 else alpha


def _empty(image: Image.Image, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(an upright array, a view of it in which the picture lies as in its file)."""
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except Exception:  # what a camera says of a picture may be broken, and the picture whole
        orientation = 1
    sides = (image.height, image.width) if orientation not in (5, 6, 7, 8) else (image.width, image.height)
    upright = np.empty((*sides, channels), np.uint8)
    return upright, TURNED.get(orientation, lambda same: same)(upright)


def _gray(image: Image.Image) -> Callable[[Image.Image], np.ndarray]:
    """How a strip of whole numbers up to 65535, or of fractions, becomes bytes.

    Fractions go from 0 to 1, or as far as any that is a number goes beyond.
    """
    low, high = 0.0, 65535.0
    if image.mode == "F":
        low, high = 0.0, 1.0
        for _, strip in strips(image):
            levels = np.asarray(strip)
            finite = levels[np.isfinite(levels)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))

    def convert(strip: Image.Image) -> np.ndarray:
        levels = (np.nan_to_num(np.asarray(strip, np.float64), nan=low, posinf=high, neginf=low) - low) / (high - low)
        # White stays white: 65535 / 65535 · 255 = 255 exactly.
        return np.repeat(np.clip(levels * 255.0 + 0.5, 0, 255).astype(np.uint8)[..., None], 3, axis=-1)

    return convert


def _to_srgb(image: Image.Image) -> Callable[[Image.Image], np.ndarray]:
    profile = image.info.get("icc_profile")
    try:
        if profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            change = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
            return lambda strip: np.asarray(ImageCms.applyTransform(strip, change))
    except (ImageCms.PyCMSError, OSError):
        pass  # a broken profile is no reason to lose the picture
    return lambda strip: np.asarray(strip.convert("RGB"))
