"""Styles as packages: a style's folder in one zip file, made here and opened within bounds.

A package comes from anybody. What it may hold is a short list of names at its top, each with a size; a list of
SHA-256 sums among them says what the others must be. Nothing in it is executed, and one fault refuses it whole.
"""

import hashlib
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from japananime.base import json_files, temporary
from japananime.base.errors import UserError, disk_is_full, reason
from japananime.base.files import refuse_other_kinds, sum_of_file, whole
from japananime.image import files as image_files
from japananime.styles import cards, graph, weights
from japananime.styles.description import DESCRIPTION_FILE, describe
from japananime.styles.graph import GRAPH_FILE
from japananime.styles.weights import WEIGHTS_FILE

SUFFIX = ".zip"
SUMS_FILE = "SHA256SUMS"
REQUIRED = (DESCRIPTION_FILE, GRAPH_FILE, WEIGHTS_FILE)
# What may be in a package, and the most bytes of each.
MEMBERS = {
    SUMS_FILE: 10_000,
    DESCRIPTION_FILE: json_files.MOST_BYTES,
    GRAPH_FILE: json_files.MOST_BYTES,
    WEIGHTS_FILE: 200_000_000,
    cards.CARD_FILE: 1_000_000,
    "preview.jpg": 10_000_000,
}
MOST_BYTES = sum(MEMBERS.values())
CHUNK = 1 << 20
# The oldest date that a zip file can hold: the same style becomes the same bytes, and so the same sum.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(folder: Path, target: Path, licence: str = "") -> str:
    """Write a style's folder as a package, the card with what model hubs read; its SHA-256 in hexadecimal.

    licence: in place of what the style says, which may be nothing. Raises UserError where the package would be refused.
    """
    description = describe(folder)
    if not (licence or description.license):
        raise UserError(f"'{folder}' says no licence, without which nobody may use it; name one: --license CC-BY-4.0")
    if missing := [name for name in REQUIRED if not (folder / name).is_file()]:
        raise UserError(f"'{folder}' lacks {', '.join(missing)}; save the style anew by training on")
    contents = {name: (folder / name).read_bytes() for name in MEMBERS if (folder / name).is_file()}
    contents[cards.CARD_FILE] = cards.card(folder, licence).encode()
    contents[SUMS_FILE] = "".join(
        f"{_sum(content)}  {name}\n" for name, content in sorted(contents.items()) if name != SUMS_FILE
    ).encode()
    with whole(target) as unfinished:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in (name for name in MEMBERS if name in contents):
                archive.writestr(zipfile.ZipInfo(name, LONG_AGO), contents[name], zipfile.ZIP_DEFLATED)
        with temporary.working_folder(target.parent) as trial:
            unpack(unfinished, Path(trial), target)
        return sum_of_file(unfinished)


def unpack(package: Path, folder: Path, about: Path | str | None = None) -> None:
    """Open a package into an empty folder; raises UserError with what is wrong with it, where anything is.

    about: what messages call it, where that is not its path.
    """
    refuse_other_kinds(package)
    try:
        size = package.stat().st_size
        if size > MOST_BYTES:
            raise UserError(f"{size} bytes; accepted: up to {MOST_BYTES}")
        with zipfile.ZipFile(package) as archive:
            for member in _accepted(archive):
                _extract(archive, member, folder / member.filename)
        _check_sums(folder)
        _check_style(folder)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OSError) as error:
        if disk_is_full(error):
            raise UserError(f"{folder.parent}: {reason(error)}; the package is not to blame") from error
        raise UserError(f"{about or package}: not a style's package ({reason(error)})") from error
    except UserError as error:
        text = str(error).replace(f"{folder}/", "")
        raise UserError(f"{about or package}: not a style's package ({text})") from error


def _accepted(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members of a package, none of which has been read yet."""
    members = archive.infolist()
    names = [member.filename for member in members]
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        shown = json_files.shown(member.filename)
        if member.filename not in MEMBERS:
            raise UserError(f"it holds {shown}; accepted: {', '.join(MEMBERS)}")
        if kind not in (0, stat.S_IFREG):
            raise UserError(f"{shown} is a link or a device; it must be a file")
        if member.flag_bits & 1:
            raise UserError(f"{shown} is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UserError(f"{shown} is packed in an unusual way; accepted: deflated, or uncompressed")
        if member.file_size > MEMBERS[member.filename]:
            raise UserError(f"{shown} is {member.file_size} bytes; accepted: up to {MEMBERS[member.filename]}")
        if names.count(member.filename) > 1:
            raise UserError(f"it holds {shown} twice")
    if missing := [name for name in (SUMS_FILE, *REQUIRED) if name not in names]:
        raise UserError(f"it lacks {', '.join(missing)}")
    return members


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Write one member, and no more of it than it claims to be, whatever its packed bytes would become."""
    left = member.file_size
    with archive.open(member) as packed, target.open("wb") as file:
        while part := packed.read(CHUNK):
            left -= len(part)
            if left < 0:
                raise UserError(f"{member.filename!r} is larger than it claims")
            file.write(part)
    if left:
        raise UserError(f"{member.filename!r} is smaller than it claims")


def _check_sums(folder: Path) -> None:
    """Raise UserError unless the list of sums is of exactly the other files, and right."""
    lines = (folder / SUMS_FILE).read_text(encoding="ascii").splitlines()
    said = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    found = {path.name for path in folder.iterdir()} - {SUMS_FILE}
    if said.keys() != found:
        raise UserError(f"{SUMS_FILE} is not of the files that are there")
    for name, value in sorted(said.items()):
        if sum_of_file(folder / name) != value:
            raise UserError(f"'{name}' has another SHA-256 than {SUMS_FILE} says")


def _check_style(folder: Path) -> None:
    """Raise UserError unless the files are those of one style."""
    describe(folder)
    network = graph.read(folder)
    path = folder / WEIGHTS_FILE
    tensors = weights.read(path)
    if network:
        weights.check_shapes(path, tensors, network)
    if (folder / cards.CARD_FILE).exists():
        (folder / cards.CARD_FILE).read_text(encoding="utf-8")
    if (folder / "preview.jpg").exists():
        image_files.read(folder / "preview.jpg")


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
