"""Losses as pure functions: tensors in, float32 scalar out, the formula in the docstring."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from keras import ops

from japananime.networks.pixels import to_chroma, to_yuv


def absolute_difference(a, b):
    """mean |a - b|. The content loss, on features of the photo and of the picture made of it."""
    return ops.mean(ops.abs(_float32(a) - _float32(b)))


def weighted_difference(a, b, weights):
    """mean w · |a - b|, w being the mean of `weights` over the pixels that each place of the maps stands for.

    a, b: (batch, H, W, C). weights: (batch, k·H, k·W, 1), k a whole number.
    """
    side = weights.shape[1] // a.shape[1]
    weights = _float32(weights)
    if side > 1:
        weights = ops.average_pool(weights, side, strides=side, padding="valid")
    return ops.mean(weights * ops.abs(_float32(a) - _float32(b)))


def relative_difference(a, target):
    """Σ (a - t)² / Σ t²: 0 where they are equal, 1 where a is nothing; no scale of its own."""
    a, target = _float32(a), _float32(target)
    return ops.sum(ops.square(a - target)) / (ops.sum(ops.square(target)) + 1e-12)


def gram(features):
    """Fᵀ F / (H·W·C): how often two channels are active together, wherever that is.

    features: (batch, H, W, C) -> (batch, C, C) in float32.
    """
    features = _float32(features)
    _, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (-1, height * width, channels))
    size = ops.cast(height * width * channels, "float32")
    return ops.matmul(ops.transpose(flat, (0, 2, 1)), flat) / size


def style_difference(a, b):
    """mean |gram(a) - gram(b)|. The style loss, on features of anime and of the picture; their sizes may differ."""
    return absolute_difference(gram(a), gram(b))


def style_shape_difference(a, b):
    """sum |gram(a)/trace - gram(b)/trace| over channel pairs, mean over the batch: which channels go together, whatever
    their strength.

    The trace is that of the mean over the batch, so a flat crop, whose own would be next to nothing, is left alone.
    """
    shapes = [ops.mean(gram(features), axis=0) for features in (a, b)]
    first, second = (shape / (ops.trace(shape) + 1e-6) for shape in shapes)
    return ops.sum(ops.abs(first - second))


def chroma_difference(a, b):
    """mean |U_a - U_b| and |V_a - V_b| of two RGB pictures: hues cost, light and dark are free."""
    return absolute_difference(to_chroma(_float32(a)), to_chroma(_float32(b)))


def yuv_difference(a, b):
    """mean |Y_a - Y_b| + mean h(U_a - U_b) + mean h(V_a - V_b) of two RGB pictures.

    h(d) = d²/2 up to |d| = 1 and |d| - 1/2 beyond. AnimeGAN's colour loss, on YUV of RGB in [0, 1] as there: light and
    dark cost, small shifts of hue next to nothing.
    """
    difference = ops.abs(to_yuv(_float32(a)) - to_yuv(_float32(b)))
    huber = ops.where(difference <= 1.0, 0.5 * ops.square(difference), difference - 0.5)
    return ops.mean(difference[..., 0]) + ops.mean(huber[..., 1]) + ops.mean(huber[..., 2])


def self_similarity(features):
    """cos(f_p, f_q) for all places p, q of a map: what lies where, and what is like what, whatever it looks like.

    features: (batch, H, W, C) -> (batch, H·W, H·W) in float32, -1 to 1.
    """
    features = _float32(features)
    _, height, width, channels = ops.shape(features)
    flat = ops.reshape(features, (-1, height * width, channels))
    flat = flat / ops.sqrt(ops.sum(ops.square(flat), axis=-1, keepdims=True) + 1e-12)
    return ops.matmul(flat, ops.transpose(flat, (0, 2, 1)))


def layout_difference(a, b):
    """mean |self_similarity(a) - self_similarity(b)|. Holds a picture's composition and leaves its look free."""
    return absolute_difference(self_similarity(a), self_similarity(b))


