"""An auto-encoder: VGG19 as a frozen encoder, and a decoder that learns content, gray style and colour, without a game.

A discriminator can be added by giving the adversarial term a weight.
"""

from dataclasses import dataclass

import keras
from keras import ops

from japananime.base.settings import setting
from japananime.networks import blocks, patch_discriminator, vgg_autoencoder
from japananime.perception import losses
from japananime.training.families.family import WINS, Family
from japananime.training.families.parts import anime_terms, averaged_generator
from japananime.training.program import Term


@dataclass(frozen=True)
class Settings(anime_terms.Weights):
    """AnimeGeneration's auto-encoder, on AnimeGAN's weights, by default."""

    depth: int = setting(5, "blocks of VGG19 that encode: 5 makes 8×8×512 of 256×256, fewer lose less", least=1, most=5)
    width: int = setting(
        32, "filters of the decoder's last step; each step before has twice as many", least=1, most=512
    )
    normalisation: str = setting("instance", "normalisation in the decoder", choices=blocks.NORMALISATIONS)
    adversarial_weight: float = setting(
        0.0, "weight of fooling a discriminator; 0 for none, which cannot change on the way", least=0.0
    )
    adversarial: str = setting("least_squares", "the game with that discriminator", choices=tuple(losses.ADVERSARIAL))
    discriminator_width: int = setting(32, "filters of that discriminator's first layer", least=1, most=512)
    rate: float = setting(1e-4, "learning rate of the decoder", least=0.0, most=1.0)
    discriminator_rate: float = setting(1e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    @property
    def multiple(self):
        """What the sides of pictures must be multiples of."""
        return max(4, 2**self.depth)


class AutoEncoder(Family):
    """The networks and the losses."""

    Settings = Settings

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("photo", "anime", *(("smooth",) if settings.adversarial_weight else ()))

    def __init__(self, settings, features, size=None):
        recipe = {name: getattr(settings, name) for name in ("width", "depth", "normalisation")}
        super().__init__(settings, averaged_generator.pair("vgg_autoencoder", recipe))
        # Content and style are taken from block 4; where the encoder goes deeper, so does the model its weights come
        # from.
        taps = ("block5_conv4", *anime_terms.FEATURES) if settings.depth == 5 else anime_terms.FEATURES
        extractor = features(taps)
        vgg_autoencoder.adopt(self.generator, extractor)
        self.average.set_weights(self.generator.get_weights())
        self.decoder, average_decoder = map(vgg_autoencoder.decoder, (self.generator, self.average))
        # The encoder is frozen: a checkpoint holds the decoder alone.
        self.state = {"decoder": self.decoder, "decoder_average": average_decoder}
        self.averages = ((self.decoder, average_decoder),)
        self.seen = anime_terms.features_of(keras.Model(extractor.inputs, extractor.outputs[-1]), settings)
        self.game = losses.ADVERSARIAL[settings.adversarial]
        if settings.adversarial_weight:
            self.discriminator = patch_discriminator.build(settings.discriminator_width)
            self.state["discriminator"] = self.discriminator

    def phases(self):
        """The discriminator if there is one, and the decoder."""
        settings = self.settings
        if settings.adversarial_weight:
            yield self.phase(
                "discriminator",
                self.discriminator_losses,
                [self.discriminator],
                settings.discriminator_rate,
                warn_below=0.05,
                advice=WINS,
            )
        yield self.phase("decoder", self.generator_losses, [self.decoder], settings.rate)

    def discriminator_losses(self, tensors, seed):
        """Anime is real; pictures are not, nor is anime without its edges."""
        shown = (tensors["anime"], ops.stop_gradient(tensors["picture"]), tensors["smooth"])
        real, fake, smooth = ops.split(self.discriminator(ops.concatenate(shown)), 3)
        game = self.game
        return {"real": Term(game.real(real)), "fake": Term(game.fake(fake)), "smooth": Term(game.fake(smooth))}

    def generator_losses(self, tensors, seed):
        """Keep content and colours, take the gray style, and fool the discriminator if there is one."""
        picture, weight = tensors["picture"], self.settings.adversarial_weight
        terms = anime_terms.terms(self.seen, self.settings, tensors["photo"], tensors["anime"], picture)
        if weight:
            terms["adversarial"] = Term(self.game.fool(self.discriminator(picture)), weight)
        return terms
