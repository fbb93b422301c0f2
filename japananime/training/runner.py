"""The compiled step that carries out a program.

It knows nothing of families, files or printing: it takes a batch, updates the variables of the phases that are due, and
returns numbers.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import keras
import tensorflow as tf

from japananime.base.errors import UserError
from japananime.training.program import Program


class PhaseReport(NamedTuple):
    """What a step did for one phase: unweighted values by term, gradient norm, and whether the update was made."""

    values: dict[str, float]
    gradient_norm: float
    applied: bool


@dataclass
class Runner:
    """Carries out a program's steps, each set of due phases compiled once into one graph.

    clip: largest global norm of a phase's gradient, 0 for no limit.
    precision: "float16" adds loss scaling; the networks' own precision is theirs.
    combine: what is made of a phase's gradients, values and their sum before they are used: where a batch is divided
        among several workers, their means over all of it.
    """

    program: Program
    clip: float = 0.0
    precision: str = "float32"
    combine: Callable = lambda nest: nest
    weights: dict[str, dict[str, float]] = field(default_factory=dict)  # by phase and term, known once traced

    def __post_init__(self):
        self._steps = {}
        self._losses = {}
        self._optimizers = {}
        for phase in self.program.phases:
            optimizer = phase.optimizer
            optimizer.global_clipnorm = self.clip or None
            if self.precision == "float16":
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            optimizer.build(phase.variables)
            self._optimizers[phase.name] = optimizer

    def state(self):
        """{name: things with `.variables`}: all that must be saved to go on as if nothing had happened."""
        optimizers = {f"{name}_optimizer": optimizer for name, optimizer in self._optimizers.items()}
        return {**self.program.state, **optimizers}

    def due(self, epoch, step):
        """The phases that are due, in order."""
        return tuple(phase for phase in self.program.phases if phase.due(epoch, step))

    def step(self, phases, batch, seed, rates, average_decay):
        """Update the variables of `phases` on one batch.

        batch: {stream: (batch, height, width, 3) in [-1, 1]}; seed: two int32; rates: {phase name: learning rate};
        average_decay: share of the moving averages that stays.
        Returns {phase name: PhaseReport}.
        """
        names = tuple(phase.name for phase in phases)
        if names not in self._steps:
            self._steps[names] = tf.function(self._make_step(phases), reduce_retracing=True, autograph=False)
        rates = {name: tf.constant(rates[name], tf.float32) for name in names}
        reports = self._steps[names](batch, seed, rates, tf.constant(average_decay, tf.float32))
        return {
            name: PhaseReport({k: float(v) for k, v in values.items()}, float(norm), bool(applied))
            for name, (values, norm, applied) in reports.items()
        }

    def losses(self, phases, batch, seed):
        """{phase name: {term: unweighted value}} on one batch, nothing updated. For validation."""
        names = tuple(phase.name for phase in phases)
        if names not in self._losses:

            def losses(batch, seed):
                tensors = {**batch, **self.program.forward(batch, seed)}
                return {phase.name: _values(phase.losses(tensors, seed)) for phase in phases}

            self._losses[names] = tf.function(losses, reduce_retracing=True, autograph=False)
        values = self._losses[names](batch, seed)
        return {name: {term: float(v) for term, v in terms.items()} for name, terms in values.items()}

    def _make_step(self, phases):
        def step(batch, seed, rates, average_decay):
            reports = {}
            # One tape over all phases: what `forward` computes is differentiated by whichever phase needs it, and
            # computed only once. Updates happen off the record.
            with tf.GradientTape(persistent=True) as tape:
                tensors = {**batch, **self.program.forward(batch, seed)}
                for phase in phases:
                    terms = phase.losses(tensors, seed)
                    total = _weighted_sum(phase, terms)
                    optimizer = self._optimizers[phase.name]
                    scaled = optimizer.scale_loss(total)
                    with tape.stop_recording():
                        found = (_gradients(tape, scaled, phase), _values(terms), total)
                        gradients, values, total = self.combine(found)
                        after = functools.partial(phase.after, tensors, seed) if phase.after else lambda: None
                        norm, applied = _update(gradients, total, phase, optimizer, rates[phase.name], after)
                    self._note_weights(phase, terms)
                    reports[phase.name] = (values, norm, applied)
            # A step of which nothing was applied leaves the averages too as they are.
            any_applied = tf.reduce_any([applied for _, _, applied in reports.values()])
            tf.cond(any_applied, lambda: self._follow(average_decay), lambda: False)
            return reports

        return step

    def _follow(self, decay):
        for live, average in self.program.averages:
            for source, target in zip(live.variables, average.variables, strict=True):
                target.assign(target + (1.0 - decay) * (source - target))
        return True

    def _note_weights(self, phase, terms):
        self.weights[phase.name] = {name: float(term.weight) for name, term in terms.items()}


def _values(terms):
    return {name: term.value for name, term in terms.items()}


def _weighted_sum(phase, terms):
    # A term of weight 0 is reported like the others, but no time is spent on its gradient.
    weighted = [term.weight * term.value for term in terms.values() if term.weight]
    if not weighted:
        raise UserError(f"phase '{phase.name}' has no loss left: the weights of {', '.join(terms)} are all 0")
    return tf.add_n(weighted)


def _gradients(tape, loss, phase):
    gradients = tape.gradient(loss, [variable.value for variable in phase.variables])
    missing = [v.path for v, gradient in zip(phase.variables, gradients, strict=True) if gradient is None]
    if missing:
        raise ValueError(f"no loss of this phase depends on {missing}")
    return gradients


def _update(gradients, total, phase, optimizer, rate, after):
    """Apply one phase's gradient unless it is not finite. Returns (gradient norm, whether it was applied)."""
    norm = tf.linalg.global_norm(gradients)
    scaling = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if scaling:
        # A gradient that overflows while the scale is high only means that it is too high: the optimizer itself skips
        # it and lowers the scale. One that overflows all the same is not usable.
        scale = tf.cast(optimizer.dynamic_scale.value, norm.dtype)
        norm = norm / scale
        finite = tf.math.is_finite(total) & (tf.math.is_finite(norm) | (scale > 1.0))
    else:
        finite = tf.math.is_finite(total) & tf.math.is_finite(norm)
    inner = optimizer.inner_optimizer if scaling else optimizer

    def apply():
        inner.learning_rate.assign(rate)
        optimizer.apply(gradients, phase.variables)
        after()
        return True

    return norm, tf.cond(finite, apply, lambda: False)
