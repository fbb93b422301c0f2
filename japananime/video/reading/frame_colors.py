"""From decoded frames to RGB, by a film's own matrix, range and transfer function."""

import threading

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from japananime.image import tone_mapping
from japananime.image.files import Picture
from japananime.video.color_marks import SRGB, Colors
from japananime.video.reading import hdr, ycgco

# SWS_ACCURATE_RND, SWS_FULL_CHR_H_INT and SWS_FULL_CHR_H_INP, by their numbers: PyAV 17 knows no names for them.
ACCURATE = Interpolation.BICUBIC | 0x40000 | 0x2000 | 0x4000
# From H.273's numbers to FFmpeg's scaler's; both kinds of BT.601 are one matrix, and so are both of BT.2020.
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
BT709, BT601, YCGCO = 1, 6, 8
# Unmarked films wider or higher than this are taken for BT.709, others for BT.601, as players do.
STANDARD_DEFINITION = (1279, 576)
THUMBNAIL_SIDE = 64  # of frames that are compared
_threads = threading.local()


def to_picture(image: av.VideoFrame, colors: Colors, alpha: bool, size: tuple[int, int] | None = None) -> Picture:
    """A decoded frame as an upright Picture, its colours by the film's own matrix and range.

    size: (width, height) of it, scaled in the same step; None for the frame's own.
    """
    turns = round(image.rotation / 90)
    width, height = size[:: -1 if turns % 2 else 1] if size else (None, None)
    if image.colorspace == YCGCO and not image.format.is_rgb:
        planes = reformatter().reformat(image, width, height, "yuv444p", threads=1)
        return Picture(np.ascontiguousarray(np.rot90(ycgco.to_rgb(planes.to_ndarray(), colors.full), turns)))
    upright = np.rot90(to_rgb(image, colors, width, height, alpha), turns)
    if alpha:
        return Picture(np.ascontiguousarray(upright[..., :3]), np.ascontiguousarray(upright[..., 3]))
    return Picture(np.ascontiguousarray(upright))


def to_rgb(
    image: av.VideoFrame, colors: Colors, width: int | None, height: int | None, alpha: bool = False
) -> np.ndarray:
    """uint8 (height, width, 4 with alpha, else 3) of a decoded frame as it lies, tone-mapped if it has to be.

    width, height: of what is given, or None for the frame's own.
    """

    def pixels(kind: str) -> av.VideoFrame:
        return reformatter().reformat(
            image,
            width,
            height,
            format=kind,
            src_colorspace=MATRICES.get(colors.matrix, MATRICES[BT601]),
            src_color_range=ColorRange.JPEG if colors.full else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=ACCURATE,
            threads=1,
        )

    if not hdr.name(colors):
        return pixels("rgba" if alpha else "rgb24").to_ndarray()
    rgb = hdr.tone_mapped(pixels(hdr.PLANES), colors)
    return np.dstack([rgb, pixels("rgba").to_ndarray()[..., 3]]) if alpha else rgb


def thumbnail(image: av.VideoFrame, colors: Colors) -> np.ndarray:
    """uint8 (height, THUMBNAIL_SIDE, 3) of a decoded frame as it lies."""
    width = THUMBNAIL_SIDE
    height = max(1, round(image.height * width / image.width))
    if hdr.name(colors):
        return to_rgb(image, colors, width, height)
    return VideoReformatter().reformat(image, width, height, "rgb24", interpolation="AREA", threads=1).to_ndarray()


def colors_of(image: av.VideoFrame) -> Colors:
    """How a frame's numbers mean colours; what it does not say is guessed as players do."""
    if image.format.is_rgb and not tone_mapping.is_hdr(int(image.color_trc)):
        return SRGB
    matrix = image.colorspace
    if matrix not in MATRICES:
        matrix = usual_matrix(image.width, image.height)
    # FFmpeg's scaler knows no YCgCo: such a film is read by `ycgco`, and written in a matrix that players know.
    full = image.format.name.startswith("yuvj") or image.color_range == ColorRange.JPEG
    return Colors(int(matrix), full, int(image.color_primaries), int(image.color_trc))


def usual_matrix(width: int, height: int) -> int:
    """The matrix that players take a film of a size for that says none, in H.273's numbers."""
    most_width, most_height = STANDARD_DEFINITION
    return BT709 if width > most_width or height > most_height else BT601


def reformatter() -> VideoReformatter:
    """FFmpeg's converter of this thread: making one costs more than using it."""
    if not hasattr(_threads, "reformatter"):
        _threads.reformatter = VideoReformatter()
    return _threads.reformatter
