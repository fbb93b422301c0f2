"""Characters out of random numbers, from few pictures and on small machines.

A light generator with skip excitation plays against heads on projected features of a trained network and a small
discriminator on pixels, with augmentation on everything that is judged.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops

from japananime.base.settings import setting
from japananime.networks import dcgan_generator, skip_excitation_generator
from japananime.styles import latents
from japananime.training.families import averaging
from japananime.training.families.chance import Chance
from japananime.training.families.projected_game import GameSettings, ProjectedGame
from japananime.training.program import Exportable, Phase, Program, Term

# How it is trained unless asked otherwise.
USUAL = {"size": 64, "batch": 16, "epochs": 40, "smallest_crop": 1.0, "average_decay": 0.998}
# Latent numbers drawn once, for the sheet of samples.
SHEET_SEED = 1
TOGETHER = 32


@dataclass(frozen=True)
class Settings(GameSettings):
    """As the bundled characters were trained."""

    latent: int = setting(128, "random numbers that a character is made of", least=1, most=4096)
    width: int = setting(32, "filters of the generator at 64 pixels", least=1, most=512)
    grid: int = setting(8, "rows and columns of the sheet of characters after each epoch", least=1, most=32)

    sizes = (32, 64, 128, 256)


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("anime",)


def build(settings, features, size):
    """The program of this family.

    features: (taps) -> a frozen model from pictures to features, of the network that `settings.perception` names.
    size: side of the training pictures, and of the characters that are made.
    """
    recipe = {"latent": settings.latent, "size": size, "width": settings.width}
    generator, average = averaging.pair(skip_excitation_generator.build, recipe)
    chance = Chance()
    game = ProjectedGame(settings, features, size, chance)
    sheet = latents.draw(settings.grid**2, settings.latent, SHEET_SEED)

    def forward(batch, seed):
        numbers = chance.normal((ops.shape(batch["anime"])[0], settings.latent), seed)
        picture = generator(numbers, training=True)
        return {"real": game.see(batch["anime"], seed, 0), "fake": game.see(picture, seed, 1)}

    def generator_losses(tensors, seed):
        return {"adversarial": Term(game.fool_loss(tensors["real"], tensors["fake"]))}

    return Program(
        state={"generator": generator, "generator_average": average, **game.state},
        phases=(
            game.phase(),
            Phase(
                "generator",
                generator_losses,
                generator.trainable_variables,
                game.adam(),
                settings.generator_rate,
                after=lambda tensors, seed: dcgan_generator.follow(generator),
            ),
        ),
        streams=streams(settings),
        forward=forward,
        averages=((generator, average),),
        preview=lambda images: {"character": _make(average, sheet)},
        export=Exportable("skip_excitation", recipe, average, takes="latent"),
    )


def _make(generator, numbers):
    starts = range(0, len(numbers), TOGETHER)
    return np.concatenate([np.asarray(generator(numbers[at : at + TOGETHER], training=False)) for at in starts])
