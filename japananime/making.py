"""One photo, or one frame of a film, into the style: all that is done around the network."""

from dataclasses import dataclass, replace

import numpy as np

from japananime import pictures
from japananime.engine import blend, keep_colors
from japananime.errors import UserError


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


def make_picture(task, engine, finish, quality):
    """Read a Task's photo, make its picture, and write it; raises UserError where that cannot be done.

    engine: uint8 (height, width, 3) -> the same in the style. quality: of JPEG and WebP.
    """
    photo = pictures.read(task.source)
    try:
        made = finish(photo.rgb, engine(photo.rgb))
    except UserError as error:
        raise UserError(f"{task.source}: {error}") from error
    written = {task.target: replace(photo, rgb=made)}
    if task.comparison:
        both = np.concatenate([photo.rgb, made], axis=1)
        written[task.comparison] = pictures.Picture(both, profile=photo.profile)
    for target, picture in written.items():
        try:
            pictures.write(target, picture, quality=quality)
        except OSError as error:
            raise UserError(f"{target}: cannot be written ({error.strerror or error})") from error
