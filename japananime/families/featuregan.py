"""A light photo-to-anime system for small means: the adversarial game is played on VGG19's features.

A discriminator that starts from nothing needs days before it sees more than colours. Here it is a few small heads on
what VGG19 sees anyway for the content loss (after Projected GANs, Sauer et al. 2021), so it judges well within
minutes. First the generator learns to draw ("pretrain": flat areas, clear colours and contours, pixel by pixel), then
the game pulls it towards the film while content, colour and the drawing hold it.
"""

from dataclasses import dataclass

import keras
from keras import ops

from japananime import losses
from japananime.families import twins
from japananime.networks import blocks, feature_discriminator
from japananime.phases import Phase, Program, Term
from japananime.settings import Settings as BaseSettings
from japananime.settings import setting

TAPS = {"block1_conv2": 64, "block2_conv2": 128, "block3_conv3": 256, "block4_conv4": 512}
CONTENT = "block4_conv4"


@dataclass(frozen=True)
class Settings(BaseSettings):
    """As the bundled styles were trained."""

    network: str = setting("light", "the generator", choices=twins.NETWORKS)
    width: int = setting(
        0, "filters of the generator at full resolution, 0 for the network's own: light 16, 64", least=0, most=512
    )
    residual_blocks: int = setting(8, "residual blocks in the middle of the generator", least=0, most=64)
    activation: str = setting("leaky_relu", "activation of the generator", choices=blocks.ACTIVATIONS)
    upsampling: str = setting(
        "transposed", "how the residual generator doubles its resolution", choices=blocks.UPSAMPLINGS
    )
    output: str = setting(
        "change", "what the residual generator makes: a change to the photo, or the picture", choices=blocks.OUTPUTS
    )
    normalisation: str = setting(
        "none", "normalisation in the residual generator; none needs --output change", choices=blocks.NORMALISATIONS
    )
    discriminator_width: int = setting(32, "filters of each of the discriminator's heads", least=1, most=512)
    adversarial: str = setting(
        "hinge", "the game between generator and discriminator", choices=tuple(losses.ADVERSARIAL)
    )
    pretrain_epochs: int = setting(2, "epochs in which the generator learns to draw; part of --epochs", least=0)
    adversarial_weight: float = setting(3.0, "weight of fooling the discriminator", least=0.0)
    content_weight: float = setting(
        1.0, "weight of keeping the photo's content; lower it if pictures stay photos", least=0.0
    )
    drawing_weight: float = setting(3.0, "weight of being like the photo's drawing, pixel by pixel", least=0.0)
    color_weight: float = setting(3.0, "weight of keeping the drawing's colours", least=0.0)
    style_weight: float = setting(0.0, "weight of the shape of the film's Gram matrices", least=0.0)
    variation_weight: float = setting(0.0, "weight of total variation, against noise", least=0.0)
    calm_weight: float = setting(
        20.0, "weight of drawing nothing where the drawing has nothing, such as hair-lines into a smooth sky", least=0.0
    )
    smooth_weight: float = setting(
        0.5, "the discriminator's weight on anime with smoothed edges, which teaches clear lines", least=0.0
    )
    feature_scale: float = setting(255.0, "VGG19's features are divided by this", least=1e-6)
    pretrain_rate: float = setting(3e-4, "learning rate of the pretraining", least=0.0, most=1.0)
    generator_rate: float = setting(3e-4, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(2e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    def __post_init__(self):
        super().__post_init__()
        twins.check_output(self)


def streams(settings):
    """The kinds of image that a batch of this family holds."""
    return ("photo", "anime", "drawing", *(("smooth",) if settings.smooth_weight else ()))


def build(settings, features, size=None):
    """The program of this family.

    features: (taps) -> a frozen model from pictures to features, such as `features.vgg19` with its weights given.
    size: side of the training pictures, which makes no difference here.
    """
    generator, average, export = twins.build(settings)
    discriminator = feature_discriminator.build(tuple(TAPS.values()), settings.discriminator_width)
    extractor = features(tuple(TAPS))
    game = losses.ADVERSARIAL[settings.adversarial]
    kinds = ("photo", "anime", *(("smooth",) if settings.smooth_weight else ()))

    def seen(picture):
        return [ops.cast(tap, "float32") / settings.feature_scale for tap in extractor(picture)]

    def forward(batch, seed):
        picture = generator(batch["photo"])
        # What needs no gradient in one call; phases that use none of it cost nothing, the compiled step leaves it out.
        given = [ops.split(tap, len(kinds)) for tap in seen(ops.concatenate([batch[kind] for kind in kinds]))]
        found = {f"{kind}_features": [tap[number] for tap in given] for number, kind in enumerate(kinds)}
        return {"picture": picture, "picture_features": seen(picture), **found}

    def mean(function, *taps):
        return sum(map(function, *taps)) / len(TAPS)

    def pretrain_losses(tensors, seed):
        return {"drawing": Term(losses.absolute_difference(tensors["drawing"], tensors["picture"]))}

    def discriminator_losses(tensors, seed):
        shown = [f"{kind}_features" for kind in ("anime", "picture", "smooth") if f"{kind}_features" in tensors]
        # In one call, so that the estimates of the spectral norm advance once a step.
        taps = [ops.concatenate([tensors[name][number] for name in shown]) for number in range(len(TAPS))]
        judged = [
            ops.split(tap, len(shown)) for tap in discriminator(list(map(ops.stop_gradient, taps)), training=True)
        ]
        real, fake, *smooth = zip(*judged, strict=True)
        terms = {"real": Term(mean(game.real, real)), "fake": Term(mean(game.fake, fake))}
        if smooth:
            terms["smooth"] = Term(mean(game.fake, *smooth), settings.smooth_weight)
        return terms

    def generator_losses(tensors, seed):
        drawing, picture, made = (tensors[name] for name in ("drawing", "picture", "picture_features"))
        place = list(TAPS).index(CONTENT)
        content = losses.absolute_difference(tensors["photo_features"][place], made[place])
        return {
            # Not in training mode: that would change the estimates of the spectral norm.
            "adversarial": Term(mean(game.fool, discriminator(made, training=False)), settings.adversarial_weight),
            "content": Term(content, settings.content_weight),
            "drawing": Term(losses.absolute_difference(drawing, picture), settings.drawing_weight),
            "color": Term(losses.chroma_difference(drawing, picture), settings.color_weight),
            "style": Term(mean(losses.style_shape_difference, tensors["anime_features"], made), settings.style_weight),
            "variation": Term(losses.total_variation(picture), settings.variation_weight),
            "calm": Term(losses.roughness_beyond(drawing, picture), settings.calm_weight),
        }

    def phase(name, terms, model, rate, **when):
        return Phase(
            name, terms, model.trainable_variables, keras.optimizers.Adam(beta_1=settings.beta_1), rate, **when
        )

    pretrain = settings.pretrain_epochs
    return Program(
        state={"generator": generator, "generator_average": average, "discriminator": discriminator},
        phases=(
            phase("pretrain", pretrain_losses, generator, settings.pretrain_rate, stop=pretrain),
            phase(
                "discriminator",
                discriminator_losses,
                discriminator,
                settings.discriminator_rate,
                start=pretrain,
                warn_below=0.05,
                advice="the discriminator wins outright and teaches nothing: lower --discriminator-rate",
            ),
            phase("generator", generator_losses, generator, settings.generator_rate, start=pretrain),
        ),
        streams=streams(settings),
        forward=forward,
        averages=((generator, average),),
        preview=lambda images: {"photo": images["photo"], "picture": average(images["photo"])},
        export=export,
    )
