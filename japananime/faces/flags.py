"""What a command line says of faces: `--faces`, and what belongs to it."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from japananime.base.errors import UserError
from japananime.base.files import fingerprint
from japananime.base.settings import Settings, from_flags, setting
from japananime.base.settings import add_flags as add_settings
from japananime.faces import engine
from japananime.faces.engine import MARGIN, MOST_MARGIN, FacesEngine
from japananime.inference.loading import EngineOptions
from japananime.styles import folder as style_folder
from japananime.styles.description import WHOLE_SIZES
from japananime.styles.folder import Style

# --faces without a style; no style is called so.
USUAL = "*"
RESTS = ("style", "photo")


@dataclass(frozen=True)
class FacesOptions(Settings):
    """What a command line says of faces.

    style: that draws them, as `styles.folder.find` takes it, and its direction. alone: whether the rest stays as it is.
    """

    style: str
    direction: str
    rest: str | None = setting(
        None, "what is not a face: drawn in --style, or left as it is in the photo", choices=RESTS, usual="style"
    )
    face_size: int | None = setting(
        None,
        "side in pixels at which the network sees a face, 0: as found",
        usual="that of the style's training where it has learnt whole squares; as found with others",
    )
    face_margin: float | None = setting(
        None,
        "around a face, as a share of its size, as the faces that the style was trained on were cut out",
        least=0,
        most=MOST_MARGIN,
        usual=f"{MARGIN}, as tools/face_crop.py has",
    )
    alone: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.face_size and self.face_size not in WHOLE_SIZES:
            least, most = min(WHOLE_SIZES), max(WHOLE_SIZES)
            raise UserError(f"--face-size is {self.face_size}; it must be 0, or {least} to {most}")

    def load(self, style: Style, options: EngineOptions) -> FacesEngine:
        """The FacesEngine that is asked for. style: that draws the rest."""
        rest = None if self.alone else options.load(style)
        of_faces = style_folder.find(self.style).in_direction(self.direction)
        return engine.load(of_faces, options, self.face_size, self.face_margin, rest)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags for faces."""
    group = parser.add_argument_group("faces")
    group.add_argument(
        "--faces",
        nargs="?",
        const=USUAL,
        metavar="STYLE",
        help="draw people's faces in a STYLE of their own, all else in --style (default "
        f"{style_folder.DEFAULT_FACES}, or --style itself where that has learnt faces; all else stays then)",
    )
    add_settings(group, FacesOptions)


def inputs_after(parsed: argparse.Namespace) -> list[str]:
    """What follows --faces where that is a photo, a film or a folder, no style: `stylize --faces photo.jpg`."""
    given = parsed.faces
    if given is None or given == USUAL or not Path(given).exists():
        return []
    try:
        style_folder.find(given)
    except UserError:
        parsed.faces = USUAL
        return [given]
    return []


def check(parsed: argparse.Namespace) -> None:
    """Raise UserError where a command line asks for what cannot be done with faces."""
    if not parsed.faces:
        for flag in ("face_size", "face_margin", "rest"):
            if (value := vars(parsed).get(flag)) is not None:
                name = flag.replace("_", "-")
                raise UserError(f"--{name} is {value}, which says something about --faces; give that too")
        return
    chosen(parsed)
    _of_faces(parsed).need("photo")
    if _itself(parsed) and vars(parsed).get("rest") == "style":
        raise UserError(
            f"--rest is style, and --style '{parsed.style}' has learnt faces alone; give it by --faces, and another by "
            "--style"
        )


def told(parsed: argparse.Namespace) -> str:
    """A text that tells what a command line says of faces from what others say."""
    if not parsed.faces:
        return ""
    path = _of_faces(parsed).path
    style = fingerprint([file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path])
    options = chosen(parsed)
    return f" faces {style} {options.face_size} {options.face_margin} {options.rest}"


def chosen(parsed: argparse.Namespace) -> FacesOptions:
    """The FacesOptions of a command line with --faces."""
    alone = _itself(parsed) or vars(parsed).get("rest") == "photo"
    style = style_folder.find(_name(parsed)).portable()
    return from_flags(FacesOptions, parsed, style=style, direction=parsed.direction, alone=alone)


def _itself(parsed: argparse.Namespace) -> bool:
    """Whether it is --style that is to draw the faces: no other is named, and it has learnt such."""
    return parsed.faces == USUAL and bool(parsed.style) and style_folder.find(parsed.style).whole_size > 0


def _of_faces(parsed: argparse.Namespace) -> Style:
    """The style that draws the faces."""
    return style_folder.find(_name(parsed)).in_direction(parsed.direction)


def _name(parsed: argparse.Namespace) -> str:
    if parsed.faces != USUAL:
        return parsed.faces
    return parsed.style if _itself(parsed) else style_folder.DEFAULT_FACES
