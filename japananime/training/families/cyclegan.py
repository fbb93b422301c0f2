"""CycleGAN, as Face2Anime uses it: photo to anime and anime to photo, each held to what the other can undo.

Two generators and two discriminators, least squares on patches, and a pool of earlier fakes for either discriminator.
Nothing is known of pictures but these two folders: no VGG19 takes part.
"""

from dataclasses import dataclass, replace

from keras import ops

from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import blocks, patchgan
from japananime.perception import losses
from japananime.training.families.family import Family
from japananime.training.families.parts import averaged_generator
from japananime.training.families.parts.fake_pool import FakePool
from japananime.training.program import Term


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


class CycleGan(Family):
    """The networks and the losses."""

    Settings = Settings
    # On whole faces, as a part of a face would be shown as large as a whole one.
    USUAL = {"size": 128, "smallest_crop": 1.0, "epochs": 200, "schedule": "linear", "decay_from": 0.5}

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("photo", "anime")

    def __init__(self, settings, features, size):
        recipe = {name: getattr(settings, name) for name in ("width", "residual_blocks", "upsampling")}
        there, back = averaged_generator.pair("resnet", recipe), averaged_generator.pair("resnet", recipe)
        self.discriminators = {
            kind: patchgan.build(settings.discriminator_width, dilation=settings.dilation)
            for kind in ("anime", "photo")
        }
        self.pools = {kind: FakePool(settings.pool, size, stream) for stream, kind in enumerate(self.discriminators)}
        super().__init__(settings, there)
        self.game = losses.ADVERSARIAL["least_squares"]
        self.to_anime, self.to_photo = there.live, back.live
        self.to_anime_average, self.to_photo_average = there.average, back.average
        self.state = {
            **{"to_anime": there.live, "to_anime_average": there.average},
            **{"to_photo": back.live, "to_photo_average": back.average},
            **{f"discriminator_{kind}": judge for kind, judge in self.discriminators.items()},
            **{f"pool_{kind}": pool for kind, pool in self.pools.items()},
        }
        self.averages = ((there.live, there.average), (back.live, back.average))
        self.export = replace(there.export, beside={"anime2photo": back.export})

    def forward(self, batch, seed):
        """What either generator makes."""
        return {"fake_anime": self.to_anime(batch["photo"]), "fake_photo": self.to_photo(batch["anime"])}

    def phases(self):
        """Both generators at once, and then both discriminators."""
        settings = self.settings
        generators = [self.to_anime, self.to_photo]
        yield self.phase("generators", self.generator_losses, generators, settings.generator_rate)
        yield self.phase(
            "discriminators",
            self.discriminator_losses,
            self.discriminators.values(),
            settings.discriminator_rate,
            after=self.keep,
            warn_below=0.05,
            advice="the discriminators win outright and teach nothing: lower --discriminator-rate",
        )

    def generator_losses(self, tensors, seed):
        """Fool either discriminator, give pictures back after both ways, leave alone what is right already."""
        photo, anime, settings = tensors["photo"], tensors["anime"], self.settings
        fake_anime, fake_photo = tensors["fake_anime"], tensors["fake_photo"]
        to_anime, to_photo, difference = self.to_anime, self.to_photo, losses.absolute_difference
        return {
            "adversarial_anime": Term(self.game.fool(self.discriminators["anime"](fake_anime))),
            "adversarial_photo": Term(self.game.fool(self.discriminators["photo"](fake_photo))),
            "cycle_photo": Term(difference(photo, to_photo(fake_anime)), settings.cycle_weight),
            "cycle_anime": Term(difference(anime, to_anime(fake_photo)), settings.cycle_weight),
            "identity_photo": Term(difference(photo, to_photo(photo)), settings.identity_weight),
            "identity_anime": Term(difference(anime, to_anime(anime)), settings.identity_weight),
        }

    def discriminator_losses(self, tensors, seed):
        """Tell what is given from fakes, now and then from earlier ones."""
        terms = {}
        for kind, judge in self.discriminators.items():
            shown = self.pools[kind].mix(ops.stop_gradient(tensors[f"fake_{kind}"]), seed)
            # Halved, as published: a discriminator learns half as fast as a generator at the same rate.
            terms[f"real_{kind}"] = Term(self.game.real(judge(tensors[kind])), 0.5)
            terms[f"fake_{kind}"] = Term(self.game.fake(judge(shown)), 0.5)
        return terms

    def keep(self, tensors, seed):
        """Take the fakes that were shown into the pools."""
        for kind, pool in self.pools.items():
            pool.keep(tensors[f"fake_{kind}"], seed)

    def preview(self, images):
        """Pictures of either kind: as given, made into the other, and given back."""
        photo, anime = images["photo"], images["anime"]
        made, undone = self.to_anime_average(photo), self.to_photo_average(anime)
        return {
            **{"photo": photo, "anime of a photo": made, "photo given back": self.to_photo_average(made)},
            **{"anime": anime, "photo of an anime": undone, "anime given back": self.to_anime_average(undone)},
        }
