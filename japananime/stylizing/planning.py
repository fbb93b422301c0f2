"""What is to be made of what: files and folders, photos and films, to pairs of source and target, before any work."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from japananime.base import files
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.video import animations
from japananime.video.reading import containers
from japananime.video.writing.codecs import CODECS

FILM_SUFFIXES = (
    *sorted({one for codec in CODECS.values() for one in codec.suffixes}),
    *animations.EXTENSIONS,
)
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
# Photos whose formats, which cannot be written, lose a little, as JPEG does.
LOSSY = (".heic", ".heif", ".avif", ".jxl")


@dataclass(frozen=True)
class Task:
    """One picture or film to make, and where it goes beside its photo, or film, if that is wanted."""

    source: Path
    target: Path
    comparison: Path | None = None


@dataclass(frozen=True)
class Wanted:
    """What is to be made. title: of the style. format: of pictures, one of `WRITTEN`, or None for the photo's.

    codec: of films, see `video.writing.codecs.CODECS`. preview: a part of films alone. frames: folders are the frames
    of films.
    """

    title: str
    format: str | None = None
    compare: bool = False
    codec: str = "h264"
    preview: bool = False
    frames: bool = False


@dataclass(frozen=True)
class Plan:
    """All that is to be made. others: files in folders that are neither photos nor films.

    made: those that were made of others there in this style, and are not made into it again.
    """

    photos: tuple[Task, ...]
    films: tuple[Task, ...]
    others: tuple[Path, ...] = ()
    made: tuple[Path, ...] = ()

    @property
    def targets(self) -> list[Path]:
        """Every file that will be written."""
        return [path for task in (*self.photos, *self.films) for path in (task.target, task.comparison) if path]


@dataclass(frozen=True)
class _Entry:
    """A source, what it is, and its target: `folder` / a name of `stem` and `ending`. home: the folder it came from."""

    source: Path
    moves: bool
    home: Path
    folder: Path
    stem: str
    ending: str

    @property
    def target(self) -> Path:
        return self.folder / files.fitting(self.stem, self.ending)


def plan(inputs: Iterable[Path | str], out: Path | str | None, wanted: Wanted) -> Plan:
    """What to make of what, with no two targets alike and none of them an input.

    A folder's files keep their places below `out`, or below FOLDER-title; a file's is FILE-title in `out` or beside it.
    Files of one folder that would get the same name are told apart. Raises UserError.
    """
    given = list(inputs)
    if "" in given:
        raise UserError("--in is '', an empty path; it must be a photo, a film or a folder of them")
    paths = list(dict.fromkeys(map(Path, given)))
    for path in paths:
        files.refuse_other_kinds(path)
        if not path.exists():
            raise UserError(f"--in is '{path}', which does not exist; it must be a photo, a film or a folder of them")
    out = Path(out) if out else None
    others: list[Path] = []
    made: list[Path] = []
    if out and _names_a_file(out, paths):
        entries = [replace(_file(paths[0], None, wanted), folder=out.parent, stem=out.stem, ending=out.suffix)]
        _check_name(out, entries[0].moves, wanted.format)
        if wanted.preview and entries[0].moves:
            entries[0] = replace(entries[0], ending=f"-preview{out.suffix}")
    else:
        several = len(paths) > 1
        entries = [one for path in paths for one in _entries_in(path, out, several, wanted, others, made)]
    once: dict[tuple[Path, Path], _Entry] = {}
    for one in entries:
        once.setdefault((one.source.resolve(), one.target.resolve()), one)
    tasks = _tasks(_apart(list(once.values())), wanted.compare)
    refuse_overwriting([task for task, _ in tasks])
    photos, films = (tuple(task for task, moves in tasks if moves == kind) for kind in (False, True))
    return Plan(photos, films, tuple(others), tuple(made))


def refuse_overwriting(tasks: Sequence[Task]) -> None:
    """Raise UserError if a task would write over a source, or two of them the same file."""
    frames = (file for task in tasks if task.source.is_dir() for file in task.source.iterdir())
    sources = {_place(path) for path in (*(task.source for task in tasks), *frames)}
    targets: dict[str, Path] = {}
    for task in tasks:
        for path in filter(None, (task.target, task.comparison)):
            if _place(path) in sources:
                raise UserError(f"--out would overwrite '{path}'; give another name or folder")
            if other := targets.get(_place(path)):
                raise UserError(
                    f"'{task.source}' and '{other}' would both become '{path}'; give each an --out of its own"
                )
            targets[_place(path)] = task.source


def picture_suffix(path: Path, image_format: str | None = None) -> str:
    """The ending of what is made of a photo: that of the format asked for, else its own if that can be written."""
    if image_format:
        return f".{image_format}"
    if path.suffix.lower() in LOSSY:
        return ".jpg"
    return path.suffix if path.suffix.lower() in PICTURE_SUFFIXES else ".png"


def film_suffix(path: Path, codec: str) -> str:
    """The ending of what is made of a film or an animation: its own, if that can hold the codec."""
    if path.suffix.lower() in (*animations.EXTENSIONS, *CODECS[codec].suffixes):
        return path.suffix
    return ".mkv"  # Matroska takes whatever sound and subtitles there are


def _names_a_file(out: Path, inputs: list[Path]) -> bool:
    """Whether `out` is a file's name and not a folder's; raises UserError where a folder is needed."""
    single = len(inputs) == 1 and inputs[0].is_file()
    if out.is_dir() or (single and out.suffix):
        return not out.is_dir()
    if out.is_file():
        raise UserError(f"--out is '{out}', which is a file; it must be a folder for these inputs")
    if out.suffix.lower() in (*FILM_SUFFIXES, *image_files.EXTENSIONS):
        what = f"{len(inputs)} inputs are" if len(inputs) > 1 else f"'{inputs[0]}' is"
        raise UserError(f"--out is '{out}', the name of one file, and {what} given; it must be a folder")
    return False


def _check_name(out: Path, moves: bool, image_format: str | None) -> None:
    """Raise UserError unless a file of the name `out` can be written, in the format asked for."""
    if moves:
        if out.suffix.lower() not in FILM_SUFFIXES:
            raise UserError(f"--out is '{out}'; a film's name must end in {', '.join(FILM_SUFFIXES)}")
        return
    kind = image_files.kind(out)
    if kind not in image_files.WRITTEN:
        raise UserError(f"--out is '{out}'; a picture can be written as .jpg, .png or .webp")
    if image_format and image_format != kind:
        raise UserError(f"--out is '{out}' and --format is {image_format}; they must agree")


def _entries_in(
    path: Path, out: Path | None, several: bool, wanted: Wanted, others: list[Path], made: list[Path]
) -> list[_Entry]:
    """The sources in a folder; what else lies there is added to `others`, earlier results to `made`."""
    if path.is_file():
        return [_file(path, out, wanted)]
    path_name = path.resolve().name
    beside = path.resolve().with_name(files.fitting(path_name, f"-{wanted.title}"))
    if wanted.frames:
        place = (out / path_name if several else out) if out else beside
        ending = "-preview" if wanted.preview else ""
        return [_Entry(path, True, path.resolve().parent, place.parent, place.name, ending)]
    root = out or beside
    sources = files.walk(path)
    if root.resolve() != path.resolve():  # what was made before, where it lies below the photos, is no source
        sources = [file for file in sources if root.resolve() not in file.resolve().parents]
    home, entries = path.resolve(), []
    for file in sources:
        if _made_before(file, path, wanted.title):
            made.append(file)
            continue
        moves, folder = _moves(file), (root / file.relative_to(path)).parent
        if moves or file.suffix.lower() in image_files.EXTENSIONS:
            entries.append(_Entry(file, moves, home, folder, file.stem, _ending(file, moves, wanted)))
        else:
            others.append(file)
    if not entries:
        raise UserError(
            f"--in is '{path}', a folder without photos ({', '.join(image_files.EXTENSIONS)}) and without films"
        )
    return entries


def _made_before(file: Path, root: Path, title: str) -> bool:
    """Whether a file below `root` is named as what is made of a photo or folder that lies beside it."""
    mark = f"-{title}"
    stem = file.stem.removesuffix("-compare")
    photo = stem.removesuffix(mark)
    if photo not in ("", stem) and any(one.stem == photo for one in file.parent.iterdir()):
        return True
    folders = [one for one in file.parents if root in one.parents and one.name.endswith(mark) and one.name != mark]
    return any((one.parent / one.name.removesuffix(mark)).is_dir() for one in folders)


def _file(path: Path, out: Path | None, wanted: Wanted) -> _Entry:
    moves = _moves(path)
    ending = f"-{wanted.title}{_ending(path, moves, wanted)}"
    return _Entry(path, moves, path.resolve().parent, out or path.parent, path.stem, ending)


def _ending(path: Path, moves: bool, wanted: Wanted) -> str:
    if not moves:
        return picture_suffix(path, wanted.format)
    return ("-preview" if wanted.preview else "") + film_suffix(path, wanted.codec)


def _moves(path: Path) -> bool:
    """Whether a file is a film or an animation."""
    suffix = path.suffix.lower()
    return suffix in containers.EXTENSIONS or (suffix in animations.EXTENSIONS and animations.is_animated(path))


def _apart(entries: list[_Entry]) -> list[_Entry]:
    """The same, those of one folder that would become one file told apart.

    a.bmp and a.tif become a.bmp.png and a.tif.png; A.jpg and a.jpg become A.jpg and a-2.jpg.
    """
    counts = Counter((one.home, _place(one.target)) for one in entries)
    names = Counter(_place(one.source) for one in entries)
    alone = [counts[one.home, _place(one.target)] == 1 for one in entries]
    taken = {(one.home, _place(one.target)) for one, lone in zip(entries, alone, strict=True) if lone}
    distinct = []
    for one, lone in zip(entries, alone, strict=True):
        if not lone:
            # Names that differ in case alone are told apart by nothing but a number.
            one = one if names[_place(one.source)] > 1 else replace(one, stem=one.source.name)
            one = _free(one, taken)
        distinct.append(one)
    return distinct


def _free(one: _Entry, taken: set) -> _Entry:
    """The same with a number behind its stem if its target is taken; taken has it from now on."""
    each = (replace(one, stem=stem) for stem in files.numbered(one.stem))
    free = next(one for one in each if (one.home, _place(one.target)) not in taken)
    taken.add((free.home, _place(free.target)))
    return free


def _tasks(entries: list[_Entry], compare: bool) -> list[tuple[Task, bool]]:
    """[(Task, whether it is a film)]; a comparison is NAME-compare beside the target."""
    taken = {(one.home, _place(one.target)) for one in entries}
    tasks = []
    for one in entries:
        target, comparison = one.target, None
        if compare:
            suffix = "" if one.source.is_dir() else target.suffix
            stem = target.name.removesuffix(suffix)
            comparison = _free(replace(one, stem=stem, ending=f"-compare{suffix}"), taken).target
        tasks.append((Task(one.source, target, comparison), one.moves))
    return tasks


def _place(path: Path) -> str:
    # In lower case, since names that differ in that alone are one file on some systems.
    return str(path.resolve()).lower()
