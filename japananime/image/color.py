"""Light and colour of pictures: the weights of luma and chroma, blending, keeping colours, white behind transparency.

NumPy; pictures are uint8 (height, width, 3).
"""

from dataclasses import dataclass

import numpy as np

from japananime.base.settings import Settings, setting

# ITU-R BT.601, as everywhere in this package: RGB -> Y, and RGB -> U and V (`networks/pixels.py` has the same digits).
LUMA = np.array([0.299, 0.587, 0.114])
CHROMA = np.array([[-0.14713, -0.28886, 0.436], [0.615, -0.51499, -0.10001]])

ROWS = 128


@dataclass(frozen=True)
class Finish(Settings):
    """What becomes of the network's picture: with the photo's colours, and as strong as asked for."""

    strength: float = setting(1.0, "0 is the photo, 1 the style", least=0, most=1)
    keep_colors: bool = setting(False, "take lightness from the style and colours from the photo", switch=True)

    def __call__(self, photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """photo, picture: uint8 (height, width, 3) -> the same."""
        if self.strength == 1.0 and not self.keep_colors:
            return picture
        finished = np.empty_like(photo)
        # In between there are fractions, which take four times as much memory, so a few rows at a time.
        for top in range(0, len(photo), ROWS):
            rows = slice(top, top + ROWS)
            drawn = keep_colors(photo[rows], picture[rows]) if self.keep_colors else picture[rows]
            finished[rows] = blend(photo[rows], drawn, self.strength) if self.strength < 1.0 else drawn
        return finished


def blend(photo: np.ndarray, picture: np.ndarray, strength: float) -> np.ndarray:
    """strength 0 gives the photo, 1 the picture: uint8 (height, width, 3)."""
    return to_bytes(photo + strength * (picture.astype(np.float32) - photo))


def keep_colors(photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The picture's light and dark with the photo's colours: BT.601 luma of one, chroma of the other.

    Where a colour as strong as the photo's cannot be as light or dark as the picture, the colour gives way.
    """
    change = (picture.astype(np.float32) - photo) @ LUMA.astype(np.float32)
    return to_bytes(photo + change[..., None])


def keep_chroma(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Light and dark of a picture with the colours of another: its chroma exactly, but for rounding to bytes.

    Where a colour as strong as the reference's cannot be as light or dark as the picture, lightness gives way.
    """
    colors = reference.astype(np.float64)
    chroma = colors - (colors @ LUMA)[..., None]
    luma = np.clip(picture @ LUMA, -chroma.min(axis=-1), 255 - chroma.max(axis=-1))
    return to_bytes(luma[..., None] + chroma)


def on_white(rgb: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """A picture with transparency, uint8 (height, width), laid on white."""
    share = alpha[..., None].astype(np.uint16)
    return ((rgb * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)


def to_bytes(levels: np.ndarray) -> np.ndarray:
    """0 to 255, rounded to the nearest level; what lies outside is clipped."""
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
