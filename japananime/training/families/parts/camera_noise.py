"""What a camera does to a photo between two moments: grain, and a movement by a share of a pixel."""

from keras import ops

# Deviation of the strongest grain, in a picture from -1 to 1: some eight levels of 255.
GRAIN = 0.06


def disturb(photo, shares, noise):
    """A photo moved by shares of a pixel, with grain on it: (batch, height, width, 3) in [-1, 1] -> the same.

    shares: (batch, 3), 0 to 1: of the way up, of the way left, of the strongest grain. noise: of the photo's shape,
    deviation 1.
    """
    strength = GRAIN * ops.reshape(shares[:, 2], (-1, 1, 1, 1))
    return ops.clip(move(photo, shares[:, :2]) + strength * noise, -1.0, 1.0)


def move(picture, shares):
    """A picture moved up and left by shares of a pixel, linearly; the last row and column are repeated.

    picture: (batch, height, width, channels). shares: (batch, 2), 0 to 1.
    """
    for axis in (1, 2):
        share = ops.reshape(shares[:, axis - 1], (-1, 1, 1, 1))
        ahead, last = (picture[:, 1:], picture[:, -1:]) if axis == 1 else (picture[:, :, 1:], picture[:, :, -1:])
        picture = (1.0 - share) * picture + share * ops.concatenate([ahead, last], axis=axis)
    return picture
