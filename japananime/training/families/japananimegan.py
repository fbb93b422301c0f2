"""JapananimeGAN, the Harvard Summer School project: photo to anime by an adversarial game plus VGG19 content and style.

First the generator learns to repeat its input's content ("pretrain"), then discriminator and generator play together.
"""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import blocks, patch_discriminator
from japananime.perception import losses
from japananime.training.families.family import PretrainedFamily
from japananime.training.families.parts import averaged_generator
from japananime.training.program import Term

FEATURES = ("block4_conv4",)


@dataclass(frozen=True)
class Settings(BaseSettings):
    """The published system by default."""

    network: str = setting(
        "residual", "the generator: as published, or light enough for a laptop", choices=averaged_generator.NETWORKS
    )
    width: int = setting(
        0, "filters of the generator at full resolution, 0 for the network's own: 64, light 16", least=0, most=512
    )
    residual_blocks: int = setting(8, "residual blocks in the middle of the generator", least=0, most=64)
    activation: str = setting("relu", "activation of the generator", choices=blocks.ACTIVATIONS)
    upsampling: str = setting(
        "transposed",
        "how the generator doubles its resolution: as published, or without checkerboard",
        choices=blocks.UPSAMPLINGS,
    )
    output: str = setting(
        "picture",
        "what the generator makes: the picture as published, or the change to the photo, starting at none",
        choices=blocks.OUTPUTS,
    )
    normalisation: str = setting(
        "instance", "normalisation in the generator; none needs --output change", choices=blocks.NORMALISATIONS
    )
    discriminator_width: int = setting(32, "filters of the discriminator's first layer", least=1, most=512)
    discriminator_activation: str = setting("leaky_relu", "activation of the discriminator", choices=blocks.ACTIVATIONS)
    discriminator_normalisation: str = setting(
        "instance", "normalisation in the discriminator", choices=blocks.NORMALISATIONS
    )
    adversarial: str = setting("cross_entropy", "the adversarial loss", choices=tuple(losses.ADVERSARIAL))
    pretrain_epochs: int = setting(2, "epochs in which the generator learns content alone; part of --epochs", least=0)
    adversarial_weight: float = setting(1.0, "weight of fooling the discriminator", least=0.0)
    content_weight: float = setting(
        10.0, "weight of keeping the photo's content; lower it if pictures stay photos", least=0.0
    )
    content_target: str = setting(
        "photo",
        "whose content is kept: the photo's as published, or that of the photo without its textures",
        choices=("photo", "flat"),
    )
    pixel_weight: float = setting(
        0.0, "weight of being like the content target pixel by pixel; 0 as published", least=0.0
    )
    style_weight: float = setting(1.0, "weight of the anime's style; raise it if pictures stay photos", least=0.0)
    color_weight: float = setting(
        0.0, "weight of keeping the photo's colours; 0 as published, around 10 against colour casts", least=0.0
    )
    variation_weight: float = setting(0.0, "weight of total variation, against noise", least=0.0)
    smooth_weight: float = setting(
        1.0, "the discriminator's weight on anime with smoothed edges, which teaches clear lines", least=0.0
    )
    feature_scale: float = setting(
        255.0, "VGG19's features are divided by this, so that the published weights mean what they meant", least=1e-6
    )
    pretrain_rate: float = setting(1e-4, "learning rate of the pretraining", least=0.0, most=1.0)
    generator_rate: float = setting(1e-4, "learning rate of the generator", least=0.0, most=1.0)
    discriminator_rate: float = setting(1e-4, "learning rate of the discriminator", least=0.0, most=1.0)
    beta_1: float = setting(0.5, "Adam's first-moment decay", least=0.0, most=0.999)

    def __post_init__(self):
        super().__post_init__()
        averaged_generator.check_output(self)

    @property
    def multiple(self):
        """What the sides of training pictures must be multiples of."""
        return averaged_generator.MULTIPLES[self.network]


class JapananimeGan(PretrainedFamily):
    """The networks and the losses."""

    Settings = Settings

    @staticmethod
    def streams(settings):
        """The kinds of image that a batch of this family holds."""
        return ("photo", "anime", "smooth", *(("flat",) if settings.content_target == "flat" else ()))

    def __init__(self, settings, features, size=None):
        generators = averaged_generator.build(settings)
        self.discriminator = patch_discriminator.build(
            settings.discriminator_width, settings.discriminator_activation, settings.discriminator_normalisation
        )
        super().__init__(settings, generators, discriminator=self.discriminator)
        self.extractor = features(FEATURES)
        self.game = losses.ADVERSARIAL[settings.adversarial]

    def seen(self, picture):
        """VGG19's features of a picture, float32, brought to the published weights' scale."""
        # The author fed VGG19 with [0, 1] instead of 0..255 and balanced his weights on that. It is fed rightly here,
        # and its features brought back to his scale; without that the adversarial term would count for nothing.
        return ops.cast(self.extractor(picture), "float32") / self.settings.feature_scale

    def pretrain_losses(self, tensors, seed):
        """Content alone."""
        target = tensors[self.settings.content_target]
        return self.content_terms(tensors, self.seen(target), self.seen(tensors["picture"]))

    def discriminator_losses(self, tensors, seed):
        """Anime is real; pictures are not, nor is anime without its edges."""
        real, fake, smooth = together(
            self.discriminator, tensors["anime"], ops.stop_gradient(tensors["picture"]), tensors["smooth"]
        )
        return {
            "real": Term(self.game.real(real)),
            "fake": Term(self.game.fake(fake)),
            "smooth": Term(self.game.fake(smooth), self.settings.smooth_weight),
        }

    def generator_losses(self, tensors, seed):
        """Fool the discriminator, keep the content, take the style."""
        settings, picture = self.settings, tensors["picture"]
        picture_features = self.seen(picture)
        target_features, anime_features = together(self.seen, tensors[settings.content_target], tensors["anime"])
        return {
            "adversarial": Term(self.game.fool(self.discriminator(picture)), settings.adversarial_weight),
            **self.content_terms(tensors, target_features, picture_features),
            "style": Term(losses.style_difference(anime_features, picture_features), settings.style_weight),
            "color": Term(losses.chroma_difference(tensors["photo"], picture), settings.color_weight),
            "variation": Term(losses.total_variation(picture), settings.variation_weight),
        }

    def content_terms(self, tensors, target_features, picture_features):
        """How far the picture is from what it should show, in features and in pixels."""
        settings = self.settings
        distance = losses.absolute_difference(tensors[settings.content_target], tensors["picture"])
        return {
            "content": Term(losses.absolute_difference(target_features, picture_features), settings.content_weight),
            "pixel": Term(distance, settings.pixel_weight),
        }


def together(model, *batches):
    """What a model makes of each of several batches, in one call."""
    # The same numbers as in a call on each, since nothing mixes pictures of a batch, and a few per cent faster, since
    # every call on a CPU rearranges the weights anew.
    return ops.split(model(ops.concatenate(batches)), len(batches))
