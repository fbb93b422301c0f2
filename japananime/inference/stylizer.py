"""japananime as a library: a style that is called with a picture."""

import os

import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.image.color import Finish
from japananime.inference import loading, openvino_devices
from japananime.styles import folder as style_folder
from japananime.styles.folder import Style


class Stylizer:
    """A style ready for use: `Stylizer("daylight")("photo.jpg")`.

    style: a bundled style's name, a run directory, a style's folder, a `.keras` file, a mixture of styles, or
    what `styles.folder.find` returned.
    strength: 0 gives the photo back, 1 the style. colors: "style", or "photo" to keep the photo's.
    boldness: how far large pictures are simplified, 0 to 1, or drawn_at: the same as a short side in pixels.
    engine, precision, max_memory: as `inference.loading.load` takes them.
    device: what OpenVINO computes on, "CPU" (as without), "GPU", "NPU" or "AUTO"; the CPU where it is not there.
    Everything a caller can put right is raised as `japananime.base.errors.UserError`.
    """

    def __init__(
        self,
        style: str | os.PathLike[str] | Style = style_folder.DEFAULT,
        *,
        strength: float = 1.0,
        colors: str = "style",
        engine: str = "auto",
        precision: str = "auto",
        max_memory: int | None = None,
        boldness: float | None = None,
        drawn_at: int | None = None,
        device: str | None = None,
    ) -> None:
        if not 0.0 <= strength <= 1.0:
            raise UserError(f"strength is {strength}; it must be 0 to 1")
        if colors not in ("style", "photo"):
            raise UserError(f"colors is {colors!r}; accepted: 'style', 'photo'")
        self.finish = Finish(strength, colors == "photo")
        if boldness is not None and drawn_at is not None:
            raise UserError(f"boldness is {boldness} and drawn_at {drawn_at}; accepted: one of them")
        if device is not None and not openvino_devices.NAMES.fullmatch(device.upper()):
            raise UserError(f"device is {device!r}; accepted: 'CPU', 'GPU', 'NPU', 'AUTO', or 'GPU.1' of several")
        size = loading.size_of(boldness, drawn_at)
        opened = style if isinstance(style, Style) else style_folder.find(os.fspath(style))
        self.engine = loading.load(opened, engine, precision, max_memory, size, device and device.upper())

    def __call__(self, photo: str | os.PathLike[str] | Image.Image | np.ndarray) -> np.ndarray:
        """The picture made of a photo, uint8 (height, width, 3), of the photo's exact size.

        photo: a path; a PIL image; or an array, uint8 (height, width, 3) in RGB or (height, width) in gray.
        """
        rgb = _pixels(photo)
        return self.finish(rgb, self.engine(rgb))


def _pixels(photo: str | os.PathLike[str] | Image.Image | np.ndarray) -> np.ndarray:
    if isinstance(photo, (str, os.PathLike)):
        return image_files.read(os.fspath(photo)).rgb
    if isinstance(photo, Image.Image):
        photo = np.asarray(photo.convert("RGB"))
    array = np.asarray(photo)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise UserError(
            f"the photo is an array of {array.dtype} {array.shape}; accepted: uint8 (height, width, 3), or of gray "
            "(height, width)"
        )
    return array
