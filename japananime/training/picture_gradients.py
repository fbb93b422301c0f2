"""Gradients with respect to pictures, for losses that a gradient is part of."""

import tensorflow as tf


def gradient(function, inputs):
    """d sum(function(inputs)) / d inputs, for losses that a gradient is part of; can itself be differentiated."""
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(function(inputs))
    return tape.gradient(total, inputs)
