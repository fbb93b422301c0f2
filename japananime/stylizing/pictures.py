"""One photo, or one frame of a film, into the style: all that is done around the network."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from japananime.base import temporary, terminal
from japananime.base.errors import ROOM, UserError, disk_is_full
from japananime.base.files import write_bytes
from japananime.base.settings import Settings, setting
from japananime.base.terminal import Bar, line
from japananime.image import files as image_files
from japananime.image.color import Finish
from japananime.inference.fixed_size import is_square
from japananime.styles.folder import Style
from japananime.stylizing import failures
from japananime.stylizing.planning import Plan, Task, Wanted

NAMED = 3  # files, or folders, at the end of many
# uint8 (height, width, 3) -> the same in the style, or None where there is nothing in the photo for it to change.
PictureEngine = Callable[[np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class PictureFiles(Settings):
    """How pictures are written."""

    format: str | None = setting(
        None, "of pictures", choices=image_files.WRITTEN, usual="the photo's; else png, heic: jpg"
    )
    quality: int = setting(95, "of jpg and webp", least=1, most=100)


def make_all(
    tasks: Sequence[Task], engine: PictureEngine, finish: Finish, quality: int, memory: int | None = None
) -> int:
    """Make every photo's picture, saying what came of them; returns how many could not be made.

    A full disk ends it, and raises UserError. memory: as `make_picture` takes it.
    """
    temporary.clear_abandoned(task.target.parent for task in tasks)
    finished: list[Task] = []
    unchanged = 0
    with terminal.without_chatter(), Bar(tasks, unit="picture", disable=True if len(tasks) == 1 else None) as bar:
        for task in bar:
            bar.set_postfix_str(task.source.name)
            try:
                if not make_picture(task, engine, finish, quality, memory):
                    unchanged += 1
                    bar.write(f"no face found, left unchanged: {terminal.line(task.source)}")
                finished.append(task)
            except Exception as error:
                text = failures.describe(error, task.source)
                if disk_is_full(error):
                    raise UserError(f"{text}; {len(finished)} of {len(tasks)} pictures are made; {ROOM}") from error
                bar.write(f"skipped: {terminal.line(text)}", file=sys.stderr)
    faceless = f", {unchanged} without a face" if unchanged else ""
    print(f"{len(finished)} of {len(tasks)} pictures made{faceless}{terminal.line(_where(finished))}")
    return len(tasks) - len(finished)


def tell_of_plan(plan: Plan, wanted: Wanted) -> None:
    """Say on standard error what of the files that were named is not made, or not as it was asked for."""
    image_files.tell_of(plan.others)
    if plan.made:
        count = f"{len(plan.made)} file{' was' if len(plan.made) == 1 else 's were'} made earlier in this style"
        print(line(f"note: {count}, '{plan.made[0]}' for one, and passed over"), file=sys.stderr)
    if wanted.preview and plan.photos:
        print("note: --preview is for films; photos are made whole", file=sys.stderr)


def tell_of_faces(style: Style, tasks: Sequence[Task]) -> None:
    """Say so where a style that has learnt faces alone, or whole squares, is to make pictures of anything."""
    if style.bends_faces and tasks:
        print(f"the style '{style.title}' has learnt faces alone; --faces {style.title} draws those in a photo with it")
        return
    size = style.whole_size
    sizes = {task.source: image_files.size(task.source) for task in tasks} if size else {}
    oblong = [path for path, shape in sizes.items() if shape and not is_square(*shape)]
    if oblong:
        print(
            f"the style has learnt whole squares of {size} pixels, and {len(oblong)} of {len(tasks)} photos are of "
            f"another shape, '{oblong[0]}' for one; if they show people, --faces turns the faces in them alone"
        )


def _where(tasks: Sequence[Task]) -> str:
    """The end of a sentence: where what was made is. A few files are named, of many their folders."""
    files = [str(path) for task in tasks for path in (task.target, task.comparison) if path]
    if not files:
        return ""
    if len(files) <= NAMED:
        return f": {', '.join(files)}"
    folders = sorted({str(task.target.parent) for task in tasks})
    return f", in {', '.join(folders[:NAMED])}{' ...' if len(folders) > NAMED else ''}"


def make_picture(task: Task, engine: PictureEngine, finish: Finish, quality: int, memory: int | None = None) -> bool:
    """Read a Task's photo, make its picture, and write it; raises UserError where that cannot be done.

    Where there is nothing for the engine to change, the photo goes out as it is. quality: of JPEG and WebP.
    memory: bytes that a photo may take, as `image.files.read` has it. Returns whether it has been changed.
    """
    photo = image_files.read(task.source, memory)
    try:
        stylized = engine(photo.rgb)
        changed = stylized is not None
        rgb = photo.rgb if stylized is None else finish(photo.rgb, stylized)
    except UserError as error:
        raise UserError(f"{task.source}: {error}") from error
    # A sheet of several pictures has another size, and no use for the photo's transparency.
    alpha = photo.alpha if rgb.shape == photo.rgb.shape else None
    written = {task.target: replace(photo, rgb=rgb, alpha=alpha)}
    if task.comparison:
        both = np.concatenate([photo.rgb, rgb], axis=1)
        written[task.comparison] = image_files.Picture(both, profile=photo.profile)
    for target, picture in written.items():
        try:
            if not changed and target == task.target and image_files.kind(target) == image_files.kind(task.source):
                write_bytes(target, task.source.read_bytes())  # encoded anew, a JPEG would not be the same
            else:
                image_files.write(target, picture, quality=quality)
        except OSError as error:
            raise UserError(f"{target}: cannot be written ({error.strerror or error})") from error
    return changed
