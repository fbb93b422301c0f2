"""How published data sets lie on the disk once their archives are unpacked, so that they are used as they are."""

from collections.abc import Mapping
from pathlib import Path

from japananime.base.errors import UserError

WORDS = "trainA and trainB, or with style"

# {what a training calls it: where it may lie, the first that is there}, of CycleGAN's data sets and those of its kind:
# A is what pictures are made of, B is the anime.
SIDES = {"photos": ("trainA",), "anime": ("trainB",), "val_photos": ("testA",), "val_anime": ("testB",)}
# Of a style of AnimeGAN's, which shares its photos with the other styles beside it.
STYLE = {
    "anime": ("style",),
    "smooth": ("smooth",),
    "photos": ("train_photo", "../train_photo"),
    "val_photos": ("val", "../val"),
}


def find(directory: Path) -> dict[str, Path]:
    """The folders of a published data set by what a training calls them; {} where this is none.

    Raises UserError where it holds several styles, or one side without the other.
    """
    if found := _there(directory, SIDES):
        missing = [SIDES[name][0] for name in ("photos", "anime") if name not in found]
        if not missing:
            return found
        if "photos" in found or "anime" in found:
            raise UserError(f"--dataset is '{directory}', which has no {missing[0]}; it must have trainA and trainB")
    if (directory / "style").is_dir():
        return _there(directory, STYLE)
    styles = sorted(path.parent for path in directory.glob("*/style") if path.is_dir())
    if len(styles) > 1:
        names = ", ".join(path.name for path in styles)
        raise UserError(
            f"--dataset is '{directory}', which holds {len(styles)} styles ({names}); "
            f"give the folder of one, such as '{styles[0]}'"
        )
    return _there(styles[0], STYLE) if styles else {}


def _there(directory: Path, places: Mapping[str, tuple[str, ...]]) -> dict[str, Path]:
    found = {}
    for name, candidates in places.items():
        folders = [directory / candidate for candidate in candidates if (directory / candidate).is_dir()]
        if folders:
            found[name] = folders[0]
    return found
