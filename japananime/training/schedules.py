"""What changes from step to step: learning rates, randomness, how slowly the average follows."""

import math

import tensorflow as tf


def rate(job, phase, step):
    """A phase's learning rate at a step by the schedule of the settings."""
    base, settings = phase.rate, job.settings
    if settings.schedule == "constant":
        return base
    progress = step / job.steps
    fallen = max(0.0, (progress - settings.decay_from) / max(1.0 - settings.decay_from, 1e-9))
    return base * (1.0 - fallen if settings.schedule == "linear" else 0.5 + 0.5 * math.cos(math.pi * fallen))


def seed(settings, step, rank=0):
    """The randomness of a step, as two numbers; of several workers each has its own."""
    return tf.constant([(settings.seed + 7919 * rank) % 2**31, step], tf.int32)


def decay(settings, step):
    """The moving average's decay, lower at first so that the random start is soon forgotten."""
    return min(settings.average_decay, (1 + step) / (10 + step))
