"""One photo, or one frame of a film, into the style: all that is done around the network."""

import sys
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.image import files as image_files
from japananime.inference.tiling import blend, keep_colors
from japananime.inference.whole_squares import is_square

NAMED = 3  # files, or folders, at the end of many


@dataclass(frozen=True)
class Finish:
    """What becomes of the network's picture: with the photo's colours, and as strong as asked for (0 to 1)."""

    strength: float = 1.0
    keep_colors: bool = False

    def __call__(self, photo, made):
        """photo, made: uint8 (height, width, 3) -> the same."""
        if self.keep_colors:
            made = keep_colors(photo, made)
        return blend(photo, made, self.strength) if self.strength < 1.0 else made


def make_all(tasks, engine, finish, quality):
    """Every photo in the style, saying what came of them; returns how many could not be made."""
    made, unchanged = [], 0
    with tqdm(tasks, unit="picture", disable=len(tasks) == 1) as bar:
        for task in bar:
            bar.set_postfix_str(task.source.name)
            try:
                if not make_picture(task, engine, finish, quality):
                    unchanged += 1
                    bar.write(f"no face found, left as it is: {task.source}")
                made.append(task)
            except UserError as error:
                bar.write(f"skipped: {error}", file=sys.stderr)
    faceless = f", {unchanged} without a face" if unchanged else ""
    print(f"{len(made)} of {len(tasks)} pictures made{faceless}{_where(made)}")
    return len(tasks) - len(made)


def tell_of_faces(size, tasks):
    """Say so where a style that has learnt whole squares of a size (0: it has not) is to make pictures of others."""
    sizes = {task.source: image_files.size(task.source) for task in tasks} if size else {}
    oblong = [path for path, shape in sizes.items() if shape and not is_square(*shape)]
    if oblong:
        print(
            f"the style has learnt whole squares of {size} pixels, and {len(oblong)} of {len(tasks)} photos are of "
            f"another shape, '{oblong[0]}' for one; if they show people, --faces turns the faces in them alone"
        )


def _where(tasks):
    """The end of a sentence: where what was made is. A few files are named, of many their folders."""
    files = [str(path) for task in tasks for path in (task.target, task.comparison) if path]
    if not files:
        return ""
    if len(files) <= NAMED:
        return f": {', '.join(files)}"
    folders = sorted({str(task.target.parent) for task in tasks})
    return f", in {', '.join(folders[:NAMED])}{' ...' if len(folders) > NAMED else ''}"


def make_picture(task, engine, finish, quality):
    """Read a Task's photo, make its picture, and write it; raises UserError where that cannot be done.

    engine: uint8 (height, width, 3) -> the same in the style, or None where there is nothing in the photo for it to
    change: then the photo goes out as it is. quality: of JPEG and WebP. Returns whether it has been changed.
    """
    photo = image_files.read(task.source)
    try:
        made = engine(photo.rgb)
        changed = made is not None
        made = finish(photo.rgb, made) if changed else photo.rgb
    except UserError as error:
        raise UserError(f"{task.source}: {error}") from error
    written = {task.target: replace(photo, rgb=made)}
    if task.comparison:
        both = np.concatenate([photo.rgb, made], axis=1)
        written[task.comparison] = image_files.Picture(both, profile=photo.profile)
    for target, picture in written.items():
        try:
            if not changed and target == task.target and _kind(target) == _kind(task.source):
                write_bytes(target, task.source.read_bytes())  # encoded anew, a JPEG would not be the same
            else:
                image_files.write(target, picture, quality=quality)
        except OSError as error:
            raise UserError(f"{target}: cannot be written ({error.strerror or error})") from error
    return changed


def _kind(path):
    return path.suffix.lower().replace("jpeg", "jpg")
