"""Styles: finding one (bundled, a run directory, a folder, a file) and reading what it says of itself.

A style is a folder of `style.json` (which network, built with which numbers, and words about it), `graph.json` (the
same network as a plain list of operations) and `generator.weights.h5` (Keras' own layout, in half precision). Nothing
in it is executed on loading.
"""

import difflib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from japananime.base import temporary
from japananime.base.errors import UserError
from japananime.base.files import sum_of_file
from japananime.base.json_files import shown
from japananime.styles import graph, mixing, weights
from japananime.styles.description import BENT, DESCRIPTION_FILE, WHOLE, Description, describe
from japananime.styles.graph import GRAPH_FILE, Graph
from japananime.styles.weights import WEIGHTS_FILE

DEFAULT = "cel"
DEFAULT_CHARACTERS = "portraits"
DEFAULT_FACES = "people"
KINDS = PHOTOS, FACES, CHARACTERS = ("photos", "faces", "characters")
# What a style turns into what. The second, where there is one, is a style by itself in a folder inside the first.
DIRECTIONS = ("photo2anime", "anime2photo")


# How a .keras file begins.
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Style:
    """A style that has been found and whose description has been read: what commands hand on.

    path: its folder, or a `.keras` file. description: what a folder says of itself, None of a file. direction: the one
    of DIRECTIONS in which it turns.
    """

    path: Path
    description: Description | None
    direction: str = DIRECTIONS[0]

    @classmethod
    def at(cls, path: Path | str, direction: str = DIRECTIONS[0]) -> "Style":
        """The style at a path, a style's folder or a file."""
        path = Path(path)
        if path.is_file():
            _check_file(path)
            return cls(path, None, direction)
        return cls(path, describe(path), direction)

    @property
    def title(self) -> str:
        """Its short name, for the names of output files."""
        return self.description.name if self.description else self.path.stem

    @property
    def words(self) -> str:
        """What it says of itself in a sentence; nothing of a file."""
        return self.description.description if self.description else ""

    @property
    def takes(self) -> str:
        """What it makes pictures of: "photo" or "latent"."""
        return self.description.takes if self.description else "photo"

    @property
    def kind(self) -> str:
        """One of KINDS: whether it draws photos of all kinds, or faces alone, or makes characters out of nothing."""
        return CHARACTERS if self.takes == "latent" else FACES if self.whole_size else PHOTOS

    @property
    def training(self) -> dict[str, Any]:
        """What it says of how it was trained."""
        return self.description.training if self.description else {}

    @property
    def weights(self) -> Path:
        """The file of its weights; raises UserError where it is not the one that the style says it is."""
        if self.description is None:
            return self.path
        weights.check_sum(self.path / WEIGHTS_FILE, self.description.weights_sha256)
        return self.path / WEIGHTS_FILE

    @property
    def whole_size(self) -> int:
        """Side of the whole squares that it has learnt from, or 0 where that were crops of any scale."""
        trained = self.description.trained if self.description else {}
        return trained["size"] if trained.get("framing") in (WHOLE, BENT) else 0

    @property
    def bends_faces(self) -> bool:
        """Whether the faces of people that it has learnt from had the proportions of anime."""
        trained = self.description.trained if self.description else {}
        return trained.get("framing") == BENT

    def graph(self) -> Graph | None:
        """Its network as a list of operations, where it holds one; raises UserError where that makes no pictures."""
        found = graph.read(self.path) if self.description else None
        if found and self.takes == "photo" and not found.keeps_shape:
            raise UserError(
                f"{self.path / GRAPH_FILE}: its pictures are of another size than the photos, or not of three channels"
            )
        return found

    def need(self, takes: str) -> None:
        """Raise UserError unless it makes its pictures of what the caller has."""
        if self.takes != takes:
            how = {
                "latent": "it makes characters from scratch; use it with python -m japananime.generate",
                "photo": "it makes pictures of photos; use it with python -m japananime.stylize",
            }
            raise UserError(
                f"--style is '{self.path}': {how.get(self.takes, f'of an unknown kind ({shown(self.takes)})')}"
            )

    def in_direction(self, direction: str) -> "Style":
        """The style for one of DIRECTIONS."""
        if direction == self.direction:
            return self
        inside = self.path / direction
        if not (inside / DESCRIPTION_FILE).is_file():
            raise UserError(
                f"--direction is {direction}, and the style '{self.path}' knows only {self.direction}; styles of the "
                "family cyclegan know both"
            )
        return Style.at(inside, direction)

    def portable(self) -> str:
        """What `find` finds it by on another machine: a bundled one's name, else its path, which must be there too."""
        path, bundle = self.path.resolve(), bundled_folder()
        if path.parent in [folder.resolve() for folder in mixing.places()]:
            return str(self.training["mixture"])
        return path.name if bundle and path.parent == bundle.resolve() else str(path)


def _check_file(path: Path) -> None:
    """Raise UserError where a file cannot be what Keras writes, seen without Keras, which takes long to import."""
    # Keras' older formats can hold code, and their loader runs it.
    if path.suffix != ".keras":
        raise UserError(f"--style is '{path}'; accepted as a file: a Keras model that ends in .keras")
    with path.open("rb") as file:
        if file.read(len(ZIP)) != ZIP:
            raise UserError(f"--style is '{path}': not a Keras model file")


