"""DCGAN: anime characters out of random numbers. No photos: it learns from one folder of pictures.

The game as published is cross entropy; with `adversarial="wasserstein"` a critic with a gradient penalty takes the
discriminator's place.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops

from japananime.base.errors import UserError
from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import dcgan_discriminator, dcgan_generator
from japananime.perception import losses, metrics
from japananime.styles import latents
from japananime.training.families.family import WINS, Family
from japananime.training.families.parts import averaged_generator, fixed_latents
from japananime.training.families.parts.fixed_latents import SHEET_SEED, TOGETHER
from japananime.training.families.parts.seeded_random import SeededRandom
from japananime.training.picture_gradients import gradient
from japananime.training.program import Score, Term

GAMES = {**losses.ADVERSARIAL, "wasserstein": losses.WASSERSTEIN}
FEATURES = ("block4_conv4",)
# Of the latent numbers that are drawn once for the score.
SCORE_SEED = 2


@dataclass(frozen=True)
class Settings(BaseSettings):
    """The published system by default."""

    latent: int = setting(100, "random numbers that a character is made of", least=1, most=4096)
    width: int = setting(64, "filters of the generator before its last step", least=1, most=512)
    discriminator_width: int = setting(64, "filters of the discriminator's first step", least=1, most=512)
    upsampling: str = setting(
        "transposed",
        "how the generator doubles its maps: kernels of 4 as published, or resizing, against checkerboard",
        choices=dcgan_generator.UPSAMPLINGS,
    )
    discriminator_normalisation: str = setting(
        "batch",
        "normalisation in the discriminator; layer or none for --adversarial wasserstein",
        choices=dcgan_discriminator.NORMALISATIONS,
    )
    adversarial: str = setting("cross_entropy", "the adversarial loss", choices=tuple(GAMES))
    penalty_weight: float = setting(
        10.0, "weight of holding the critic's slope at 1, for --adversarial wasserstein", least=0.0
    )
    generator_every: int = setting(
        1, "steps of the discriminator for one of the generator; 5 is usual for --adversarial wasserstein", least=1
    )
    generator_rate: float = setting(1e-4, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(4e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)
    grid: int = setting(8, "rows and columns of the sheet of characters after each epoch", least=1, most=32)
    fid_epochs: int = setting(
        0, "epochs between two measurements of the Fréchet distance on VGG19's features, 0 for none", least=0
    )
    fid_pictures: int = setting(1000, "pictures of each kind that it is measured on, at most", least=2)

    sizes = (16, 32, 64, 128, 256)

    def __post_init__(self):
        super().__post_init__()
        if self.adversarial == "wasserstein" and self.discriminator_normalisation == "batch":
            raise UserError(
                "--discriminator-normalisation is batch with --adversarial wasserstein, whose penalty wants each "
                "picture judged by itself; accepted: layer, none"
            )


class Dcgan(Family):
    """The networks and the losses."""

    Settings = Settings
    # How it is trained unless asked otherwise: as published, on faces that are all of one size and place.
    USUAL = {"size": 64, "batch": 128, "epochs": 70, "smallest_crop": 1.0}

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("anime",)

    def __init__(self, settings, features, size):
        recipe = {name: getattr(settings, name) for name in ("latent", "width", "upsampling")} | {"size": size}
        generators = averaged_generator.pair("dcgan", recipe)
        self.discriminator = dcgan_discriminator.build(
            size, settings.discriminator_width, settings.discriminator_normalisation
        )
        super().__init__(settings, generators, discriminator=self.discriminator)
        self.game, self.chance = GAMES[settings.adversarial], SeededRandom()
        self.sheet = latents.draw(settings.grid**2, settings.latent, SHEET_SEED)
        self.scores = (_fid(settings, features, self.average),) if settings.fid_epochs else ()

    def forward(self, batch, seed):
        """As many characters as there are pictures."""
        numbers = self.chance.normal((ops.shape(batch["anime"])[0], self.settings.latent), seed)
        return {"picture": self.generator(numbers, training=True)}

    def preview(self, images):
        """Always the same characters."""
        return {"character": fixed_latents.make(self.average, self.sheet)}

    def phases(self):
        """The discriminator and the generator in turn."""
        settings = self.settings
        # A critic's loss may be anything; a discriminator's that goes to nothing teaches nothing.
        critic = settings.adversarial == "wasserstein"
        yield self.phase(
            "discriminator",
            self.discriminator_losses,
            [self.discriminator],
            settings.discriminator_rate,
            warn_below=None if critic else 0.05,
            advice="" if critic else f"{WINS}, or give --adversarial wasserstein",
        )
        yield self.phase(
            "generator",
            self.generator_losses,
            [self.generator],
            settings.generator_rate,
            every=settings.generator_every,
            after=lambda tensors, seed: dcgan_generator.follow(self.generator),
        )

    def judge(self, pictures):
        """Logits of real or of made pictures, which are normalised apart, each over its own batch, as published."""
        return self.discriminator(pictures, training=True)

    def discriminator_losses(self, tensors, seed):
        """Tell pictures from characters."""
        settings = self.settings
        real, fake = tensors["anime"], ops.stop_gradient(tensors["picture"])
        real_logits, fake_logits = self.judge(real), self.judge(fake)
        terms = {"real": Term(self.game.real(real_logits)), "fake": Term(self.game.fake(fake_logits))}
        if settings.adversarial == "cross_entropy":
            # To look at alone: the mean of D(real) and of D(fake), which other games' logits say nothing of.
            terms["real_probability"] = Term(ops.mean(ops.sigmoid(real_logits)), 0.0)
            terms["fake_probability"] = Term(ops.mean(ops.sigmoid(fake_logits)), 0.0)
        if settings.adversarial == "wasserstein":
            share = self.chance.uniform((ops.shape(real)[0], 1, 1, 1), seed, stream=1)
            slope = gradient(self.judge, losses.between(real, fake, share))
            terms["penalty"] = Term(losses.gradient_penalty(slope), settings.penalty_weight)
        return terms

    def generator_losses(self, tensors, seed):
        """Fool the discriminator."""
        return {"adversarial": Term(self.game.fool(self.judge(tensors["picture"])))}


def _fid(settings, features, generator):
    """Fréchet distance of as many characters as there are training pictures, on VGG19's features, a mean a picture."""

    extractor = features(FEATURES)

    def look(pictures):
        return np.asarray(ops.mean(ops.cast(extractor(pictures), "float32"), axis=(1, 2)))

    def against(batches):
        seen, count = [], 0
        for batch in batches:
            seen.append(look(batch[: settings.fid_pictures - count]))
            count += len(seen[-1])
            if count == settings.fid_pictures:
                break
        real, numbers = np.concatenate(seen), latents.draw(count, settings.latent, SCORE_SEED)

        def measure():
            made = fixed_latents.make(generator, numbers)
            starts = range(0, count, TOGETHER)
            return metrics.frechet_distance(real, np.concatenate([look(made[at : at + TOGETHER]) for at in starts]))

        return measure

    return Score("fid", settings.fid_epochs, against)
