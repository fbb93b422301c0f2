"""Live pictures in a window, by tkinter: Python brings it, Pillow, which is here anyhow, knows how to draw on it.

OpenCV's windows are not in the package without libGL that is used here, and SDL would be one more to install.
"""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from japananime.base.errors import UserError, reason
from japananime.image.resize import resize

if TYPE_CHECKING:
    import tkinter

    from PIL import ImageTk

WAY_OUT = "--out FILE, --out camera and --out none need no window"
# Of the screen, the part that a window takes at most when it opens.
SHARE = 0.8


def fitting(height: int, width: int, room: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a picture made as large as fits into a room of so many pixels, its shape kept."""
    scale = min(room[0] / height, room[1] / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


class Window:
    """A Display on the screen; q, Escape or its own button close it, f fills the screen.

    height, width: of the pictures as they are meant. Raises UserError where there is nothing to open a window on.
    """

    def __init__(self, title: str, height: int, width: int) -> None:
        self.closed = False
        try:
            import tkinter
        except ImportError as error:
            raise UserError(
                f"--out is window, for which this Python lacks tkinter (Debian, Ubuntu: apt install python3-tk; "
                f"Homebrew: brew install python-tk); {WAY_OUT}"
            ) from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise UserError(
                f"--out is window, and there is none to be had here ({reason(error)}); {WAY_OUT}"
            ) from error
        self._root.title(title)
        room = round(self._root.winfo_screenheight() * SHARE), round(self._root.winfo_screenwidth() * SHARE)
        shown = fitting(height, width, (min(room[0], height), min(room[1], width)))
        self._canvas = tkinter.Canvas(self._root, height=shown[0], width=shown[1], background="black")
        self._canvas.configure(highlightthickness=0)
        self._canvas.pack(fill="both", expand=True)
        self._item: int | None = None
        self._photo: ImageTk.PhotoImage | None = None
        self._root.protocol("WM_DELETE_WINDOW", self._close)
        for key in ("q", "<Escape>"):
            self._root.bind(key, self._close)
        self._root.bind("f", self._fill)
        self._root.update()

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *error: object) -> None:
        self._photo = None  # which Tk removes, as long as it is there
        self._root.destroy()

    def show(self, rgb: np.ndarray, time: float) -> None:
        """Draw a picture, uint8 (height, width, 3), as large as the window allows."""
        from PIL import ImageTk

        room = max(self._canvas.winfo_height(), 1), max(self._canvas.winfo_width(), 1)
        height, width = fitting(rgb.shape[0], rgb.shape[1], room)
        shown = Image.fromarray(resize(rgb, (height, width), Image.Resampling.BILINEAR))
        if self._photo is None or (self._photo.height(), self._photo.width()) != (height, width):
            self._photo = ImageTk.PhotoImage("RGB", (width, height))
            self._canvas.delete("all")
            self._item = self._canvas.create_image(0, 0, image=self._photo, anchor="nw")
        self._photo.paste(shown)
        assert self._item is not None
        self._canvas.coords(self._item, (room[1] - width) // 2, (room[0] - height) // 2)
        self.idle()

    def idle(self) -> None:
        """Let the window see keys and the mouse."""
        self._root.update()

    def _close(self, event: "tkinter.Event | None" = None) -> None:
        self.closed = True

    def _fill(self, event: "tkinter.Event | None" = None) -> None:
        self._root.attributes("-fullscreen", not self._root.attributes("-fullscreen"))
