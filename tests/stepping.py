"""Training steps taken one by one, and what they change."""

import numpy as np
import tensorflow as tf


def seed(step):
    """What `Runner.step` draws a step's random numbers from."""
    return tf.constant([0, step], tf.int32)


def take(runner, batch, step):
    """One step of all phases that are due in the first epoch, at a rate of 0.01."""
    due = runner.due(0, step)
    return runner.step(due, batch, seed(step), {phase.name: 1e-2 for phase in due}, 0.9)


def variables(runner):
    """{part of the state/number: value} of a runner."""
    return {f"{name}/{i}": np.array(v) for name, thing in runner.state().items() for i, v in enumerate(thing.variables)}


def changed(before, after):
    """The parts of the state that differ."""
    return {key.split("/")[0] for key in before if not np.array_equal(before[key], after[key])}
