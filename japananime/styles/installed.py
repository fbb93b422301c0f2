"""Styles that came as packages: those that were added under a name, and copies of those that were fetched or opened."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from japananime.base import json_files, temporary
from japananime.base.errors import UserError
from japananime.base.files import digest, refuse_other_kinds, sum_of_file, write_bytes
from japananime.base.json_files import TEXT, Field
from japananime.base.user_folders import cache_folder, data_folder
from japananime.styles import fetching, packages
from japananime.styles.description import DESCRIPTION_FILE, NAME, describe

# Beside a style's files: what it came from, and the SHA-256 of the package.
ORIGIN_FILE = "origin.json"
ORIGIN = {"from": Field(TEXT), "sha256": Field(TEXT)}


def added_folder() -> Path:
    """Where styles are that were added."""
    return data_folder() / "styles"


def kept_folder() -> Path:
    """Where copies are of packages that were named once."""
    return cache_folder() / "styles"


def is_package(source: str) -> bool:
    """Whether this is an address or a package's path, so that `opened` takes it."""
    return fetching.is_address(source) or source.lower().endswith(packages.SUFFIX)


def opened(source: str) -> Path:
    """The folder of a package by its address or path, opened, or fetched, the first time alone; raises UserError."""
    if not fetching.is_address(source):
        path = _file(source)
        known = sum_of_file(path)
        folder = kept_folder() / known[:16]
        if not (folder / ORIGIN_FILE).is_file():
            with _package(source, kept_folder()) as style:
                _put(style, folder)
        return folder
    wanted = fetching.address(source)
    folder = kept_folder() / digest(wanted.url.encode())
    if (folder / ORIGIN_FILE).is_file():
        known = origin(folder)["sha256"]
        if wanted.sha256 and known != wanted.sha256:
            raise UserError(
                f"{wanted.url} was fetched before and has the SHA-256 {known}; wanted was {wanted.sha256}; to fetch it "
                f"anew: japananime styles remove {wanted.url}"
            )
        return folder
    with _package(source, kept_folder()) as style:
        _put(style, folder)
    return folder


def add(source: str, name: str, reserved: list[str]) -> Path:
    """Add a package by its address or path, under a name, or the style's own; its folder. Raises UserError.

    reserved: names that are taken by others.
    """
    with _package(source, added_folder()) as style:
        name = name or describe(style).name
        if not NAME.fullmatch(name):
            raise UserError(f"--name is '{name}'; accepted: up to 100 letters, digits, spaces, '_', '.' and '-'")
        folder = added_folder() / name
        if name in reserved or folder.exists():
            raise UserError(f"there is a style '{name}' already; give this one another: --name NAME")
        _put(style, folder)
    return folder


def remove(name: str) -> str:
    """Remove a style by the name that it was added under, or a copy by its address or path; what it came from."""
    source = fetching.address(name).url if fetching.is_address(name) else str(Path(name).resolve())
    folder = added(name) or {origin(one)["from"]: one for one in kept()}.get(source)
    if folder is None:
        names = ", ".join(one.name for one in every_added())
        raise UserError(f"'{name}' is neither a style that was added ({names or 'none'}) nor one that was fetched")
    source = origin(folder)["from"]
    shutil.rmtree(folder)
    return source


def added(name: str) -> Path | None:
    """The folder of a style by the name that it was added under, if there is one."""
    folder = added_folder() / name if NAME.fullmatch(name) else None
    return folder if folder and (folder / DESCRIPTION_FILE).is_file() else None


def every_added() -> list[Path]:
    """The folders of all that were added, by name."""
    return _styles(added_folder())


def kept() -> list[Path]:
    """The folders of all copies."""
    return _styles(kept_folder())


def origin(folder: Path) -> dict[str, str]:
    """{"from": address or path, "sha256": of the package} of a style here."""
    return json_files.read(folder / ORIGIN_FILE, "where a style came from", ORIGIN)


def _styles(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{ORIGIN_FILE}"))


def _file(source: str) -> Path:
    path = Path(source)
    refuse_other_kinds(path)
    if not path.is_file():
        raise UserError(f"--style is '{source}', which is no file; accepted: a style's package, an address, a name")
    return path


@contextmanager
def _package(source: str, place: Path) -> Iterator[Path]:
    """A package opened in a folder that is gone afterwards, whatever happens, unless it was put elsewhere."""
    wanted = fetching.address(source) if fetching.is_address(source) else None
    path = None if wanted else _file(source)
    place.mkdir(parents=True, exist_ok=True)
    temporary.clear_abandoned([place])
    with temporary.working_folder(place) as work:
        package = path or Path(work, "package")
        known = fetching.fetch(wanted, package) if wanted else sum_of_file(package)
        style = Path(work, "style")
        style.mkdir()
        packages.unpack(package, style, wanted.url if wanted else path)
        said = {"from": wanted.url if wanted else str(package.resolve()), "sha256": known}
        write_bytes(style / ORIGIN_FILE, (json.dumps(said, indent=2) + "\n").encode())
        yield style


def _put(style: Path, folder: Path) -> None:
    try:
        style.rename(folder)
    except OSError:  # another process was faster
        if not (folder / ORIGIN_FILE).is_file():
            raise
