"""Finding faces with a map of cells, such as `networks.face_detector` makes: geometry in NumPy, no network.

A box is (x, y, size, score): a square by its upper left corner and its side in pixels, and how sure it is, 0 to 1.
"""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

# The side of a face that the network is trained for, give or take a factor of 1.4; pixels between cells.
WINDOW, STRIDE = 36, 8
# Logits in one unit of the network's answer before tanh, so that 8 bits tell sure from very sure.
SHARPNESS = 4.0
TILE, OVERLAP = 320, 96
# Pictures are looked at in sizes this far apart.
STEP = math.sqrt(2)


def decode(cells: np.ndarray, threshold: float) -> np.ndarray:
    """Boxes of a map: uint8 (height, width, 4) -> float64 (n, 4), as sure as the threshold or surer.

    Channels, 0 to 255 for -1 to 1: how sure; how far right of the cell's the face's centre is, in half windows; how far
    below, likewise; the logarithm of size / WINDOW to base 2.
    """
    values = cells.astype(np.float64) / 127.5 - 1.0
    logits = SHARPNESS * np.arctanh(np.clip(values[..., 0], -0.9999, 0.9999))
    scores = 1 / (1 + np.exp(-logits))
    rows, columns = np.nonzero(scores >= threshold)
    _, right, below, growth = values[rows, columns].T
    sizes = WINDOW * 2.0**growth
    x = (columns + 0.5) * STRIDE + right * WINDOW / 2 - sizes / 2
    y = (rows + 0.5) * STRIDE + below * WINDOW / 2 - sizes / 2
    return np.stack([x, y, sizes, scores[rows, columns]], axis=-1)


def encode(boxes: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """What a map should say of faces at `boxes` (n, 3: x, y, size): (values, kinds) for a picture of that size.

    values: float32 (height / 8, width / 8, 3), channels 1 to 3 of a map. kinds: int8 (height / 8, width / 8), 1 for
    a face, 0 for none, -1 where either answer is right.
    """
    rows, columns = height // STRIDE, width // STRIDE
    values, kinds = np.zeros((rows, columns, 3), np.float32), np.zeros((rows, columns), np.int8)
    nearest = np.full((rows, columns), np.inf)
    y, x = ((np.arange(count) + 0.5) * STRIDE for count in (rows, columns))
    for left, top, size in boxes:
        right, below = left + size / 2 - x[None, :], top + size / 2 - y[:, None]
        away = np.maximum(np.abs(right), np.abs(below)) / size
        growth = math.log2(size / WINDOW)
        kinds[(away <= 0.35) & (abs(growth) <= 0.85) & (kinds == 0)] = -1
        ours = (away <= 0.2) & (abs(growth) <= 0.6) & (away < nearest)
        kinds[ours] = 1
        nearest[ours] = away[ours]
        values[ours] = np.stack(np.broadcast_arrays(right * 2 / WINDOW, below * 2 / WINDOW, growth), axis=-1)[ours]
    return values, kinds


def shared(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Area that a box shares with each of others: (n,)."""
    x, y, size = box[:3]
    wide = np.minimum(x + size, boxes[:, 0] + boxes[:, 2]) - np.maximum(x, boxes[:, 0])
    high = np.minimum(y + size, boxes[:, 1] + boxes[:, 2]) - np.maximum(y, boxes[:, 1])
    return np.maximum(wide, 0) * np.maximum(high, 0)


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Area that a box shares with each of others, as a share of the area that either covers: (n,)."""
    both = shared(box, boxes)
    return both / (box[2] ** 2 + boxes[:, 2] ** 2 - both)


def suppress(boxes: np.ndarray, most_overlap: float = 0.3, most_inside: float = 0.7) -> np.ndarray:
    """Non-maximum suppression: the surest boxes, none of which overlaps a surer one by more; surest first.

    boxes: (n, 4 or more); further columns stay with their box.
    most_inside: share of a box that may lie inside a surer one; an eye is no face in a face.
    """
    left = boxes[np.argsort(-boxes[:, 3], kind="stable")]
    chosen = []
    while len(left):
        best, left = left[0], left[1:]
        chosen.append(best)
        apart = overlap(best, left) <= most_overlap
        left = left[apart & (shared(best, left) <= most_inside * left[:, 2] ** 2)]
    return np.array(chosen).reshape(-1, boxes.shape[1])


def find(
    picture: np.ndarray,
    network: Callable[[np.ndarray], np.ndarray],
    smallest: int = 24,
    threshold: float = 0.5,
) -> np.ndarray:
    """Faces of at least `smallest` pixels in a picture, uint8 (height, width, 3): boxes (n, 4), surest first.

    network: uint8 (1, TILE, TILE, 3) -> uint8 (1, TILE / STRIDE, TILE / STRIDE, 4).
    """
    height, width = picture.shape[:2]
    every = [np.zeros((0, 4))]
    # The first size shows the smallest faces as the smallest that the network knows, the last one a face that fills
    # the picture as the largest.
    scale = WINDOW / STEP / smallest * 1.05
    while True:
        rows, columns = max(STRIDE, round(height * scale)), max(STRIDE, round(width * scale))
        resized = np.asarray(
            Image.fromarray(picture).resize((columns, rows), Image.Resampling.BILINEAR, reducing_gap=2)
        )
        boxes = _in_tiles(resized, network, threshold)
        boxes[:, [0, 2]] *= width / columns
        boxes[:, 1] *= height / rows
        every.append(boxes)
        if max(rows, columns) <= WINDOW * STEP:
            break
        scale /= STEP
    return suppress(np.concatenate(every))


def _in_tiles(picture: np.ndarray, network: Callable[[np.ndarray], np.ndarray], threshold: float) -> np.ndarray:
    height, width = picture.shape[:2]
    every = [np.zeros((0, 4))]
    for y in _starts(height):
        for x in _starts(width):
            tile = picture[y : y + TILE, x : x + TILE]
            missing = [(0, TILE - side) for side in tile.shape[:2]]
            cells = network(np.pad(tile, (*missing, (0, 0)), mode="edge")[None])[0]
            boxes = decode(cells, threshold)
            # What lies near a border that the tile has and the picture has not is seen better in the next tile.
            centers = boxes[:, :2] + boxes[:, 2:3] / 2
            inside = np.ones(len(boxes), bool)
            for axis, (start, side) in enumerate(((x, width), (y, height))):
                inside &= (centers[:, axis] >= OVERLAP / 2) | (start == 0)
                inside &= (centers[:, axis] < TILE - OVERLAP / 2) | (start + TILE >= side)
                inside &= centers[:, axis] + start < side
            every.append(boxes[inside] + [x, y, 0, 0])
    return np.concatenate(every)


def _starts(side: int) -> range:
    """Where tiles begin along a side."""
    return range(0, max(1, side - OVERLAP), TILE - OVERLAP)


def crop(picture: np.ndarray, box: np.ndarray, margin: float, size: int | None = None) -> np.ndarray:
    """A square out of a picture around a box, uint8 (size, size, 3); beyond the border its edge goes on.

    margin: added on every side, as a share of the box's. size: of the square, None for as many pixels as it shows.
    """
    x, y, side = (float(value) for value in box[:3])
    half = side * (0.5 + margin)
    left, top = round(x + side / 2 - half), round(y + side / 2 - half)
    shown = max(1, round(2 * half))
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(top, top + shown), 0, height - 1)
    columns = np.clip(np.arange(left, left + shown), 0, width - 1)
    square = picture[rows[:, None], columns]
    if size and size != shown:
        square = np.asarray(Image.fromarray(square).resize((size, size), Image.Resampling.LANCZOS))
    return square
