"""CycleGAN, as Face2Anime uses it: photo to anime and anime to photo, each held to what the other can undo.

Two generators and two discriminators, least squares on patches, and a pool of earlier fakes for either discriminator.
Nothing is known of pictures but these two folders: no VGG19 takes part.
"""

from dataclasses import dataclass

import keras
from keras import ops

from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import blocks, patchgan, resnet_generator
from japananime.perception import losses
from japananime.training.families import averaging
from japananime.training.families.fakes import FakePool
from japananime.training.program import Exportable, Phase, Program, Term

# How it is trained unless asked otherwise: on whole faces, as a part of a face would be shown as large as a whole one.
USUAL = {"size": 128, "smallest_crop": 1.0, "epochs": 200, "schedule": "linear", "decay_from": 0.5}


@dataclass(frozen=True)
class Settings(BaseSettings):
    """The published system by default."""

    width: int = setting(64, "filters of the generators at full resolution", least=1, most=512)
    residual_blocks: int = setting(9, "residual blocks of the generators; 6 is usual up to 128", least=0, most=64)
    upsampling: str = setting(
        "transposed",
        "how the generators double their maps: as published, or without checkerboard",
        choices=blocks.UPSAMPLINGS,
    )
    discriminator_width: int = setting(64, "filters of the discriminators' first layer", least=1, most=512)
    dilation: int = setting(
        1,
        "spread of the discriminators' last kernels; 2 for changes of shape and not of texture alone",
        least=1,
        most=4,
    )
    cycle_weight: float = setting(10.0, "weight of giving the picture back after both ways", least=0.0)
    identity_weight: float = setting(5.0, "weight of leaving alone what is of the wanted kind already", least=0.0)
    pool: int = setting(50, "earlier fakes that a discriminator may be shown, 0 for none", least=0, most=1000)
    generator_rate: float = setting(2e-4, "learning rate of the generators", least=0.0, most=1.0)
    discriminator_rate: float = setting(2e-4, "learning rate of the discriminators", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    # Of the discriminators, which halve three times, and of their last kernels.
    multiple = 8


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("photo", "anime")


def build(settings, features, size):
    """The program of this family.

    features: not asked for. size: side of the training pictures, which the pools hold.
    """
    recipe = {name: getattr(settings, name) for name in ("width", "residual_blocks", "upsampling")}
    to_anime, to_anime_average = averaging.pair(resnet_generator.build, recipe)
    to_photo, to_photo_average = averaging.pair(resnet_generator.build, recipe)
    judges = {
        kind: patchgan.build(settings.discriminator_width, dilation=settings.dilation) for kind in ("anime", "photo")
    }
    pools = {kind: FakePool(settings.pool, size, stream) for stream, kind in enumerate(judges)}
    game = losses.ADVERSARIAL["least_squares"]

    def forward(batch, seed):
        return {"fake_anime": to_anime(batch["photo"]), "fake_photo": to_photo(batch["anime"])}

    def generator_losses(tensors, seed):
        photo, anime = tensors["photo"], tensors["anime"]
        difference = losses.absolute_difference
        return {
            "adversarial_anime": Term(game.fool(judges["anime"](tensors["fake_anime"]))),
            "adversarial_photo": Term(game.fool(judges["photo"](tensors["fake_photo"]))),
            "cycle_photo": Term(difference(photo, to_photo(tensors["fake_anime"])), settings.cycle_weight),
            "cycle_anime": Term(difference(anime, to_anime(tensors["fake_photo"])), settings.cycle_weight),
            "identity_photo": Term(difference(photo, to_photo(photo)), settings.identity_weight),
            "identity_anime": Term(difference(anime, to_anime(anime)), settings.identity_weight),
        }

    def discriminator_losses(tensors, seed):
        terms = {}
        for kind, judge in judges.items():
            shown = pools[kind].mix(ops.stop_gradient(tensors[f"fake_{kind}"]), seed)
            # Halved, as published: a discriminator learns half as fast as a generator at the same rate.
            terms[f"real_{kind}"] = Term(game.real(judge(tensors[kind])), 0.5)
            terms[f"fake_{kind}"] = Term(game.fake(judge(shown)), 0.5)
        return terms

    def keep(tensors, seed):
        for kind, pool in pools.items():
            pool.keep(tensors[f"fake_{kind}"], seed)

    def preview(images):
        photo, anime = images["photo"], images["anime"]
        made, undone = to_anime_average(photo), to_photo_average(anime)
        return {
            **{"photo": photo, "anime of a photo": made, "photo given back": to_photo_average(made)},
            **{"anime": anime, "photo of an anime": undone, "anime given back": to_anime_average(undone)},
        }

    back = Exportable("resnet", recipe, to_photo_average)
    return Program(
        state={
            **{"to_anime": to_anime, "to_anime_average": to_anime_average},
            **{"to_photo": to_photo, "to_photo_average": to_photo_average},
            **{f"discriminator_{kind}": judge for kind, judge in judges.items()},
            **{f"pool_{kind}": pool for kind, pool in pools.items()},
        },
        phases=(
            Phase(
                "generators",
                generator_losses,
                [*to_anime.trainable_variables, *to_photo.trainable_variables],
                keras.optimizers.Adam(beta_1=settings.beta_1),
                settings.generator_rate,
            ),
            Phase(
                "discriminators",
                discriminator_losses,
                [variable for judge in judges.values() for variable in judge.trainable_variables],
                keras.optimizers.Adam(beta_1=settings.beta_1),
                settings.discriminator_rate,
                after=keep,
                warn_below=0.05,
                advice="the discriminators win outright and teach nothing: lower --discriminator-rate",
            ),
        ),
        streams=streams(settings),
        forward=forward,
        averages=((to_anime, to_anime_average), (to_photo, to_photo_average)),
        preview=preview,
        export=Exportable("resnet", recipe, to_anime_average, beside={"anime2photo": back}),
    )
