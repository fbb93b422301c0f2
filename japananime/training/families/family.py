"""What the families have in common: each is a class that builds its networks and says `forward` and its losses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import keras

from japananime.training.families.parts.averaged_generator import AveragedGenerator
from japananime.training.program import Exportable, Phase, Program, Score, Term

Losses = Callable[[Mapping[str, Any], Any], dict[str, Term]]
WINS = "the discriminator wins outright and teaches nothing: lower --discriminator-rate"


class Family:
    """A generator that learns, and what a program is made of unless a family says otherwise.

    generators: the generator, its average and how it is given away. judges: what else a checkpoint must hold, by name.
    """

    # What is set about it, a frozen dataclass, and what of the general settings it overrides unless asked otherwise.
    Settings: ClassVar[Any]
    USUAL: ClassVar[Mapping[str, Any]] = {}
    settings: Any
    state: dict[str, Any]
    averages: Sequence[tuple[keras.Model, keras.Model]]
    export: Exportable
    scores: Sequence[Score] = ()

    def __init__(self, settings: Any, generators: AveragedGenerator, **judges: Any):
        self.settings = settings
        self.generator, self.average, self.export = generators
        self.judges = judges
        self.state = {"generator": self.generator, "generator_average": self.average, **judges}
        self.averages = ((self.generator, self.average),)

    @staticmethod
    def streams(settings: Any) -> tuple[str, ...]:
        """The kinds of image that a batch holds."""
        raise NotImplementedError

    @classmethod
    def build(cls, settings: Any, features: Callable[..., keras.Model] | None, size: int | None = None) -> Program:
        """The program of this family.

        features: (taps) -> a frozen model from pictures to features, of the network that `settings.perception` names,
        or VGG19 where the family looks through no other. size: side of the training pictures.
        """
        family: Any = cls
        return family(settings, features, size).program(cls.streams(settings))

    def forward(self, batch: Mapping[str, Any], seed: Any) -> dict[str, Any]:
        """What several phases use, computed once a step."""
        return {"picture": self.generator(batch["photo"])}

    def phases(self) -> Iterable[Phase]:
        """What is trained, in the order of the updates within a step."""
        raise NotImplementedError

    def preview(self, images: Mapping[str, Any]) -> dict[str, Any]:
        """{title: pictures to look at} of held-out images."""
        return {"photo": images["photo"], "picture": self.average(images["photo"])}

    def adam(self) -> keras.optimizers.Optimizer:
        """An optimizer for one phase."""
        return keras.optimizers.Adam(beta_1=self.settings.beta_1)

    def phase(self, name: str, losses: Losses, trained: Iterable[Any], rate: float, **when: Any) -> Phase:
        """A phase that trains networks. when: the further fields of a Phase."""
        variables = [variable for network in trained for variable in network.trainable_variables]
        return Phase(name, losses, variables, self.adam(), rate, **when)

    def program(self, streams: tuple[str, ...]) -> Program:
        """The whole training, on batches of these kinds of image."""
        return Program(
            state=self.state,
            phases=tuple(self.phases()),
            streams=streams,
            forward=self.forward,
            averages=self.averages,
            preview=self.preview,
            scores=self.scores,
            export=self.export,
        )


class PretrainedFamily(Family):
    """A family whose generator learns something by itself, "pretrain", before the game begins."""

    def phases(self) -> Iterable[Phase]:
        """Pretraining, and then the discriminator and the generator in turn."""
        settings, generator = self.settings, [self.generator]
        begin = settings.pretrain_epochs
        yield self.phase("pretrain", self.pretrain_losses, generator, settings.pretrain_rate, stop=begin)
        yield from self.discriminator_phases()
        yield self.phase("generator", self.generator_losses, generator, settings.generator_rate, start=begin)

    def discriminator_phases(self) -> Iterable[Phase]:
        """The phases of the discriminator: one."""
        yield self.judging("discriminator", self.discriminator_losses, warn_below=0.05, advice=WINS)

    def judging(self, name: str, losses: Losses, **when: Any) -> Phase:
        """A phase that trains all judges, from the end of pretraining on."""
        when = {"start": self.settings.pretrain_epochs, **when}
        return self.phase(name, losses, self.judges.values(), self.settings.discriminator_rate, **when)

    def pretrain_losses(self, tensors: Mapping[str, Any], seed: Any) -> dict[str, Term]:
        """What the generator minimises before the game."""
        raise NotImplementedError

    def discriminator_losses(self, tensors: Mapping[str, Any], seed: Any) -> dict[str, Term]:
        """What the discriminator minimises."""
        raise NotImplementedError

    def generator_losses(self, tensors: Mapping[str, Any], seed: Any) -> dict[str, Term]:
        """What the generator minimises in the game."""
        raise NotImplementedError
