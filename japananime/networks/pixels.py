"""Image arithmetic on tensors, and the one place that knows value ranges.

Networks see RGB in [-1, 1]; files hold RGB in 0..255. Everything here takes and returns tensors of shape
(batch, height, width, channels) and runs on any Keras backend.
"""

from keras import ops

# ITU-R BT.601, the weights behind JPEG's luma and behind `cv2.COLOR_RGB2GRAY`.
LUMA = (0.299, 0.587, 0.114)


def to_signed(pixels):
    """0..255 (any number type) -> float32 in [-1, 1]."""
    return ops.cast(pixels, "float32") / 127.5 - 1.0


def to_bytes(signed):
    """[-1, 1] -> uint8 0..255, rounded to the nearest level; values outside the range are clipped, never wrapped."""
    levels = ops.round((ops.cast(signed, "float32") + 1.0) * 127.5)
    return ops.cast(ops.clip(levels, 0.0, 255.0), "uint8")


# RGB -> U and V of BT.601: blue less luma and red less luma, scaled as television does.
CHROMA = ((-0.14713, -0.28886, 0.436), (0.615, -0.51499, -0.10001))


def to_chroma(rgb):
    """RGB -> U and V: (batch, height, width, 3) -> (batch, height, width, 2), 0 for every gray."""
    return ops.matmul(rgb, ops.transpose(ops.cast(CHROMA, rgb.dtype)))


def to_yuv(rgb):
    """RGB in [-1, 1] -> Y in [0, 1], U and V of the same colours taken as RGB in [0, 1]; same shape."""
    rgb = 0.5 * rgb + 0.5
    weights = ops.cast((LUMA, *CHROMA), rgb.dtype)
    return ops.matmul(rgb, ops.transpose(weights))


def to_gray(rgb):
    """RGB -> gray repeated over three channels, same shape and range, weighted by BT.601 luma."""
    weights = ops.reshape(ops.cast(LUMA, rgb.dtype), (1, 1, 1, 3))
    return ops.repeat(ops.sum(rgb * weights, axis=-1, keepdims=True), 3, axis=-1)
