"""What lies over a film's frames: subtitles, and a channel's logo that stands still while everything else moves."""

import numpy as np

from japananime.base.late_imports import cv2

# Frames are looked at with this width. Subtitles lie in this part of the height, bright strokes with a dark rim.
WIDTH, LOWEST = 640, 0.3
BRIGHT, DARK, RIM = 190, 70, 9
# The height of a line, as a share of the picture's, and how many borders of strokes a line of letters has for each
# column of the picture. Outlines of clothes are as bright and as dark, but cross a line only once or twice.
LINE, LETTERS = 0.08, 0.6
# A logo's edges are in this share of at least so many frames, and are so many pixels within a corner.
STANDS, FRAMES, EDGES = 0.8, 8, 40
CORNER = (0.25, 0.3)


def subtitles(rgb):
    """How many borders of strokes the fullest line of subtitles has, from left to right and in all its rows, for each
    column of the picture, 0 and more. rgb: uint8 (height, width, 3).
    """
    gray = _gray(rgb)
    low = gray[round(len(gray) * (1 - LOWEST)) :]
    rim = np.ones((RIM, RIM), np.uint8)
    # Strokes are thin: opened by the rim's size nothing of them is left, and something dark is near.
    thin = (low >= BRIGHT) & (cv2.morphologyEx(low, cv2.MORPH_OPEN, rim) < BRIGHT)
    strokes = thin & (cv2.erode(low, rim) <= DARK)
    crossed = np.count_nonzero(strokes[:, 1:] != strokes[:, :-1], axis=1)
    height = max(1, round(LINE * len(gray)))
    return max(
        float(crossed[top : top + height].sum() / WIDTH)
        for top in range(0, max(1, len(strokes) - height), max(1, height // 3))
    )


def has_logo(frames):
    """Whether something stands still in a corner of frames, uint8 (height, width, 3) alike, from all over a film."""
    edges = [cv2.Canny(_gray(rgb), 60, 150) > 0 for rgb in frames]
    if len(edges) < FRAMES:
        return False
    still = np.mean(edges, axis=0) >= STANDS
    rows, columns = (round(share * side) for share, side in zip(CORNER, still.shape, strict=True))
    return any(
        np.count_nonzero(still[vertical, horizontal]) >= EDGES
        for vertical in (slice(0, rows), slice(-rows, None))
        for horizontal in (slice(0, columns), slice(-columns, None))
    )


def _gray(rgb):
    size = (WIDTH, max(1, round(WIDTH * rgb.shape[0] / rgb.shape[1])))
    return cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
