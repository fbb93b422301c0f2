"""Which pictures in a dataset's folders were written by the building of it: those alone may be removed again.

What a person puts there stays. Names are noted before the first of the pictures is written, so that those of a building
that was killed are known to the next one.
"""

from collections.abc import Iterable
from pathlib import Path

from japananime.base import json_files
from japananime.base.files import write_bytes
from japananime.datasets import index as dataset_index

NOTED = "written.txt"


def note(out: Path, files: Iterable[str]) -> None:
    """Note files, as "train/anime/NAME.jpg", beside those that are noted."""
    _write(out, _noted(out) | set(files))


def keep(out: Path, places: Iterable[str], files: Iterable[str]) -> None:
    """Remove what is noted and is none of these files; afterwards these are noted. places: folders in the dataset."""
    wanted = set(files)
    mine = _noted(out)
    for place in places:
        for path in (out / place).iterdir():
            name = f"{place}/{path.name}"
            if name in mine and name not in wanted and not path.is_dir():
                path.unlink()
    _write(out, wanted)


def _noted(out: Path) -> set[str]:
    if (out / NOTED).is_file():
        return set((out / NOTED).read_text(encoding="utf-8", errors="surrogateescape").splitlines())
    # Datasets of earlier versions have an index alone.
    if (out / dataset_index.INDEX).is_file():
        read = json_files.read(out / dataset_index.INDEX, "a dataset's index", most_bytes=dataset_index.MOST_BYTES)
        listed = read.get("images")
        images = listed if isinstance(listed, list) else []
        return {str(image["file"]) for image in images if isinstance(image, dict) and "file" in image}
    return set()


def _write(out: Path, files: set[str]) -> None:
    write_bytes(out / NOTED, "".join(f"{name}\n" for name in sorted(files)).encode(errors="surrogateescape"))
