"""The faces of a photo in a style, the rest of it as it is or in another. Detectors are imported on use."""

from collections.abc import Callable

import numpy as np

from japananime.base.errors import UserError
from japananime.faces import proportions, skin, squares
from japananime.faces.squares import Square
from japananime.image.resize import resize
from japananime.inference import tiling
from japananime.inference.loading import EngineOptions
from japananime.inference.protocols import Engine
from japananime.inference.two_passes import TwoPasses
from japananime.styles import folder as style_folder
from japananime.styles.folder import Style

# Around a face, as a share of it on every side; tools/face_crop.py leaves as much around the faces it cuts out.
MARGIN, MOST_MARGIN = 0.2, 2.0
# Pictures whose short side is longer are looked through at this; and the smallest faces looked for there.
LOOKED_AT, SMALLEST = 1080, 32
# A wrong find spoils the photo, so the detectors must be surer here than where faces are only collected.
SURE = 0.7


class FacesEngine:
    """An engine around an engine.

    engine, detect: see `inference/tiling.py` and `faces/detectors.py`; faces whose eyes the detector does not tell are
    taken for upright. size: side in pixels at which the engine is shown a face, or 0 for as found. margin: shown around
    it, as a share of it. drawn_at: as TwoPasses takes it for the whole photo, or 0; of use for faces as found. rest: an
    engine for what is not a face, or None where that stays as it is. bent: whether faces are given the proportions of
    anime first; they are then cut out as `proportions` does, without regard to the margin.
    """

    def __init__(
        self,
        engine: Engine,
        detect: Callable[[np.ndarray], np.ndarray],
        size: int = 0,
        margin: float = MARGIN,
        drawn_at: int = 0,
        rest: Callable[[np.ndarray], np.ndarray] | None = None,
        bent: bool = False,
    ):
        self.engine, self.detect, self.rest, self.bent = engine, detect, rest, bent
        self.size, self.margin, self.drawn_at = size, margin, drawn_at

    def __call__(self, rgb: np.ndarray) -> np.ndarray | None:
        """uint8 (height, width, 3) -> the same with its faces in the style, or None where nothing is to be done."""
        boxes = self.find(rgb)
        if not len(boxes) and self.rest is None:
            return None
        around = [self.around(box) for box in boxes[::-1]]  # the surest lies on top
        for square in around if self.bent else ():
            rgb = proportions.bend(rgb, square)
        picture = self.rest(rgb) if self.rest else rgb
        # Every face is drawn from the photo itself, not from what a neighbour has become.
        for square in around:
            face = squares.cut(rgb, square)
            picture = squares.put_back(picture, self.draw(face, min(rgb.shape[:2])), square)
        return picture

    def around(self, box: np.ndarray) -> Square:
        """The square that is drawn of a box that `find` gave."""
        if self.bent:
            return proportions.around(box)
        angle = squares.tilt(box[4:6], box[6:8], box[2]) if len(box) > 4 else 0.0
        return squares.around(box, self.margin, angle)

    def draw(self, face: np.ndarray, short_side: int) -> np.ndarray:
        """A face, uint8 (side, side, 3), in the style. short_side: the photo's."""
        drawn = self._drawn(face, short_side)
        return skin.keep(face, drawn) if self.bent else drawn

    def _drawn(self, face: np.ndarray, short_side: int) -> np.ndarray:
        if self.size:
            return resize(self.engine(resize(face, (self.size, self.size))), face.shape)
        if not self.drawn_at:
            return self.engine(face)
        # Drawn small first by as much as the whole photo would be, so that lines come out as broad.
        return TwoPasses(self.engine, self.drawn_at * len(face) / short_side)(face)

    def find(self, rgb: np.ndarray) -> np.ndarray:
        """Boxes of the faces, surest first."""
        height, width = rgb.shape[:2]
        scale = min(1.0, LOOKED_AT / min(height, width))
        boxes = self.detect(resize(rgb, (round(height * scale), round(width * scale))) if scale < 1 else rgb)
        boxes = boxes / [scale if column != 3 else 1 for column in range(boxes.shape[1])]
        # A face turned away has no eyes and chin that could be put where those of anime are.
        return boxes[[proportions.is_towards_us(box) for box in boxes]] if self.bent else boxes


def load(
    style: Style,
    options: EngineOptions,
    size: int | None = None,
    margin: float | None = None,
    rest: Callable[[np.ndarray], np.ndarray] | None = None,
) -> FacesEngine:
    """A FacesEngine around a style's engine.

    style: its direction tells what kind of faces to look for. size: side at which the engine sees a face, 0 for as
    found, None for what the style was trained for. margin: around a face, None for the usual one. rest: see
    FacesEngine.
    """
    from japananime.faces import detectors

    size = style.whole_size if size is None else size
    # At its own size a network sees just what it saw in training: a reflection all around would shift what instance
    # normalisation measures. What the border does to the picture lies beyond the mask.
    alone = options.load_tiling(style, margin=0 if size else tiling.MARGIN)
    photos = style.direction == style_folder.DIRECTIONS[0]
    detect = detectors.DETECTORS["photo" if photos else "anime"](smallest=SMALLEST, threshold=SURE)
    bent = photos and style.bends_faces
    if bent and margin is not None:
        raise UserError(
            f"--face-margin is {margin}; '{style.path}' has learnt faces in the proportions of anime, around which the "
            "eyes say how much is shown; leave it out"
        )
    return FacesEngine(alone, detect, size, MARGIN if margin is None else margin, options.drawn_at, rest, bent)
