"""A loaded style applied to pictures in memory: exact size, any size, nothing of files."""

import numpy as np
import psutil
import tensorflow as tf

from japananime import images
from japananime.errors import UserError

# The network sees the picture continued by reflection this far beyond its borders, so that the zeros with which its
# convolutions pad leave no trace inside.
MARGIN = 16
# The network halves its resolution twice.
MULTIPLE = 4
# Below this its innermost maps are a few pixels wide and instance normalisation has nothing to measure.
LEAST_SIDE = 64
# Tensors of the first layer's size alive at the same time: peak memory of 2 to 12 megapixels was 5.4 to 6.4 of them.
LIVE_TENSORS = 6.5


class Engine:
    """A generator ready for pictures of any size.

    generator: keras.Model, (batch, height, width, 3) in [-1, 1] -> the same, for multiples of 4.
    """

    def __init__(self, generator):
        self.generator = generator
        self._widest = generator.layers[1].output.shape[-1]

        @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.uint8)])
        def run(pixels):
            return images.to_bytes(generator(images.to_signed(pixels), training=False))

        self._run = run

    def __call__(self, rgb):
        """uint8 (height, width, 3) -> the picture in this style, uint8 of exactly the same shape."""
        height, width = rgb.shape[:2]
        margins = [_margins(side) for side in (height, width)]
        self._need_memory(height + sum(margins[0]), width + sum(margins[1]))
        try:
            made = self._run(pad(rgb)[None])[0].numpy()
        except tf.errors.ResourceExhaustedError as error:
            raise UserError(f"{width}×{height} pixels do not fit in memory with this style") from error
        top, left = margins[0][0], margins[1][0]
        return made[top : top + height, left : left + width]

    def _need_memory(self, height, width):
        size = np.dtype("float32" if self.generator.compute_dtype == "float32" else "float16").itemsize
        needed = height * width * self._widest * size * LIVE_TENSORS
        free = psutil.virtual_memory().available
        if needed > free:
            raise UserError(
                f"{width}×{height} pixels need about {needed / 1e9:.1f} GB of memory with this style, and "
                f"{free / 1e9:.1f} GB are free; --precision bfloat16 takes half, a smaller picture less"
            )


def pad(rgb):
    """Continue a picture by reflection on all sides: by MARGIN at least, to multiples of 4, to LEAST_SIDE at least."""
    return np.pad(rgb, (*map(_margins, rgb.shape[:2]), (0, 0)), mode="reflect")


def _margins(side):
    """Pixels to add before and after a side."""
    wanted = max(side + 2 * MARGIN, LEAST_SIDE)
    extra = -(-wanted // MULTIPLE) * MULTIPLE - side
    return extra // 2, extra - extra // 2


def blend(photo, picture, strength):
    """strength 0 gives the photo, 1 the picture: uint8 (height, width, 3)."""
    mixed = photo + strength * (picture.astype(np.float32) - photo)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def keep_colors(photo, picture):
    """The picture's light and dark with the photo's colours: BT.601 luma of one, chroma of the other."""
    weights = np.asarray(images.LUMA, np.float32)
    change = (picture.astype(np.float32) - photo) @ weights
    return np.clip(np.rint(photo + change[..., None]), 0, 255).astype(np.uint8)


def compare(photo, picture):
    """Photo and picture side by side."""
    return np.concatenate([photo, picture], axis=1)
