"""The adversarial game for few pictures: heads on projected features and a judge of pixels, everything augmented."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from japananime.base.errors import UserError
from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import layers, pixel_discriminator, projected_discriminator
from japananime.perception import losses
from japananime.perception.features import PERCEPTIONS
from japananime.training.families.family import Family
from japananime.training.families.parts.augmentation import KINDS, Augmentation
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.picture_gradients import gradient
from japananime.training.program import Term

# A network trained on ImageNet sees little in fewer pixels.
LEAST_SIDE = 96


@dataclass(frozen=True)
class GameSettings(BaseSettings):
    """What the families that play this game have in common."""

    perception: str = setting(
        "mobilenet_v2", "the trained network that the discriminator looks through", choices=tuple(PERCEPTIONS)
    )
    discriminator_width: int = setting(128, "filters of each head on features; 0 for none", least=0, most=512)
    pixel_width: int = setting(32, "filters of the discriminator on pixels; 0 for none", least=0, most=512)
    adversarial: str = setting("hinge", "the adversarial loss", choices=tuple(losses.PAIRED))
    penalty_weight: float = setting(
        0.0, "weight of zero-centred gradient penalties on the discriminator on pixels", least=0.0
    )
    augmentation: str = setting("all", "what is changed at random in all that is judged", choices=tuple(KINDS))
    augmentation_strength: float = setting(1.0, "share of the pictures changed, at first", least=0.0, most=1.0)
    augmentation_target: float = setting(
        0.0,
        "raise that share while the mean sign of the verdicts on real pictures is over this, and lower it below; 0 "
        "leaves it as it is",
        least=0.0,
        most=1.0,
    )
    generator_rate: float = setting(2e-4, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(2e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.0, "Adam's first-moment decay", least=0.0, most=0.999)
    beta_2: float = setting(0.99, "Adam's second-moment decay", least=0.0, most=0.9999)

    def __post_init__(self):
        super().__post_init__()
        if not self.discriminator_width and not self.pixel_width:
            raise UserError("--discriminator-width and --pixel-width are both 0; one of them must judge")
        if self.penalty_weight and not self.pixel_width:
            raise UserError(
                f"--penalty-weight is {self.penalty_weight} with --pixel-width 0, which leaves nothing to penalise"
            )


class ProjectedGame(Family):
    """The judges, what they see, and what either side pays. A family says what its generator makes, and of what.

    settings: GameSettings. features: (taps) -> a frozen model of `settings.perception`. size: side of the
    pictures.
    """

    settings: Any
    # Called after each update of the generator, where a family has something to do then.
    after_generator: Callable[..., None] | None = None

    def __init__(self, settings: GameSettings, generators, features, size: int):
        super().__init__(settings, generators)
        self.chance = SeededRandom()
        perception = PERCEPTIONS[settings.perception]
        self._augment = Augmentation(
            self.chance, settings.augmentation, settings.augmentation_strength, settings.augmentation_target
        )
        self._judges = {}
        if settings.discriminator_width:
            self._extract = features(tuple(perception.taps))
            channels = [shape[-1] for shape in self._extract.output_shape]
            self._judges["heads"] = projected_discriminator.build(channels, settings.discriminator_width)
        if settings.pixel_width:
            self._judges["pixels"] = pixel_discriminator.build(settings.pixel_width, 3 if size <= 64 else 4)
        self.state.update({f"discriminator_{name}": judge for name, judge in self._judges.items()})
        self.state["augmentation"] = self._augment

    def make(self, batch, seed):
        """The generator's pictures."""
        raise NotImplementedError

    def forward(self, batch, seed):
        """Pictures, and what the judges see of anime and of them."""
        picture = self.make(batch, seed)
        return {"picture": picture, "real": self.see(batch["anime"], seed, 0), "fake": self.see(picture, seed, 1)}

    def phases(self):
        """The judges and the generator in turn."""
        settings = self.settings
        yield self.phase(
            "discriminator",
            self.discriminator_losses,
            self._judges.values(),
            settings.discriminator_rate,
            after=lambda tensors, seed: self.after_judges(tensors["real"]),
        )
        yield self.phase(
            "generator", self.generator_losses, self.trained(), settings.generator_rate, after=self.after_generator
        )

    def trained(self):
        """The networks that play against the judges."""
        return [self.generator]

    def discriminator_losses(self, tensors, seed):
        """What the judges pay, with the penalty if asked."""
        terms = {"judge": Term(self.judge_loss(tensors["real"], tensors["fake"]))}
        if self.settings.penalty_weight:
            terms["penalty"] = Term(self.penalty(tensors["real"], tensors["fake"]), self.settings.penalty_weight)
        return terms

    def generator_losses(self, tensors, seed):
        """What the generator pays for pictures that are told from real ones."""
        return {"adversarial": Term(self.fool_loss(tensors["real"], tensors["fake"]))}

    def see(self, picture, seed, stream):
        """{judge: what it is shown} of a picture (batch, side, side, 3) in [-1, 1], augmented."""
        picture = self._augment(picture, seed, stream)
        seen = {"pixels": picture}
        if "heads" in self._judges:
            seen["heads"] = [ops.cast(tap, "float32") for tap in self._extract(enlarged(picture))]
        return {name: seen[name] for name in self._judges}

    def judge_loss(self, real, fake):
        """What the judges pay, summed over their maps of logits. real, fake: as `see` gives them."""
        pairs = zip(self._verdicts(still(real)), self._verdicts(still(fake)), strict=True)
        return ops.sum(ops.stack([losses.PAIRED[self.settings.adversarial].judge(*pair) for pair in pairs]))

    def fool_loss(self, real, fake):
        """What the generator pays for pictures that are told from real ones."""
        pairs = zip(self._verdicts(still(real)), self._verdicts(fake), strict=True)
        return ops.sum(ops.stack([losses.PAIRED[self.settings.adversarial].fool(*pair) for pair in pairs]))

    def penalty(self, *seen):
        """Zero-centred gradient penalty of the judge of pixels, on all that is given."""
        judge = self._judges["pixels"]
        return sum(losses.slope_penalty(gradient(judge, ops.stop_gradient(one["pixels"]))) for one in seen)

    def adam(self):
        """An optimizer for either side."""
        return keras.optimizers.Adam(beta_1=self.settings.beta_1, beta_2=self.settings.beta_2)

    def after_judges(self, real):
        """To be called after each update of the judges. real: what they were shown of real pictures."""
        for judge in self._judges.values():
            layers.iterate(judge)
        if self._augment.adaptive:
            self._augment.adapt(ops.concatenate([ops.reshape(v, (-1,)) for v in self._verdicts(still(real))]))

    def _verdicts(self, seen):
        for name, judge in self._judges.items():
            logits = judge(seen[name])
            yield from logits if isinstance(logits, (list, tuple)) else (logits,)


def enlarged(picture):
    """A picture with sides of at least `LEAST_SIDE`, as a trained network is shown it."""
    side = max(LEAST_SIDE, picture.shape[1])
    return picture if side == picture.shape[1] else ops.image.resize(picture, (side, side), interpolation="bilinear")


def still(seen):
    """What is seen, as something given, through which no gradient flows."""
    return {
        name: [ops.stop_gradient(tap) for tap in values] if isinstance(values, Sequence) else ops.stop_gradient(values)
        for name, values in seen.items()
    }
