"""DCGAN: anime characters out of random numbers. No photos: it learns from one folder of pictures.

The game as published is cross entropy; with `adversarial="wasserstein"` a critic with a gradient penalty takes the
discriminator's place.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from japananime.base.errors import UserError
from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import dcgan_discriminator, dcgan_generator
from japananime.perception import losses, metrics
from japananime.styles import latents
from japananime.training.families import averaging
from japananime.training.families.chance import Chance
from japananime.training.program import Exportable, Phase, Program, Score, Term
from japananime.training.slope import gradient

GAMES = {**losses.ADVERSARIAL, "wasserstein": losses.WASSERSTEIN}
# How it is trained unless asked otherwise: as published, on faces that are all of one size and place.
USUAL = {"size": 64, "batch": 128, "epochs": 70, "smallest_crop": 1.0}
FEATURES = ("block4_conv4",)
# Latent numbers drawn once, for the sheet of samples and for the score.
SHEET_SEED, SCORE_SEED = 1, 2
TOGETHER = 32


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
    adversarial: str = setting("cross_entropy", "the game between generator and discriminator", choices=tuple(GAMES))
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


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("anime",)


def build(settings, features, size):
    """The program of this family.

    features: (taps) -> a frozen model from pictures to features, such as `features.vgg19` with its weights given.
    size: side of the training pictures, and of the characters that are made.
    """
    recipe = {name: getattr(settings, name) for name in ("latent", "width", "upsampling")} | {"size": size}
    generator, average = averaging.pair(dcgan_generator.build, recipe)
    discriminator = dcgan_discriminator.build(size, settings.discriminator_width, settings.discriminator_normalisation)
    game, chance = GAMES[settings.adversarial], Chance()
    sheet = latents.draw(settings.grid**2, settings.latent, SHEET_SEED)

    def forward(batch, seed):
        count = ops.shape(batch["anime"])[0]
        return {"picture": generator(chance.normal((count, settings.latent), seed), training=True)}

    def judge(pictures):
        # Real and made pictures apart, each normalised over its own batch, as published.
        return discriminator(pictures, training=True)

    def discriminator_losses(tensors, seed):
        real, fake = tensors["anime"], ops.stop_gradient(tensors["picture"])
        real_logits, fake_logits = judge(real), judge(fake)
        terms = {"real": Term(game.real(real_logits)), "fake": Term(game.fake(fake_logits))}
        if settings.adversarial == "cross_entropy":
            # To look at alone: the mean of D(real) and of D(fake), which other games' logits say nothing of.
            terms["real_probability"] = Term(ops.mean(ops.sigmoid(real_logits)), 0.0)
            terms["fake_probability"] = Term(ops.mean(ops.sigmoid(fake_logits)), 0.0)
        if settings.adversarial == "wasserstein":
            share = chance.uniform((ops.shape(real)[0], 1, 1, 1), seed, stream=1)
            slope = gradient(judge, losses.between(real, fake, share))
            terms["penalty"] = Term(losses.gradient_penalty(slope), settings.penalty_weight)
        return terms

    def generator_losses(tensors, seed):
        return {"adversarial": Term(game.fool(judge(tensors["picture"])))}

    def adam():
        return keras.optimizers.Adam(beta_1=settings.beta_1)

    # A critic's loss may be anything; a discriminator's that goes to nothing teaches nothing.
    warning = (
        {}
        if settings.adversarial == "wasserstein"
        else {
            "warn_below": 0.05,
            "advice": "the discriminator wins outright and teaches nothing: lower --discriminator-rate, or give "
            "--adversarial wasserstein",
        }
    )
    return Program(
        state={"generator": generator, "generator_average": average, "discriminator": discriminator},
        phases=(
            Phase(
                "discriminator",
                discriminator_losses,
                discriminator.trainable_variables,
                adam(),
                settings.discriminator_rate,
                **warning,
            ),
            Phase(
                "generator",
                generator_losses,
                generator.trainable_variables,
                adam(),
                settings.generator_rate,
                every=settings.generator_every,
                after=lambda tensors, seed: dcgan_generator.follow(generator),
            ),
        ),
        streams=streams(settings),
        forward=forward,
        averages=((generator, average),),
        preview=lambda images: {"character": _make(average, sheet)},
        scores=(_fid(settings, features, average),) if settings.fid_epochs else (),
        export=Exportable("dcgan", recipe, average, takes="latent"),
    )


def _make(generator, numbers):
    starts = range(0, len(numbers), TOGETHER)
    parts = [generator(numbers[start : start + TOGETHER], training=False) for start in starts]
    return np.concatenate([np.asarray(part) for part in parts])


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
            made = _make(generator, numbers)
            starts = range(0, count, TOGETHER)
            return metrics.frechet_distance(real, np.concatenate([look(made[at : at + TOGETHER]) for at in starts]))

        return measure

    return Score("fid", settings.fid_epochs, against)
