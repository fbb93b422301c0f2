"""Changing a picture, pixel by pixel, until a loss is low: from coarse to fine, by L-BFGS or Adam."""

import keras
import numpy as np
import tensorflow as tf
from scipy.optimize import Bounds, minimize

from japananime.base.errors import UserError


class Stopped(Exception):
    """Raised by `see` to end the painting; what there is so far has been shown to it."""


def paint(start, stages, method, weights, see):
    """The picture that is left after all stages: float32 (1, height, width, 3) in [-1, 1].

    start: the first picture, of any size. stages: [((height, width), iterations, distance)], where distance is from
    picture to {term: value}. method: a name in METHODS. weights: {term: weight}.
    see: (stage number, iteration from 1, picture, {term: value}) after every iteration.
    """
    picture = np.asarray(start, np.float32)
    for number, (size, iterations, distance) in enumerate(stages):
        if picture.shape[1:3] != size:
            larger = keras.ops.image.resize(picture, size, interpolation="bicubic")
            picture = np.clip(np.asarray(larger), -1.0, 1.0)
        picture = METHODS[method](
            evaluation(distance, weights), picture, iterations, lambda *seen, stage=number: see(stage, *seen)
        )
    return picture


def evaluation(distance, weights):
    """picture -> (weighted sum of the distance's terms, its gradient, {term: value}), compiled."""

    @tf.function(autograph=False)
    def evaluate(picture):
        with tf.GradientTape() as tape:
            tape.watch(picture)
            terms = distance(picture)
            # A term of weight 0 is told like the others, but no time is spent on its gradient.
            total = tf.add_n([weights[name] * value for name, value in terms.items() if weights[name]])
        return total, tape.gradient(total, picture), terms

    def finite(picture):
        total, gradient, terms = evaluate(tf.constant(picture, tf.float32))
        if not np.isfinite(total):
            raise UserError(f"the loss is {float(total)}; lower the weights ({weights})")
        return float(total), gradient.numpy(), {name: float(value) for name, value in terms.items()}

    return finite


def by_lbfgs(evaluate, picture, iterations, see):
    """SciPy's L-BFGS-B, which keeps every value within [-1, 1]; it ends early where it finds no way down."""
    terms, count = {}, 0

    def fun(values):
        nonlocal terms
        total, gradient, terms = evaluate(values.reshape(picture.shape))
        return total, gradient.ravel().astype(np.float64)

    def callback(intermediate_result):
        nonlocal count
        count += 1
        see(count, intermediate_result.x.reshape(picture.shape).astype(np.float32), terms)

    found = minimize(
        fun,
        np.asarray(picture, np.float64).ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(-1.0, 1.0),
        callback=callback,
        # Left to the number of iterations alone; its own measures of standstill expect double precision.
        options={"maxiter": iterations, "maxfun": 20 * iterations, "maxcor": 10, "ftol": 0.0, "gtol": 0.0},
    )
    return found.x.reshape(picture.shape).astype(np.float32)


def by_adam(evaluate, picture, iterations, see, rate=0.03):
    """Adam with values cut to [-1, 1] after every step."""
    values = keras.Variable(picture)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build([values])
    for count in range(1, iterations + 1):
        _, gradient, terms = evaluate(values.value)
        optimizer.apply([tf.constant(gradient)], [values])
        values.assign(keras.ops.clip(values, -1.0, 1.0))
        see(count, np.asarray(values), terms)
    return np.asarray(values)


METHODS = {"lbfgs": by_lbfgs, "adam": by_adam}
