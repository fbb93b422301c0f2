"""Several pictures on one sheet, each with its title below it."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS = 3
GAP = 16
PAPER, INK = (255, 255, 255), (32, 32, 32)


def contact_sheet(pictures: Sequence[tuple[str, np.ndarray]]) -> np.ndarray:
    """[(title, uint8 (height, width, 3))], all of one size -> the sheet, uint8, row by row from the top left."""
    height, width = pictures[0][1].shape[:2]
    columns, letters = min(COLUMNS, len(pictures)), max(12, round(0.05 * max(height, width)))
    rows, line = math.ceil(len(pictures) / columns), 2 * letters
    size = (columns * (width + GAP) + GAP, rows * (height + line) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(letters)
    for number, (title, picture) in enumerate(pictures):
        left, top = GAP + number % columns * (width + GAP), GAP + number // columns * (height + line)
        sheet.paste(Image.fromarray(picture), (left, top))
        pen.text((left + width / 2, top + height + 0.8 * letters), title, INK, font, anchor="mm")
    return np.asarray(sheet)
