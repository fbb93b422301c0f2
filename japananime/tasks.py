"""What a stylising is to make of what: input files and folders to pairs of source and target."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from japananime import pictures
from japananime.errors import UserError

FORMATS = ("jpg", "png", "webp")


@dataclass(frozen=True)
class Task:
    """One picture to make, and where it goes beside its photo if that is wanted."""

    source: Path
    target: Path
    comparison: Path | None = None


def plan(inputs, out, title, image_format=None, compare=False):
    """What to make of what: [Task], with no two outputs alike and none of them an input.

    A folder's pictures keep their places below `out`, or below FOLDER-title; a file's is FILE-title beside it.
    """
    inputs = [Path(name) for name in inputs]
    for path in inputs:
        if not path.exists():
            raise UserError(f"--in is '{path}', which does not exist; it must be a photo or a folder of photos")
    out = Path(out) if out else None
    if out and len(inputs) == 1 and inputs[0].is_file() and out.suffix and not out.is_dir():
        tasks = [Task(inputs[0], _file_name(out, image_format))]
    else:
        if out and out.is_file():
            raise UserError(f"--out is '{out}', which is a file; it must be a folder for these inputs")
        tasks = [task for path in inputs for task in _tasks_of(path, out, title, image_format)]
    if compare:
        tasks = [replace(task, comparison=task.target.with_stem(f"{task.target.stem}-compare")) for task in tasks]
    refuse_overwriting(tasks)
    return tasks


def _file_name(out, image_format):
    """`out`, if it names a picture that can be written, in the format asked for."""
    kind = out.suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if kind not in FORMATS:
        raise UserError(f"--out is '{out}'; a picture can be written as .jpg, .png or .webp")
    if image_format and image_format != kind:
        raise UserError(f"--out is '{out}' and --format is {image_format}; they must agree")
    return out


def _tasks_of(path, out, title, image_format):
    if path.is_file():
        return [Task(path, (out or path.parent) / f"{path.stem}-{title}{_suffix(path, image_format)}")]
    root = out or path.resolve().with_name(f"{path.resolve().name}-{title}")
    found = pictures.find(path)[0]
    if root.resolve() != path.resolve():  # pictures made before, where they lie below the photos, are no photos
        found = [file for file in found if root.resolve() not in file.resolve().parents]
    if not found:
        raise UserError(f"--in is '{path}', a folder without photos ({', '.join(pictures.EXTENSIONS)})")
    targets = [root / file.relative_to(path).with_suffix(_suffix(file, image_format)) for file in found]
    # a.jpg and a.bmp of one folder would both become a.png: such names keep the extension they had.
    names = Counter(str(target).lower() for target in targets)
    return [
        Task(file, target if names[str(target).lower()] == 1 else target.with_stem(file.name))
        for file, target in zip(found, targets, strict=True)
    ]


def _suffix(path, image_format):
    if image_format:
        return f".{image_format}"
    return path.suffix if path.suffix.lower().lstrip(".") in (*FORMATS, "jpeg") else ".png"


def refuse_overwriting(tasks):
    """Raise UserError if a task would write over a source, or two of them the same file."""
    # In lower case, since names that differ in that alone are one file on some systems.
    sources = {str(task.source.resolve()).lower() for task in tasks}
    targets = {}
    for task in tasks:
        for path in filter(None, (task.target, task.comparison)):
            target = str(path.resolve()).lower()
            if target in sources:
                raise UserError(f"--out would overwrite '{path}'; give another name or folder")
            if target in targets:
                raise UserError(f"'{task.source}' and '{targets[target]}' would both become '{path}'; do them apart")
            targets[target] = task.source
