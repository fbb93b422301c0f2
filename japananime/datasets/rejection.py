"""What makes a picture worthless for training, in numbers: too dark, flat, blurred, mostly text, or seen before.

Every measure is of the picture at a fixed size, so that thresholds mean the same for every film.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from japananime.base import settings
from japananime.base.late_imports import cv2, imagehash
from japananime.base.settings import setting

# Long side at which pictures are measured.
MEASURED = 640
# Pictures whose hashes differ in no more of 64 bits, or that have this share of their colours in common, may be of one
# scene. Unrelated pictures of one film differ in about 32 bits and share about 0.4 of their colours.
SAME_LOOK = 20
SAME_COLORS = 0.6


@dataclass(frozen=True)
class Thresholds(settings.Settings):
    """Limits of what is kept; each is a flag of the command line. 0 turns one off (`similar`: -1)."""

    similar: int = setting(8, "pictures whose perceptual hashes differ in at most this many of 64 bits are the same")
    dark: float = setting(40.0, "least brightness of the brightest twentieth, 0 to 255")
    flat: float = setting(40.0, "least range from dark to light without the extremes, 0 to 255")
    plain: float = setting(0.7, "least share of the picture with anything drawn in it, in percent")
    blurred: float = setting(0.045, "least sharpness of the sharpest edges, 0 to 1 and more")
    text: float = setting(50.0, "largest share of the edges that may be lines of text, in percent")


@dataclass(frozen=True)
class Measures:
    """Of one picture.

    light, contrast: 0 to 255; drawn, text: percent; sharpness: 0 to about 2; hash: 64 bits of how it looks; colors: a
    histogram of 6 × 6 × 6 colours in bytes that sum up to about 255, in hexadecimal.
    """

    light: float
    contrast: float
    drawn: float
    sharpness: float
    text: float
    hash: int
    colors: str


@dataclass(frozen=True)
class Rejection:
    """why: the name of a threshold; value: what was measured; like: index of the picture that is kept instead."""

    why: str
    value: float
    like: int | None = None


def measure(rgb):
    """The Measures of a picture, uint8 (height, width, 3)."""
    gray = cv2.cvtColor(_shrunk(rgb), cv2.COLOR_RGB2GRAY)
    light, contrast = _exposure(gray)
    edges = cv2.Canny(gray, 40, 100)
    laplacian = np.abs(cv2.Laplacian(cv2.GaussianBlur(gray, (3, 3), 0), cv2.CV_32F))
    return Measures(
        light=light,
        contrast=contrast,
        drawn=round(100 * cv2.countNonZero(edges) / edges.size, 2),
        sharpness=round(float(np.quantile(laplacian, 0.995)) / max(1.0, contrast), 3),
        text=round(_text_share(gray, edges), 1),
        hash=int(str(imagehash.phash(Image.fromarray(rgb))), 16),
        colors=_colors(rgb),
    )


def same_scene(one, other):
    """Whether two pictures, by their Measures and neighbours in a film, seem to show the same scene."""
    if (one.hash ^ other.hash).bit_count() <= SAME_LOOK:
        return True
    shares = (np.frombuffer(bytes.fromhex(measures.colors), np.uint8) for measures in (one, other))
    return int(np.minimum(*shares).sum()) >= SAME_COLORS * 255


def underexposed(rgb, limits=Thresholds()):
    """ "dark" or "flat" where a picture is nothing else: black, of one colour or nearly faded away; or None."""
    light, contrast = _exposure(cv2.cvtColor(_shrunk(rgb), cv2.COLOR_RGB2GRAY))
    return "dark" if light < limits.dark else "flat" if contrast < limits.flat else None


def rejection_of(measures, limits):
    """Why a picture is to be rejected on its own, a Rejection, or None."""
    checks = (
        ("text", measures.text, 0 < limits.text < measures.text),
        ("dark", measures.light, measures.light < limits.dark),
        ("flat", measures.contrast, measures.contrast < limits.flat),
        ("blurred", measures.sharpness, measures.sharpness < limits.blurred),
        ("plain", measures.drawn, measures.drawn < limits.plain),
    )
    return next((Rejection(why, value) for why, value, failed in checks if failed), None)


def judge(measures, limits):
    """A Rejection or None for every one of a list of Measures; None among them, for an unreadable picture, stays None.

    Of pictures alike the first is kept: each is compared with those kept before it, so that a slow pan keeps some.
    """
    verdicts = [one and rejection_of(one, limits) for one in measures]
    kept: list[int] = []
    hashes = np.empty(len(measures), np.uint64)
    for index, one in enumerate(measures):
        if one is None or verdicts[index]:
            continue
        distances = np.bitwise_count(hashes[: len(kept)] ^ np.uint64(one.hash))
        nearest = int(distances.argmin()) if kept else 0
        if kept and distances[nearest] <= limits.similar:
            verdicts[index] = Rejection("similar", int(distances[nearest]), kept[nearest])
        else:
            hashes[len(kept)] = one.hash
            kept.append(index)
    return verdicts


def _shrunk(rgb):
    scale = MEASURED / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _exposure(gray):
    """(brightness of the brightest twentieth, range from dark to light without the extremes)."""
    low, light, high = np.quantile(gray, (0.02, 0.95, 0.98))
    return round(float(light), 1), round(float(high - low), 1)


def _colors(rgb):
    small = cv2.resize(rgb, (64, 36), interpolation=cv2.INTER_AREA)
    counts = cv2.calcHist([small], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3).ravel()
    return np.round(counts * 255 / counts.sum()).astype(np.uint8).tobytes().hex()


def _text_share(gray, edges):
    """How much of what is drawn (edges) lies in lines of text, in percent.

    A line of text is a long flat block, dense with strokes, with hardly anything right above and below it.
    """
    total = cv2.countNonZero(edges)
    if not total:
        return 0.0
    height, width = gray.shape
    # Letters of a line grow together, lines of a page do not.
    joined = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((1, max(3, width // 40)), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined)
    in_text = 0
    for label in range(1, count):
        x, y, w, h, area = boxes[label]
        if not (0.012 * height < h < 0.12 * height and w > 1.8 * h and area > 0.55 * w * h):
            continue
        inside = np.count_nonzero(edges[y : y + h, x : x + w][labels[y : y + h, x : x + w] == label])
        above, below = joined[max(0, y - h // 3) : y, x : x + w], joined[y + h : y + h + h // 3, x : x + w]
        around = [np.count_nonzero(part) / part.size for part in (above, below) if part.size]
        if inside > 0.12 * w * h and max(around, default=0) < 0.25:
            in_text += int(inside)
    return 100 * in_text / total
