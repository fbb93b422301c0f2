"""Which numbers to compute in: bfloat16 is twice as fast on some processors, and fifteen times as slow on others."""

import time
from collections.abc import Callable

import tensorflow as tf

from japananime.base.errors import UserError

AUTO, FLOAT32, BFLOAT16 = "auto", "float32", "bfloat16"
# What a trial multiplies: a convolution as networks have them by the dozen, and its gradients.
SIDE, CHANNELS, TIMES = 64, 64, 3
# So many times as fast it must be to be taken by itself.
WORTH_IT = 1.15


def choose(asked: str, say: Callable[[str], None] = print) -> str:
    """The precision to train in: as asked, or for "auto" the faster one here, by a trial of a second.

    Says which was taken, and where what was asked for is slower than float32.
    """
    if asked not in (AUTO, BFLOAT16):
        return asked
    ratio = seconds(FLOAT32) / seconds(BFLOAT16)
    if asked == BFLOAT16:
        if not ratio:
            raise UserError("--precision is bfloat16, which this computer does not compute in; accepted: float32")
        if ratio < 1:
            say(f"warning: --precision bfloat16 takes {1 / ratio:.1f} times as long as float32 on this computer")
        return asked
    chosen = BFLOAT16 if ratio >= WORTH_IT else FLOAT32
    say(f"precision: {chosen}; bfloat16 is {ratio:.1f} times as fast as float32 on this computer")
    return chosen


def seconds(precision: str) -> float:
    """How long a convolution with its gradients takes in a precision, at the best of some; infinite if it fails."""
    picture = tf.ones((2, SIDE, SIDE, CHANNELS), precision)
    kernel = tf.Variable(tf.ones((3, 3, CHANNELS, CHANNELS), precision) / 100)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            tape.watch(picture)
            made = tf.nn.conv2d(picture, kernel, 1, "SAME")
        return tape.gradient(made, [picture, kernel])

    best = float("inf")
    for _ in range(1 + TIMES):
        began = time.perf_counter()
        try:
            for gradient in step():
                gradient.numpy()
        except tf.errors.OpError:  # a processor, or what oneDNN was told of it, may not have the instructions
            return float("inf")
        best = min(best, time.perf_counter() - began)
    return best
