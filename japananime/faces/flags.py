"""What a command line says of faces: `--faces`, and what belongs to it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from japananime.base.errors import UserError
from japananime.base.files import fingerprint
from japananime.faces import engine
from japananime.faces.engine import MARGIN, MOST_MARGIN, FacesEngine
from japananime.inference.loading import EngineOptions
from japananime.styles import folder as style_folder
from japananime.styles.description import WHOLE_SIZES
from japananime.styles.folder import Style

# --faces without a style; no style is called so.
USUAL = "*"
RESTS = ("style", "photo")


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
    group.add_argument(
        "--rest",
        choices=RESTS,
        help="what is not a face: drawn in --style, or left as it is in the photo (default style)",
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


def check(parsed: argparse.Namespace, films: Sequence, photos: Sequence) -> None:
    """Raise UserError where a command line asks for what cannot be done with the faces of films and photos."""
    if not parsed.faces:
        for flag in ("face_size", "face_margin", "rest"):
            if (value := getattr(parsed, flag)) is not None:
                name = flag.replace("_", "-")
                raise UserError(f"--{name} is {value}, which says something about --faces; give that too")
        return
    if parsed.face_size and parsed.face_size not in WHOLE_SIZES:
        least, most = min(WHOLE_SIZES), max(WHOLE_SIZES)
        raise UserError(f"--face-size is {parsed.face_size}; it must be 0, or {least} to {most}")
    if parsed.face_margin is not None and not 0 <= parsed.face_margin <= MOST_MARGIN:
        raise UserError(f"--face-margin is {parsed.face_margin}; it must be 0 to {MOST_MARGIN:g}")
    if films and parsed.speed != "full":
        raise UserError(f"--speed is {parsed.speed}, and --faces takes a first look that is slower; leave out one")
    if parsed.cluster and photos:
        raise UserError("--faces of photos works on this machine alone; leave out --cluster")
    _of_faces(parsed).need("photo")
    if _itself(parsed) and parsed.rest == "style":
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
    return f" faces {style} {parsed.face_size} {parsed.face_margin} {parsed.rest}"


@dataclass(frozen=True)
class FacesOptions:
    """What a command line says of faces, in words that other processes understand, too.

    style, direction: of what draws them, as `styles.folder.find` and `Style.turned` take it. rest: whether --style
    draws all else. size, margin: as `engine.load` takes them.
    """

    style: str
    direction: str
    rest: bool
    size: int | None
    margin: float | None

    def load(self, style: Style, options: EngineOptions) -> FacesEngine:
        """The FacesEngine that is asked for. style: of --style."""
        rest = options.load(style) if self.rest else None
        of_faces = style_folder.find(self.style).turned(self.direction)
        return engine.load(of_faces, options, self.size, self.margin, rest)


def chosen(parsed: argparse.Namespace) -> FacesOptions | None:
    """The FacesOptions of a command line, or None where it has no --faces."""
    if not parsed.faces:
        return None
    style = _found(parsed).portable()
    rest = not _itself(parsed) and parsed.rest != "photo"
    return FacesOptions(style, parsed.direction, rest, parsed.face_size, parsed.face_margin)


def _itself(parsed: argparse.Namespace) -> bool:
    """Whether it is --style that is to draw the faces: no other is named, and it has learnt such."""
    return parsed.faces == USUAL and bool(parsed.style) and style_folder.find(parsed.style).whole_size > 0


def _of_faces(parsed: argparse.Namespace) -> Style:
    """The style that draws the faces."""
    return _found(parsed).turned(parsed.direction)


def _found(parsed: argparse.Namespace) -> Style:
    """The same as it is before it is turned."""
    usual = parsed.style if _itself(parsed) else style_folder.DEFAULT_FACES
    return style_folder.find(usual if parsed.faces == USUAL else parsed.faces)
