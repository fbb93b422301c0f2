"""The faces of a photo in a style, the rest of it as it is or in another: `--faces`. Detectors are imported on use."""

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.faces import squares
from japananime.image.resize import resize
from japananime.inference import tiling
from japananime.inference.coarse_to_fine import TwoPasses
from japananime.inference.loading import EngineOptions
from japananime.inference.roles import Engine
from japananime.styles import folder as style_folder
from japananime.styles.description import WHOLE_SIZES
from japananime.styles.folder import Style

# Around a face, as a share of it on every side: what tools/face_crop.py leaves around the faces that styles learn from.
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
    engine for what is not a face, or None where that stays as it is.
    """

    def __init__(
        self,
        engine: Engine,
        detect: Callable[[np.ndarray], np.ndarray],
        size: int = 0,
        margin: float = MARGIN,
        drawn_at: int = 0,
        rest: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        self.engine, self.detect, self.rest = engine, detect, rest
        self.size, self.margin, self.drawn_at = size, margin, drawn_at

    def __call__(self, rgb: np.ndarray) -> np.ndarray | None:
        """uint8 (height, width, 3) -> the same with its faces in the style, or None where nothing is to be done."""
        boxes = self._find(rgb)
        if not len(boxes) and self.rest is None:
            return None
        picture = self.rest(rgb) if self.rest else rgb
        # Every face is drawn from the photo itself, not from what a neighbour has become; the surest lies on top.
        for box in boxes[::-1]:
            angle = squares.tilt(box[4:6], box[6:8], box[2]) if len(box) > 4 else 0.0
            square = squares.around(box, self.margin, angle)
            face = squares.cut(rgb, square)
            picture = squares.put_back(picture, self._draw(face, min(rgb.shape[:2])), square)
        return picture

    def _draw(self, face: np.ndarray, short_side: int) -> np.ndarray:
        """A face, uint8 (side, side, 3), in the style. short_side: the photo's."""
        if self.size:
            return resize(self.engine(resize(face, (self.size, self.size))), face.shape)
        if not self.drawn_at:
            return self.engine(face)
        # Drawn small first by as much as the whole photo would be, so that lines come out as broad.
        return TwoPasses(self.engine, self.drawn_at * len(face) / short_side)(face)

    def _find(self, rgb: np.ndarray) -> np.ndarray:
        """Boxes of the faces, surest first."""
        height, width = rgb.shape[:2]
        scale = min(1.0, LOOKED_AT / min(height, width))
        boxes = self.detect(resize(rgb, (round(height * scale), round(width * scale))) if scale < 1 else rgb)
        return boxes / [scale if column != 3 else 1 for column in range(boxes.shape[1])]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags for faces."""
    group = parser.add_argument_group("faces")
    group.add_argument(
        "--faces",
        nargs="?",
        const=True,
        metavar="STYLE",
        help="turn the faces in photos alone, the rest stays as it is; with a STYLE for faces, they are drawn in that "
        "and the rest in --style; takes TensorFlow",
    )
    group.add_argument(
        "--face-size",
        type=int,
        metavar="N",
        help="side in pixels at which the network sees a face, 0: as found (default: that of the style's training "
        "where it has learnt whole squares; as found with others)",
    )
    group.add_argument(
        "--face-margin",
        type=float,
        metavar="X",
        help="around a face, as a share of its size, as the faces that the style was trained on were cut out "
        f"(default {MARGIN}, as tools/face_crop.py has)",
    )


def check(parsed: argparse.Namespace, films: Sequence) -> None:
    """Raise UserError where a command line asks for what cannot be done with faces."""
    if not parsed.faces:
        for flag, value in (("size", parsed.face_size), ("margin", parsed.face_margin)):
            if value is not None:
                raise UserError(f"--face-{flag} is {value}, which says something about --faces; give that too")
        return
    if parsed.face_size and parsed.face_size not in WHOLE_SIZES:
        least, most = min(WHOLE_SIZES), max(WHOLE_SIZES)
        raise UserError(f"--face-size is {parsed.face_size}; it must be 0, or {least} to {most}")
    if parsed.face_margin is not None and not 0 <= parsed.face_margin <= MOST_MARGIN:
        raise UserError(f"--face-margin is {parsed.face_margin}; it must be 0 to {MOST_MARGIN:g}")
    if films:
        raise UserError(
            f"--faces is for photos, and '{films[0].source}' is a film: detected separately in every frame, faces would flicker; "
            "give photos alone"
        )
    if parsed.cluster:
        raise UserError("--faces works on this machine alone; leave out --cluster")
    if parsed.faces is not True:
        style_folder.find(parsed.faces).turned(parsed.direction).need("photo")
    cli.load_tensorflow("cv2", "mtcnn")


def load_chosen(parsed: argparse.Namespace, style: Style, options: EngineOptions) -> FacesEngine:
    """The FacesEngine that a command line asks for. style: of --style."""
    if parsed.faces is True:
        return load(style, options, parsed.face_size, parsed.face_margin)
    of_faces = style_folder.find(parsed.faces).turned(parsed.direction)
    return load(of_faces, options, parsed.face_size, parsed.face_margin, rest=options.load(style))


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
    return FacesEngine(alone, detect, size, MARGIN if margin is None else margin, options.drawn_at, rest)
