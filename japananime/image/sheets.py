"""Pictures on one sheet, in rows, with their titles."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# Of a sheet in columns: the least side of its pictures, the height of the line of titles and its letters, in pixels.
LEAST_SHOWN, HEAD, LETTERS = 256, 20, 14


def grid(
    pictures: Sequence[np.ndarray] | np.ndarray,
    across: int,
    titles: Sequence[str] = (),
    *,
    line: int = 0,
    letters: int = 16,
    below: bool = False,
) -> np.ndarray:
    """uint8 (height, width, 3) each -> rows of `across` of them in cells as large as the largest, white where none is.

    titles: one for every picture or none, in lines of `line` pixels: above a picture's left, or in the middle below it.
    """
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (0, 1))
    height += line
    whole = Image.new("RGB", (across * width, -(-len(pictures) // across) * height), "white")
    for number, picture in enumerate(pictures):
        left, top = number % across * width, number // across * height
        whole.paste(Image.fromarray(picture), (left, top + (0 if below else line)))
        if titles:
            pen, font = ImageDraw.Draw(whole), ImageFont.load_default(letters)
            if below:
                pen.text((left + width / 2, top + height - line / 2), titles[number], "black", font, anchor="mm")
            else:
                pen.text((left + 4, top + 2), titles[number], "black", font)
    return np.asarray(whole)


def in_columns(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """{title: uint8 (count, height, width, 3)} -> one sheet (height, width, 3), about as wide as high.

    What belongs together side by side, its titles above it; small pictures are enlarged, each pixel a square.
    """
    factor = -(-LEAST_SHOWN // next(iter(columns.values())).shape[2])
    groups = list(zip(*columns.values(), strict=True))
    across = max(1, max(4, math.ceil((len(groups) * len(columns)) ** 0.5)) // len(columns))
    across = min(across, len(groups)) * len(columns)
    pictures = [picture.repeat(factor, axis=0).repeat(factor, axis=1) for group in groups for picture in group]
    width = pictures[0].shape[1]
    head = Image.new("RGB", (across * width, HEAD), "white")
    pen, font = ImageDraw.Draw(head), ImageFont.load_default(LETTERS)
    for number in range(across):
        pen.text((number * width + 4, 2), list(columns)[number % len(columns)], "black", font)
    return np.concatenate([np.asarray(head), grid(pictures, across)])
