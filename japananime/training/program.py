"""What a training is, as data: which things are trained, in which order, on which losses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras


class Term(NamedTuple):
    """One loss term: its value as the formula gives it, and the weight it enters the sum with."""

    value: Any
    weight: float = 1.0


@dataclass(frozen=True)
class Phase:
    """One group of variables, the named terms whose weighted sum it minimises, and when it is due.

    rate: learning rate that a schedule starts from.
    losses: (tensors by name, seed) -> {name: Term}. The tensors are the batch and what `Program.forward` made of it.
    start, stop: epochs, the first one included and the last one not.
    every, every_epochs: due in one step of so many, and in one epoch of so many from `start` on.
    after: (tensors, seed), called after each update that was made, such as to keep weights within bounds.
    warn_below: the sum of unweighted terms under which, if it stays there, the person is given `advice`.
    """

    name: str
    losses: Callable[[Mapping[str, Any], Any], dict[str, Term]]
    variables: Sequence
    optimizer: keras.optimizers.Optimizer
    rate: float
    start: int = 0
    stop: int | None = None
    every: int = 1
    every_epochs: int = 1
    after: Callable[[Mapping[str, Any], Any], None] | None = None
    warn_below: float | None = None
    advice: str = ""

    def due(self, epoch, step):
        """Whether this phase updates its variables in this step."""
        within = self.start <= epoch and (self.stop is None or epoch < self.stop)
        return within and (epoch - self.start) % self.every_epochs == 0 and step % self.every == 0


@dataclass(frozen=True)
class Exportable:
    """The network that a finished training gives away, and how to build it again: a name and its arguments.

    takes: what it makes pictures of, "photo" or "latent" (random numbers).
    beside: further networks of the same style, by the name of the folder that each gets inside the style's.
    """

    network: str
    arguments: Mapping[str, Any]
    model: keras.Model
    takes: str = "photo"
    beside: Mapping[str, "Exportable"] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """A number that tells how good the pictures are, too costly to know at every step.

    every_epochs: epochs between two measurements.
    against: (batches of pictures of the first stream) -> a function that measures, called as often as there is need;
        so what is known of the pictures is worked out once.
    """

    name: str
    every_epochs: int
    against: Callable[[Sequence[Any]], Callable[[], float]]


@dataclass(frozen=True)
class Program:
    """A whole training.

    state: everything besides the optimizers that a checkpoint must hold (things with `.variables`).
    phases: in the order of their updates within a step.
    streams: which kinds of image a batch holds; the first one's folder sets the length of an epoch.
    forward: tensors that several phases use, computed once a step: (batch, seed) -> {name: tensor}.
    averages: pairs (model, its copy that follows as an exponential moving average).
    preview: {stream: held-out images} -> {title: images to look at, side by side}.
    scores: what is measured at the end of some epochs.
    """

    state: Mapping[str, Any]
    phases: Sequence[Phase]
    streams: tuple[str, ...]
    forward: Callable[[Mapping[str, Any], Any], dict] = lambda batch, seed: {}
    averages: Sequence[tuple[keras.Model, keras.Model]] = ()
    preview: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    scores: Sequence[Score] = ()
    export: Exportable | None = None