def bundled_folder() -> Path | None:
    """Where the styles that come with japananime are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parents[1]
    return next((place for place in (package / "checkpoints", package.parent / "checkpoints") if place.is_dir()), None)


def bundled() -> list[str]:
    """Names of the bundled styles, those that make characters among them."""
    folder = bundled_folder()
    return sorted(path.parent.name for path in folder.glob(f"*/{DESCRIPTION_FILE}")) if folder else []


def bundled_for_photos() -> list[str]:
    """Names of the bundled styles that make pictures of photos of all kinds."""
    return [style.title for style in opened(lambda sentence: None)]


def opened(tell: Callable[[str], None], kind: str = PHOTOS) -> list[Style]:
    """The bundled styles of one of KINDS; one that cannot be read is told of, in a sentence, and hides no other."""
    found = []
    for name in bundled():
        try:
            style = find(name)
        except UserError as error:
            tell(str(error))
        else:
            found += [style] if style.kind == kind else []
    return found


def find(name_or_path: Path | str) -> Style:
    """A style by a name, a run directory, a style folder, a `.keras` file, a package or its address, or a mixture."""
    bundle, path = bundled_folder(), Path(name_or_path)
    if bundle and name_or_path in bundled():
        return Style.at(bundle / name_or_path)
    for place in (path, path / "style"):
        if (place / DESCRIPTION_FILE).is_file():
            return Style.at(place)
    if packaged := _packaged(str(name_or_path)):
        return Style.at(packaged)
    if path.is_file():
        return Style.at(path)
    if "+" in str(name_or_path) and not path.exists():
        return _mixed(str(name_or_path))
    if path.is_dir():
        raise UserError(
            f"--style is '{path}', a folder without {DESCRIPTION_FILE}; accepted: a style's folder, or a run "
            "directory in which an epoch has ended"
        )
    near = difflib.get_close_matches(str(name_or_path), bundled(), 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    raise UserError(
        f"--style is '{name_or_path}'{meant}, neither a bundled style ({', '.join(bundled()) or 'none here'}) nor a "
        "path that exists; accepted: one of those names, a run directory, a style's folder, a package or its "
        "address (FILE.zip, https://HOST/style.zip, hf://USER/NAME), a .keras file, or a mixture such as "
        "daylight:0.6+pastel:0.4"
    )


def _packaged(text: str) -> Path | None:
    """The folder of a style that came as a package: by the package's address or path, or the name that it has here."""
    from japananime.styles import installed  # what it takes to open packages is imported where there may be one

    return installed.opened(text) if installed.is_package(text) else installed.added(text)


def _mixed(text: str) -> Style:
    """A mixture, made where it is not there yet."""
    names, shares = zip(*mixing.parts(text), strict=True)
    styles = [find(name) for name in names]
    descriptions = [style.description for style in styles if style.description]
    for name, style in zip(names, styles, strict=True):
        if style.description is None:
            raise UserError(f"--style is '{text}': '{name}' is a file; only styles in folders can be mixed")
    first = descriptions[0]
    for name, other in zip(names, descriptions, strict=True):
        if not _alike(other, first):
            fitting = [one.title for one in opened(lambda _: None) if _alike(one.description, first)]
            raise UserError(
                f"--style is '{text}': '{name}' has another network than '{names[0]}', and only styles of one network "
                f"can be mixed; accepted with '{names[0]}': "
                f"{', '.join(one for one in fitting if one != names[0]) or 'none of those bundled'}"
            )
    mark = hashlib.sha256(repr(shares).encode())
    for style in styles:
        weights.check(style.weights)
        mark.update(style.weights.read_bytes())
    title = "-".join(f"{one.name}{round(100 * share)}" for one, share in zip(descriptions, shares, strict=True))
    folder = mixing.place() / f"{title}-{mark.hexdigest()[:12]}"
    if not (folder / DESCRIPTION_FILE).is_file():
        description = replace(first, name=title, description=f"Mixed of {text}.", training={"mixture": text})
        _write_mixture(folder, styles, shares, description)
    return Style.at(folder)


def _alike(one: Description | None, other: Description) -> bool:
    wanted = (other.network, other.arguments, other.takes)
    return one is not None and (one.network, one.arguments, one.takes) == wanted


def _write_mixture(folder: Path, styles: list[Style], shares: tuple[float, ...], description: Description) -> None:
    """Write a mixture's folder, whole or not at all."""
    with temporary.working_folder(folder.parent) as work:
        unfinished = Path(work, "style")
        unfinished.mkdir()
        mixing.average([style.weights for style in styles], shares, unfinished / WEIGHTS_FILE)
        (unfinished / GRAPH_FILE).write_bytes((styles[0].path / GRAPH_FILE).read_bytes())
        replace(description, weights_sha256=sum_of_file(unfinished / WEIGHTS_FILE)).write(unfinished)
        try:
            unfinished.rename(folder)
        except OSError:  # another process was faster, and made the same
            if not (folder / DESCRIPTION_FILE).is_file():
                raise
