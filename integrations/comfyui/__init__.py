"""A ComfyUI node that turns images into anime: see README.md in the folder above."""

import functools

import numpy as np

from japananime import Stylizer
from japananime.styles.folder import DEFAULT, bundled_for_photos


@functools.lru_cache(maxsize=2)
def _stylizer(style, strength, boldness):
    return Stylizer(style, strength=strength, boldness=boldness)


class Japananime:
    """The node."""

    CATEGORY, FUNCTION = "image/stylize", "stylize"
    RETURN_TYPES = ("IMAGE",)
    DESCRIPTION = "Photos into anime, on the processor."

    @classmethod
    def INPUT_TYPES(cls):  # noqa: N802  ComfyUI's name
        """What the node shows."""
        share = {"min": 0.0, "max": 1.0, "step": 0.05}
        return {
            "required": {
                "image": ("IMAGE",),
                "style": (bundled_for_photos(), {"default": DEFAULT}),
                "strength": ("FLOAT", {"default": 1.0, **share}),
                "boldness": ("FLOAT", {"default": 0.5, **share}),
            }
        }

    def stylize(self, image, style, strength, boldness):
        """image: a tensor (batch, height, width, 3) from 0 to 1 -> (the same of pictures,)."""
        import torch

        make = _stylizer(style, strength, boldness)
        photos = np.rint(np.clip(image.cpu().numpy(), 0.0, 1.0) * 255.0).astype(np.uint8)
        made = np.stack([make(photo) for photo in photos[..., :3]])
        return (torch.from_numpy(made.astype(np.float32) / 255.0),)


NODE_CLASS_MAPPINGS = {"Japananime": Japananime}
NODE_DISPLAY_NAME_MAPPINGS = {"Japananime": "Anime (japananime)"}
