"""What a style makes of photos, for a network to learn from."""

import threading
from pathlib import Path

import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import digest
from japananime.base.settings import Settings
from japananime.inference import loading
from japananime.styles import folder as style_folder

STREAM = "taught"


class Teacher:
    """A style that draws photos once, at their own size.

    style: a name, folder, run or mixture. `__name__` tells it from others, by what it holds.
    """

    def __init__(self, style: str) -> None:
        try:
            found = style_folder.find(style)
        except UserError as error:
            raise UserError(str(error).replace("--style", "--teacher", 1)) from error
        self._engine = loading.load(found, drawn_at=0)
        self._alone = threading.Lock()
        self.__name__ = digest(Path(found.weights).read_bytes())

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        """uint8 (height, width, 3) -> the picture, of the same shape."""
        with self._alone:
            return self._engine(photo)


def streams(settings: Settings) -> dict[str, tuple[str, Teacher]]:
    """{stream: (the one that it is made of, how)} of a family's settings: none unless they name a teacher."""
    return {STREAM: ("photo", Teacher(style))} if (style := getattr(settings, "teacher", None)) else {}
