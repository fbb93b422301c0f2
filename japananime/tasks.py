"""What a stylising is to make of what: input files and folders to pairs of source and target."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from japananime import pictures
from japananime.errors import UserError

FORMATS = ("jpg", "png", "webp")


@dataclass(frozen=True)
class Task:
    """One picture to make."""

    source: Path
    target: Path


def plan(inputs, out, title, image_format=None):
    """What to make of what: [Task], with no two targets alike and none of them an input.

    A folder's pictures keep their places below `out`, or below FOLDER-title; a file's is FILE-title beside it.
    """
    inputs = [Path(name) for name in inputs]
    for path in inputs:
        if not path.exists():
            raise UserError(f"--in is '{path}', which does not exist; it must be a photo or a folder of photos")
    out = Path(out) if out else None
    one_file = len(inputs) == 1 and inputs[0].is_file()
    if out and one_file and out.suffix.lower().lstrip(".") in (*FORMATS, "jpeg") and not out.is_dir():
        tasks = [Task(inputs[0], out)]
    else:
        if out and out.is_file():
            raise UserError(f"--out is '{out}', which is a file; it must be a folder for these inputs")
        tasks = [task for path in inputs for task in _tasks_of(path, out, title, image_format)]
    _refuse_overwriting(tasks)
    return tasks


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


def _refuse_overwriting(tasks):
    sources = {task.source.resolve() for task in tasks}
    targets = {}
    for task in tasks:
        target = task.target.resolve()
        if target in sources:
            raise UserError(f"--out would overwrite the photo '{task.target}'; give another folder")
        if target in targets:
            raise UserError(f"'{task.source}' and '{targets[target]}' would both become '{task.target}'; do them apart")
        targets[target] = task.source