def block_color_difference(a, b, blocks=8):
    """mean |m_a - m_b| over the mean colours of `blocks` × `blocks` parts of two RGB pictures of equal size."""
    return absolute_difference(_block_colors(a, blocks), _block_colors(b, blocks))


def relative_color_difference(a, b, blocks=8, least=0.05):
    """As `block_color_difference`, of colours that say how far above or below the usual they are.

    From each channel of either batch its mean over all parts of all pictures is taken, and the rest is divided by its
    deviation (`least` at least). So both may be lit and tinted otherwise as a whole, and who is fair among them stays
    fair. Of one picture in one part nothing is said.
    """

    def relative(picture):
        colors = _block_colors(picture, blocks)
        mean = ops.mean(colors, axis=(0, 1, 2), keepdims=True)
        return (colors - mean) / ops.maximum(ops.std(colors, axis=(0, 1, 2), keepdims=True), least)

    return absolute_difference(relative(a), relative(b))


def lit_color_difference(a, b, blocks, even, share=0.6):
    """As `block_color_difference`, where a rectangle of `a` is taken for evenly lit.

    even: from and to which row, from and to which column, as shares of the side. Parts whose middle lies there count as
    of one colour: in each channel that than which a share of the pixels there are darker. Of a face's skin, shadows,
    wrinkles and beards so need not be in `b`.
    """
    top, bottom, left, right = (round(bound * a.shape[1]) for bound in even)
    pixels = ops.reshape(_float32(a)[:, top:bottom, left:right], (-1, (bottom - top) * (right - left), 3))
    lit = ops.sort(pixels, axis=1)[:, int(share * pixels.shape[1]), None, None]
    middles = (np.arange(blocks) + 0.5) / blocks
    rows, columns = ((middles > even[n]) & (middles < even[n + 1]) for n in (0, 2))
    inside = np.outer(rows, columns)[None, :, :, None]
    return absolute_difference(ops.where(inside, lit, _block_colors(a, blocks)), _block_colors(b, blocks))


def _block_colors(picture, blocks):
    side = picture.shape[1] // blocks
    return ops.average_pool(_float32(picture), side, strides=side, padding="valid")


def roughness_beyond(reference, image, least=0.03):
    """How much rougher an image is than a reference where that is smooth.

    Over neighbours p, q down and across, channel by channel: mean of exp(-|r_p - r_q| / least) · max(0, |i_p - i_q| -
    |r_p - r_q|). Zero where the image is as smooth as the reference; edges of the reference do not count.
    Both (batch, height, width, channels).
    """
    reference, image = _float32(reference), _float32(image)

    def along(axis):
        given, found = (ops.abs(ops.diff(values, axis=axis)) for values in (reference, image))
        return ops.mean(ops.exp(-given / least) * ops.relu(found - given))

    return along(1) + along(2)


def edge_difference(a, b):
    """mean |∇a - ∇b| over neighbours down and across: a blurred edge costs although its pixels differ little."""
    a, b = _float32(a), _float32(b)
    return sum(ops.mean(ops.abs(ops.diff(a, axis=axis) - ops.diff(b, axis=axis))) for axis in (1, 2))


def total_variation(picture):
    """mean |p[y+1, x] - p[y, x]| + mean |p[y, x+1] - p[y, x]|: noise and checkerboards cost, flat areas are free."""
    picture = _float32(picture)
    down = ops.abs(picture[:, 1:, :, :] - picture[:, :-1, :, :])
    right = ops.abs(picture[:, :, 1:, :] - picture[:, :, :-1, :])
    return ops.mean(down) + ops.mean(right)


def squared_variation(picture):
    """mean (p[y+1, x] - p[y, x])² / 2 + mean (p[y, x+1] - p[y, x])² / 2: AnimeGANv2's, strict with single outliers."""
    picture = _float32(picture)
    down = ops.square(picture[:, 1:, :, :] - picture[:, :-1, :, :])
    right = ops.square(picture[:, :, 1:, :] - picture[:, :, :-1, :])
    return 0.5 * (ops.mean(down) + ops.mean(right))


