"""One photo, or one frame of a film, into the style: all that is done around the network."""

from dataclasses import replace

import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.image import files as image_files


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
