"""AnimeGAN and AnimeGANv2: photo to anime by a least-squares game, VGG19 content, gray style and colour in YUV.

First the generator learns to repeat its input's content ("pretrain"), then discriminator and generator play together.
AnimeGeneration's additions are settings: a discriminator that sees photos as fakes and the generator's own pictures
only now and then, early on; that is held back by dropout or updated less often; a pretraining on anime.
"""

import functools
from dataclasses import dataclass

from keras import ops

from japananime.base.settings import setting
from japananime.networks import blocks, layers, patch_discriminator, pixels
from japananime.perception import losses
from japananime.training.families.family import WINS, PretrainedFamily
from japananime.training.families.parts import anime_terms, averaged_generator
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.program import Term

# Which settings build which generator.
RECIPES = {
    "animegan": ("width", "inverted_blocks", "normalisation"),
    "animegan2": ("width", "inverted_blocks", "normalisation"),
    "unet": ("width", "depth", "normalisation"),
}


@dataclass(frozen=True)
class Settings(anime_terms.Weights):
    """The system of the paper by default."""

    generator: str = setting("animegan", "the generator's architecture", choices=tuple(RECIPES))
    width: int = setting(64, "filters of the generator at full resolution; 32 in AnimeGANv2", least=1, most=512)
    inverted_blocks: int = setting(8, "inverted residual blocks of animegan and animegan2", least=0, most=64)
    depth: int = setting(4, "how often unet halves the resolution", least=1, most=6)
    normalisation: str = setting(
        "instance", "normalisation in the generator; layer in AnimeGANv2", choices=blocks.NORMALISATIONS
    )
    discriminator_width: int = setting(32, "filters of the discriminator's first layer", least=1, most=512)
    discriminator_normalisation: str = setting(
        "instance", "normalisation in the discriminator; layer in AnimeGANv2", choices=blocks.NORMALISATIONS
    )
    spectral: bool = setting(True, "spectral normalisation of the discriminator's kernels")
    dropout: float = setting(
        0.0, "share of the discriminator's feature maps dropped while it learns, to hold it back", least=0.0, most=0.9
    )
    adversarial: str = setting("least_squares", "the adversarial loss", choices=tuple(losses.ADVERSARIAL))
    pretrain_epochs: int = setting(5, "epochs in which the generator learns content alone; part of --epochs", least=0)
    pretrain_on: str = setting("photo", "what the generator learns to repeat at first", choices=("photo", "anime"))
    adversarial_weight: float = setting(300.0, "weight of fooling the discriminator", least=0.0)
    discriminator_weight: float = setting(300.0, "weight of all the discriminator's terms", least=0.0)
    real_weight: float = setting(1.0, "the discriminator's weight on anime, to be called real", least=0.0)
    fake_weight: float = setting(1.0, "its weight on the generator's pictures, to be called fake", least=0.0)
    gray_weight: float = setting(1.0, "its weight on gray anime, likewise: pictures should not go gray", least=0.0)
    smooth_weight: float = setting(
        0.1, "its weight on gray anime with smoothed edges, likewise: pictures should have clear lines", least=0.0
    )
    photo_weight: float = setting(0.0, "its weight on photos, likewise; 1 in AnimeGeneration", least=0.0)
    fake_every: int = setting(1, "steps between two in which it sees the generator's pictures", least=1)
    fake_epochs: int = setting(0, "epochs after pretraining in which it sees them at all, 0 for all", least=0)
    discriminator_every: int = setting(1, "steps of the generator for one of the discriminator", least=1)
    discriminator_every_epochs: int = setting(1, "epochs of the generator for one of the discriminator", least=1)
    pretrain_rate: float = setting(1e-4, "learning rate of the pretraining", least=0.0, most=1.0)
    generator_rate: float = setting(8e-5, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(16e-5, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    @property
    def multiple(self):
        """What the sides of pictures must be multiples of."""
        return 2**self.depth if self.generator == "unet" else 4


class AnimeGan(PretrainedFamily):
    """The networks and the losses."""

    Settings = Settings

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("photo", "anime", "smooth")

    def __init__(self, settings, features, size=None):
        recipe = {name: getattr(settings, name) for name in RECIPES[settings.generator]}
        generators = averaged_generator.pair(settings.generator, recipe)
        self.discriminator = patch_discriminator.build(
            settings.discriminator_width,
            normalisation=settings.discriminator_normalisation,
            spectral=settings.spectral,
            dropout=settings.dropout,
        )
        super().__init__(settings, generators, discriminator=self.discriminator)
        self.seen = anime_terms.features_of(features(anime_terms.FEATURES), settings)
        self.game, self.chance = losses.ADVERSARIAL[settings.adversarial], SeededRandom()
        self.dropouts = [layer for layer in self.discriminator.layers if isinstance(layer, layers.MapDropout)]
        # Where the discriminator sees the generator's pictures in every step, that is one of its terms; otherwise it is
        # a phase by itself, with its own plan: also in epochs in which the discriminator otherwise rests.
        self.fakes_by_themselves = settings.fake_every > 1 or settings.fake_epochs > 0

    def judge(self, seed, *batches):
        """The discriminator's logits for each batch, while it learns: with this step's dropout."""
        for number, layer in enumerate(self.dropouts):
            layer.draw = functools.partial(self.chance.uniform, seed=seed, stream=number)
        return ops.split(self.discriminator(ops.concatenate(batches), training=True), len(batches))

    def pretrain_losses(self, tensors, seed):
        """Repeat the content of what is given."""
        source = tensors[self.settings.pretrain_on]
        picture = tensors["picture"] if self.settings.pretrain_on == "photo" else self.generator(source)
        difference = losses.absolute_difference(self.seen(source), self.seen(picture))
        return {"content": Term(difference, self.settings.content_weight)}

    def discriminator_losses(self, tensors, seed):
        """Anime is real; gray anime, smooth anime, pictures and photos are not."""
        settings, game = self.settings, self.game
        shown = {
            "real": (game.real, tensors["anime"], settings.real_weight),
            "gray": (game.fake, pixels.to_gray(tensors["anime"]), settings.gray_weight),
            "smooth": (game.fake, pixels.to_gray(tensors["smooth"]), settings.smooth_weight),
        }
        if settings.photo_weight:
            shown["photo"] = (game.fake, tensors["photo"], settings.photo_weight)
        if not self.fakes_by_themselves:
            shown["fake"] = (game.fake, ops.stop_gradient(tensors["picture"]), settings.fake_weight)
        logits = self.judge(seed, *(pictures for _, pictures, _ in shown.values()))
        return {
            name: Term(loss(logit), settings.discriminator_weight * weight)
            for (name, (loss, _, weight)), logit in zip(shown.items(), logits, strict=True)
        }

    def fakes_losses(self, tensors, seed):
        """Pictures alone, which are not real."""
        (logits,) = self.judge(seed, ops.stop_gradient(tensors["picture"]))
        return {"fake": Term(self.game.fake(logits), self.settings.discriminator_weight * self.settings.fake_weight)}

    def generator_losses(self, tensors, seed):
        """Fool the discriminator, keep content and colours, take the gray style."""
        picture = tensors["picture"]
        fooled = self.game.fool(self.discriminator(picture, training=False))
        return {
            "adversarial": Term(fooled, self.settings.adversarial_weight),
            **anime_terms.terms(self.seen, self.settings, tensors["photo"], tensors["anime"], picture),
        }

    def discriminator_phases(self):
        """One, or two where the generator's pictures are shown by a plan of their own."""
        settings = self.settings
        yield self.judging(
            "discriminator",
            self.discriminator_losses,
            every=settings.discriminator_every,
            every_epochs=settings.discriminator_every_epochs,
            after=self.after,
            warn_below=0.05,
            advice=f"{WINS}, raise --discriminator-every or give --dropout 0.5",
        )
        if self.fakes_by_themselves:
            stop = settings.pretrain_epochs + settings.fake_epochs if settings.fake_epochs else None
            yield self.judging("fakes", self.fakes_losses, every=settings.fake_every, stop=stop, after=self.after)

    def after(self, tensors, seed):
        """Keep up the estimates of the kernels' norms."""
        layers.iterate(self.discriminator)
