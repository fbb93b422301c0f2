"""What visitors may ask for, and whether a file is what it may be: looked at before anything of it is unpacked."""

import re
import warnings
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.video.reading import source as film_source

# What Pillow opens without calling another program, as it does for PostScript.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# FFmpeg takes text files for lists of further files to read, so a film must begin as one of these does.
MATROSKA, RIFF = b"\x1aE\xdf\xa3", b"RIFF"
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
PLAYED = (".mp4", ".m4v", ".mov", ".webm")
NAME_LENGTH = 40


@dataclass(frozen=True)
class Limits(Settings):
    """What one visitor may ask for at once, and how long it is kept."""

    picture_megabytes: float = setting(40.0, "largest file of a picture", least=0.001)
    megapixels: float = setting(25.0, "largest picture", least=0.001, most=178.0)
    pictures: int = setting(20, "pictures at once", least=1)
    film_megabytes: float = setting(200.0, "largest file of a film", least=0.001)
    film_seconds: float = setting(30.0, "longest film", least=0.1)
    film_megapixels: float = setting(2.1, "largest picture of a film; 1920×1080 is 2.07", least=0.001)
    minutes: float = setting(20.0, "longest time that one visitor's work may take", least=0.001)
    waiting: int = setting(40, "queued tasks of all visitors", least=1)
    waiting_each: int = setting(10, "queued tasks from one address", least=1)
    keep_minutes: float = setting(60.0, "minutes after which files are deleted", least=0.001)
    keep_megabytes: float = setting(4000.0, "space for all files; beyond it, nothing new is accepted", least=1.0)


def check_picture(path, limits):
    """Raises UserError unless a file is a picture within the limits, by its size and its header alone."""
    _check_size(path, limits.picture_megabytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
    except Image.DecompressionBombError:
        raise UserError(f"{path}: too large a picture; at most {limits.megapixels:g} megapixels are taken") from None
    except Exception:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UserError(f"{path}: not a picture; accepted: JPEG, PNG, WebP, GIF, BMP and TIFF") from None
    if width * height > 1e6 * limits.megapixels:
        raise UserError(
            f"{path}: {width}×{height} is {width * height / 1e6:.3g} megapixels; "
            f"at most {limits.megapixels:g} are taken"
        )


def check_film(path, limits):
    """How many frames a film has, about, or None; raises UserError unless it is a film within the limits."""
    _check_size(path, limits.film_megabytes)
    with path.open("rb") as file:
        head = file.read(12)
    avi = head[:4] == RIFF and head[8:] == b"AVI "
    if not (head[4:8] in BOXES or head[:4] == MATROSKA or avi):
        raise UserError(f"{path}: not a film; accepted: MP4, MOV, WebM, MKV and AVI")
    film = film_source.open_film(path)
    if film.width * film.height > 1e6 * limits.film_megapixels:
        raise UserError(
            f"{path}: its pictures are {film.width}×{film.height}, {film.width * film.height / 1e6:.3g} megapixels; "
            f"at most {limits.film_megapixels:g} are taken"
        )
    seconds = film.seconds or _seconds(film, limits.film_seconds)
    if seconds > limits.film_seconds:
        raise UserError(f"{path}: lasts {seconds:.0f} seconds; at most {limits.film_seconds:g} are taken")
    return round(seconds * film.rate)


def _check_size(path, most):
    size = path.stat().st_size / 1e6
    if size > most:
        raise UserError(f"{path}: the file has {size:.3g} MB; at most {most:g} MB are taken")


def _seconds(film, most):
    """The length of a film whose header does not tell it, as with what browsers record; or the first beyond `most`."""
    end = 0.0
    with closing(film.frames()) as frames:
        for frame in frames:
            end = float(frame.time + frame.duration)
            if end > most:
                break
    return end


def shown(path):
    """The end of a file's name as it may be shown: only letters, digits, spaces and `._-`; all else becomes `_`."""
    return re.sub(r"[^\w .-]", "_", Path(path).name)[-NAME_LENGTH:].strip() or "file"
