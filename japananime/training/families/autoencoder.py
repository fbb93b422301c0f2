"""An auto-encoder: VGG19 as a frozen encoder, and a decoder that learns content, gray style and colour, without a game.

A discriminator can be added by giving the adversarial term a weight.
"""

from dataclasses import dataclass

import keras
from keras import ops

from japananime.base.settings import setting
from japananime.networks import blocks, patch_discriminator, vgg_autoencoder
from japananime.perception import losses
from japananime.training.families import anime_terms
from japananime.training.program import Exportable, Phase, Program, Term


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


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("photo", "anime", *(("smooth",) if settings.adversarial_weight else ()))


def build(settings, features, size=None):
    """The program of this family.

    features: (taps) -> a frozen model with VGG19's layers, from pictures to features, such as `features.vgg19`.
    size: side of the training pictures, which makes no difference here.
    """
    recipe = {name: getattr(settings, name) for name in ("width", "depth", "normalisation")}
    network = vgg_autoencoder.build(**recipe)
    average = vgg_autoencoder.build(**recipe)
    # Content and style are taken from block 4; where the encoder goes deeper, so does the model its weights come from.
    extractor = features(("block5_conv4", *anime_terms.FEATURES) if settings.depth == 5 else anime_terms.FEATURES)
    vgg_autoencoder.adopt(network, extractor)
    average.set_weights(network.get_weights())
    average.trainable = False
    decoder, average_decoder = vgg_autoencoder.decoder(network), vgg_autoencoder.decoder(average)
    seen = anime_terms.features_of(keras.Model(extractor.inputs, extractor.outputs[-1]), settings)
    game = losses.ADVERSARIAL[settings.adversarial]
    state = {"decoder": decoder, "decoder_average": average_decoder}
    phases = []

    def forward(batch, seed):
        return {"picture": network(batch["photo"])}

    def adam():
        return keras.optimizers.Adam(beta_1=settings.beta_1)

    if settings.adversarial_weight:
        discriminator = patch_discriminator.build(settings.discriminator_width)
        state["discriminator"] = discriminator

        def discriminator_losses(tensors, seed):
            shown = (tensors["anime"], ops.stop_gradient(tensors["picture"]), tensors["smooth"])
            real, fake, smooth = ops.split(discriminator(ops.concatenate(shown)), 3)
            return {"real": Term(game.real(real)), "fake": Term(game.fake(fake)), "smooth": Term(game.fake(smooth))}

        phases.append(
            Phase(
                "discriminator",
                discriminator_losses,
                discriminator.trainable_variables,
                adam(),
                settings.discriminator_rate,
                warn_below=0.05,
                advice="the discriminator wins outright and teaches nothing: lower --discriminator-rate",
            )
        )

    def decoder_losses(tensors, seed):
        terms = anime_terms.terms(seen, settings, tensors["photo"], tensors["anime"], tensors["picture"])
        if settings.adversarial_weight:
            terms["adversarial"] = Term(game.fool(discriminator(tensors["picture"])), settings.adversarial_weight)
        return terms

    phases.append(Phase("decoder", decoder_losses, decoder.trainable_variables, adam(), settings.rate))
    return Program(
        state=state,
        phases=tuple(phases),
        streams=streams(settings),
        forward=forward,
        averages=((decoder, average_decoder),),
        preview=lambda images: {"photo": images["photo"], "picture": average(images["photo"])},
        export=Exportable("vgg_autoencoder", recipe, average),
    )