class Adversarial(NamedTuple):
    """One way to play the game between discriminator and generator, on maps of logits.

    real: what the discriminator pays on pictures it should call real.
    fake: what it pays on pictures it should call fake.
    fool: what the generator pays on its own pictures.
    """

    real: Callable
    fake: Callable
    fool: Callable


def cross_entropy_real(logits):
    """-mean log sigmoid(x) = mean log(1 + exp(-x))."""
    return ops.mean(ops.softplus(-_float32(logits)))


def cross_entropy_fake(logits):
    """-mean log(1 - sigmoid(x)) = mean log(1 + exp(x))."""
    return ops.mean(ops.softplus(_float32(logits)))


def least_squares_real(logits):
    """mean (x - 1)²."""
    return ops.mean(ops.square(_float32(logits) - 1.0))


def least_squares_fake(logits):
    """mean x²."""
    return ops.mean(ops.square(_float32(logits)))


def hinge_real(logits):
    """mean max(0, 1 - x)."""
    return ops.mean(ops.relu(1.0 - _float32(logits)))


def hinge_fake(logits):
    """mean max(0, 1 + x)."""
    return ops.mean(ops.relu(1.0 + _float32(logits)))


def hinge_fool(logits):
    """-mean x."""
    return -ops.mean(_float32(logits))


def wasserstein_fake(logits):
    """mean x. Its sum with -mean x of real pictures is, of a critic whose slope is held near 1, less their distance."""
    return ops.mean(_float32(logits))


class PairedGame(NamedTuple):
    """A way to play the game in which the discriminator's verdicts on real and fake pictures meet in one loss.

    judge: what the discriminator pays, (logits of real, of fake) -> scalar. fool: what the generator pays.
    """

    judge: Callable
    fool: Callable


def hinge_judge(real, fake):
    """mean max(0, 1 - r) + mean max(0, 1 + f)."""
    return hinge_real(real) + hinge_fake(fake)


def relativistic_judge(real, fake):
    """mean log(1 + exp(f - r)), pair by pair: real need only look more real than fake (R3GAN, Huang et al. 2024)."""
    return ops.mean(ops.softplus(_float32(fake) - _float32(real)))


def slope_penalty(gradient):
    """mean over the batch of |g|² / 2: a zero-centred gradient penalty (R1 on real pictures, R2 on fakes).

    gradient: (batch, height, width, channels), of the discriminator's sum with respect to its input.
    """
    return 0.5 * ops.mean(ops.sum(ops.square(_float32(gradient)), axis=(1, 2, 3)))


def between(real, fake, share):
    """share · real + (1 - share) · fake: pictures on the way from one to the other. share: (batch, 1, 1, 1), 0 to 1."""
    return share * real + (1.0 - share) * fake


def gradient_penalty(gradient):
    """mean over the batch of (|g| - 1)², |g| the length of a picture's whole gradient. WGAN-GP's hold on the slope.

    gradient: (batch, height, width, channels), of the critic's sum with respect to its input.
    """
    lengths = ops.sqrt(ops.sum(ops.square(_float32(gradient)), axis=(1, 2, 3)) + 1e-12)
    return ops.mean(ops.square(lengths - 1.0))


ADVERSARIAL = {
    "cross_entropy": Adversarial(cross_entropy_real, cross_entropy_fake, cross_entropy_real),
    "least_squares": Adversarial(least_squares_real, least_squares_fake, least_squares_real),
    "hinge": Adversarial(hinge_real, hinge_fake, hinge_fool),
}
PAIRED = {
    "hinge": PairedGame(hinge_judge, lambda real, fake: hinge_fool(fake)),
    "relativistic": PairedGame(relativistic_judge, lambda real, fake: relativistic_judge(fake, real)),
}
# Not for every family: only with a gradient penalty does it have an end.
WASSERSTEIN = Adversarial(hinge_fool, wasserstein_fake, hinge_fool)


def _float32(tensor):
    return ops.cast(tensor, "float32")
