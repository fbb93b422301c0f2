"""Styles: finding one (bundled, a run directory, a folder, a file) and reading what it says of itself.

A style is a folder of `style.json` (which network, built with which numbers, and words about it), `graph.json` (the
same network as a plain list of operations) and `generator.weights.h5` (Keras' own layout, in half precision). Nothing
in it is executed on loading.
"""

import hashlib
import json
import re
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from japananime.base.errors import UserError, reason
from japananime.styles import mixing
from japananime.styles.graph import GRAPH_FILE

DEFAULT = "cel"
# What a style turns into what. The second, where there is one, is a style by itself in a folder inside the first.
DIRECTIONS = ("photo2anime", "anime2photo")
# How the pictures that a style has learnt from were framed: as crops at any scale, or as whole squares of one size.
FRAMINGS = CROP, WHOLE = ("crop", "whole")
# Sides in pixels that those may have.
WHOLE_SIZES = range(16, 2049)
DESCRIPTION_FILE, WEIGHTS_FILE = "style.json", "generator.weights.h5"


@dataclass(frozen=True)
class Style:
    """What `style.json` says. `network` and `arguments` build the generator again.

    takes: what the generator makes pictures of, "photo" or "latent" (random numbers).
    trained: {"size": side of the training pictures in pixels, "framing": one of FRAMINGS}; crops where it is missing.
    """

    name: str
    network: str
    arguments: dict
    description: str = ""
    license: str = ""
    training: dict = field(default_factory=dict)
    takes: str = "photo"
    trained: dict = field(default_factory=dict)


def bundled_folder():
    """Where the styles that come with japananime are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parents[1]
    return next((place for place in (package / "checkpoints", package.parent / "checkpoints") if place.is_dir()), None)


def bundled():
    """Names of the bundled styles."""
    folder = bundled_folder()
    return sorted(path.parent.name for path in folder.glob(f"*/{DESCRIPTION_FILE}")) if folder else []


def find(name_or_path):
    """The path of a style: a bundled name, a run directory, a style folder, a `.keras` file, or a mixture of styles."""
    if name_or_path in bundled():
        return bundled_folder() / name_or_path
    path = Path(name_or_path)
    for place in (path, path / "style"):
        if (place / DESCRIPTION_FILE).is_file():
            return place
    if path.is_file():
        return path
    if "+" in str(name_or_path) and not path.exists():
        return _mixed(str(name_or_path))
    if path.is_dir():
        raise UserError(
            f"--style is '{path}', a folder without {DESCRIPTION_FILE}; accepted: a style's folder, or a run "
            "directory in which an epoch has ended"
        )
    raise UserError(
        f"--style is '{name_or_path}', neither a bundled style ({', '.join(bundled()) or 'none here'}) nor a path that "
        "exists; accepted: one of those names, a run directory, a style's folder, a .keras file, or a mixture such as "
        "daylight:0.6+pastel:0.4"
    )


def _mixed(text):
    """The folder of a mixture, made where it is not there yet."""
    names, shares = zip(*mixing.parts(text), strict=True)
    folders = [find(name) for name in names]
    for name, folder in zip(names, folders, strict=True):
        if folder.is_file():
            raise UserError(f"--style is '{text}': '{name}' is a file; only styles in folders can be mixed")
    described = [describe(folder) for folder in folders]
    first = described[0]
    for name, other in zip(names, described, strict=True):
        if (other.network, other.arguments, other.takes) != (first.network, first.arguments, first.takes):
            raise UserError(
                f"--style is '{text}': '{names[0]}' is of the network {first.network} {first.arguments}, '{name}' of "
                f"{other.network} {other.arguments}; only styles of one network can be mixed"
            )
    kind = hashlib.sha256(repr(shares).encode())
    for folder in folders:
        kind.update((folder / WEIGHTS_FILE).read_bytes())
    title = "-".join(f"{one.name}{round(100 * share)}" for one, share in zip(described, shares, strict=True))
    made = mixing.place() / f"{title}-{kind.hexdigest()[:12]}"
    if not (made / DESCRIPTION_FILE).is_file():
        _write_mixture(
            made,
            folders,
            shares,
            replace(first, name=title, description=f"Mixed of {text}.", training={"mixture": text}),
        )
    return made


def _write_mixture(made, folders, shares, style):
    """Write a mixture's folder, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=made.parent, prefix=".writing-") as temporary:
        folder = Path(temporary, "style")
        folder.mkdir()
        mixing.average([source / WEIGHTS_FILE for source in folders], shares, folder / WEIGHTS_FILE)
        (folder / GRAPH_FILE).write_bytes((folders[0] / GRAPH_FILE).read_bytes())
        (folder / DESCRIPTION_FILE).write_text(json.dumps(asdict(style), indent=2, ensure_ascii=False) + "\n", "utf-8")
        try:
            folder.rename(made)
        except OSError:  # another process was faster, and made the same
            if not (made / DESCRIPTION_FILE).is_file():
                raise


def portable(path):
    """What `find` finds a style by on another machine: a bundled one's name, else its path, which must be there too."""
    path = Path(path).resolve()
    if path.parent == mixing.place().resolve():
        return describe(path).training["mixture"]
    return path.name if bundled_folder() and path.parent == bundled_folder().resolve() else str(path)


def turned(path, direction):
    """The path of a found style's network for one of DIRECTIONS: the first is the style's own."""
    place = Path(path) if direction == DIRECTIONS[0] else Path(path, direction)
    if place != Path(path) and not (place / DESCRIPTION_FILE).is_file():
        raise UserError(
            f"--direction is {direction}, and the style '{path}' knows only {DIRECTIONS[0]}; styles of the family "
            "cyclegan know both"
        )
    return place


def title(path):
    """A style's short name, for the names of output files."""
    path = Path(path)
    return path.stem if path.is_file() else describe(path).name


def need(path, takes):
    """Raise UserError unless the style that `find` found makes its pictures of what the caller has."""
    path = Path(path)
    found = "photo" if path.is_file() else describe(path).takes
    if found != takes:
        how = {
            "latent": "it makes characters out of nothing; use it with python -m japananime.generate",
            "photo": "it makes pictures of photos; use it with python -m japananime.stylize",
        }
        raise UserError(f"--style is '{path}': {how.get(found, f'of an unknown kind ({found!r})')}")


def whole_size(path):
    """Side of the whole squares that a found style has learnt from, or 0 where that were crops of any scale."""
    trained = {} if Path(path).is_file() else describe(path).trained
    if not isinstance(trained, dict) or trained.get("framing") != WHOLE:
        return 0
    if trained.get("size") not in WHOLE_SIZES:
        raise UserError(
            f"{Path(path, DESCRIPTION_FILE)}: trained on whole squares of {trained.get('size')!r} pixels; accepted: "
            f"{min(WHOLE_SIZES)} to {max(WHOLE_SIZES)}"
        )
    return trained["size"]


def describe(folder):
    """The Style that a folder's `style.json` describes."""
    path = Path(folder, DESCRIPTION_FILE)
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        style = Style(**described)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{path}: not a style's description ({reason(error)})") from error
    # The name becomes part of file names; it comes with the style, from whoever made it.
    if not (isinstance(style.name, str) and re.fullmatch(r"[\w][\w .-]*", style.name)):
        raise UserError(f"{path}: the name is {style.name!r}; accepted: letters, digits, spaces, '_', '.' and '-'")
    return style
