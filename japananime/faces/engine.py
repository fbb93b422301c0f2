"""The faces of a photo in a style, and the rest of it as it is: `--faces`. Who finds faces is imported on use."""

from dataclasses import replace

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.faces import squares
from japananime.image.resize import resize
from japananime.inference import tiling
from japananime.inference.coarse_to_fine import TwoPasses
from japananime.styles import folder as style_folder

# Around a face, as a share of it on every side: what tools/face_crop.py leaves around the faces that styles learn from.
MARGIN, MOST_MARGIN = 0.2, 2.0
# Pictures whose short side is longer are looked through at this; and the smallest faces looked for there.
LOOKED_AT, SMALLEST = 1080, 32
# A wrong find spoils the photo, so the detectors must be surer here than where faces are only collected.
SURE = 0.7
# Families whose networks see whole faces in training, in one size. The others know pieces of pictures of any size.
OF_FACES = ("cyclegan",)
LEAST_SIZE, MOST_SIZE = 16, 2048


class OnlyFaces:
    """An engine around an engine.

    engine, detect: see `inference/tiling.py` and `faces/detectors.py`; faces whose eyes the detector does not tell are
    taken for upright. size: side in pixels at which the engine is shown a face, or 0 for as found. margin: shown around
    it, as a share of it. drawn_at: as TwoPasses takes it for the whole photo, or 0; of use for faces as found.
    """

    def __init__(self, engine, detect, size=0, margin=MARGIN, drawn_at=0):
        self.engine, self.detect = engine, detect
        self.size, self.margin, self.drawn_at = size, margin, drawn_at

    def __call__(self, rgb):
        """uint8 (height, width, 3) -> the same with its faces in the style, or None where there is no face."""
        boxes = self._find(rgb)
        made = rgb
        # Every face is drawn from the photo itself, not from what a neighbour has become; the surest lies on top.
        for box in boxes[::-1]:
            angle = squares.tilt(box[4:6], box[6:8], box[2]) if len(box) > 4 else 0.0
            square = squares.around(box, self.margin, angle)
            face = squares.cut(rgb, square)
            made = squares.put_back(made, self._draw(face, min(rgb.shape[:2])), square)
        return made if len(boxes) else None

    def _draw(self, face, short_side):
        """A face, uint8 (side, side, 3), in the style. short_side: the photo's."""
        if self.size:
            return resize(self.engine(resize(face, (self.size, self.size))), face.shape)
        if not self.drawn_at:
            return self.engine(face)
        # Drawn small first by as much as the whole photo would be, so that lines come out as broad.
        return TwoPasses(self.engine, self.drawn_at * len(face) / short_side)(face)

    def _find(self, rgb):
        """Boxes of the faces, surest first."""
        height, width = rgb.shape[:2]
        scale = min(1.0, LOOKED_AT / min(height, width))
        boxes = self.detect(resize(rgb, (round(height * scale), round(width * scale))) if scale < 1 else rgb)
        return boxes / [scale if column != 3 else 1 for column in range(boxes.shape[1])]


def add_flags(parser):
    """The flags for faces."""
    group = parser.add_argument_group("faces")
    group.add_argument(
        "--faces", action="store_true", help="turn the faces in photos alone, the rest stays as it is; takes TensorFlow"
    )
    group.add_argument(
        "--face-size",
        type=int,
        metavar="N",
        help="side in pixels at which the network sees a face, 0: as found (default: what a cyclegan style was trained "
        "for; as found with others)",
    )
    group.add_argument(
        "--face-margin",
        type=float,
        metavar="X",
        help="around a face, as a share of its size, as the faces that the style was trained on were cut out "
        f"(default {MARGIN}, as tools/face_crop.py has)",
    )


def check(parsed, films):
    """Raise UserError where a command line asks for what cannot be done with faces."""
    if not parsed.faces:
        for flag, value in (("size", parsed.face_size), ("margin", parsed.face_margin)):
            if value is not None:
                raise UserError(f"--face-{flag} is {value}, which says something about --faces; give that too")
        return
    if parsed.face_size and not LEAST_SIZE <= parsed.face_size <= MOST_SIZE:
        raise UserError(f"--face-size is {parsed.face_size}; it must be 0, or {LEAST_SIZE} to {MOST_SIZE}")
    if parsed.face_margin is not None and not 0 <= parsed.face_margin <= MOST_MARGIN:
        raise UserError(f"--face-margin is {parsed.face_margin}; it must be 0 to {MOST_MARGIN:g}")
    if films:
        raise UserError(
            f"--faces is for photos, and '{films[0].source}' moves: found anew in every frame, faces would flicker; "
            "give photos alone"
        )
    if parsed.cluster:
        raise UserError("--faces works on this machine alone; leave out --cluster")
    cli.load_tensorflow("cv2", "mtcnn")


def load(style, options, size=None, margin=None):
    """An OnlyFaces around a style's engine.

    style: a Style, whose direction tells what kind of faces to look for. options: loading.EngineOptions. size: side at
    which the engine sees a face, 0 for as found, None for what the style was trained for. margin: around a face, None
    for the usual one.
    """
    from japananime.faces import detectors

    size = trained_size(style) if size is None else size
    # At its own size a network sees just what it saw in training: a reflection all around would shift what instance
    # normalisation measures. What the border does to the picture lies beyond the mask.
    engine = replace(options, drawn_at=0).load(style, margin=0 if size else tiling.MARGIN)
    photos = style.direction == style_folder.DIRECTIONS[0]
    detect = detectors.DETECTORS["photo" if photos else "anime"](smallest=SMALLEST, threshold=SURE)
    return OnlyFaces(engine, detect, size, MARGIN if margin is None else margin, options.drawn_at)


def trained_size(style):
    """Side of the faces that a style was trained on, or 0 where it was not trained on faces of one size."""
    size = style.training.get("size") if style.training.get("family") in OF_FACES else 0
    return size if isinstance(size, int) and LEAST_SIZE <= size <= MOST_SIZE else 0
