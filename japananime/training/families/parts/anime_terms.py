"""The loss terms that AnimeGAN and the auto-encoder share: content, gray style, colour and smoothness."""

from dataclasses import dataclass

from keras import ops

from japananime.base.settings import Settings as BaseSettings
from japananime.base.settings import setting
from japananime.networks import pixels
from japananime.perception import losses
from japananime.training.program import Term

FEATURES = ("block4_conv4",)


@dataclass(frozen=True)
class Weights(BaseSettings):
    """Weights as AnimeGAN has them."""

    content_weight: float = setting(1.5, "weight of keeping the photo's content", least=0.0)
    style_weight: float = setting(3.0, "weight of the gray anime's style: its textures without its colours", least=0.0)
    style_scale: float = setting(
        1.0, "the gray style is divided by this, to bring unweighted losses to one size", least=1e-6
    )
    color_weight: float = setting(10.0, "weight of keeping the photo's colours, in YUV", least=0.0)
    variation_weight: float = setting(
        0.0, "weight of squared total variation, against noise; 1 in most of AnimeGANv2", least=0.0
    )
    feature_scale: float = setting(
        1.0, "VGG19's features are divided by this; 1 as in AnimeGAN, whose weights are for plain features", least=1e-6
    )


def features_of(extractor, settings):
    """A function from pictures to float32 features, at the scale that the weights are for."""

    return lambda picture: ops.cast(extractor(picture), "float32") / settings.feature_scale


def terms(seen, settings, photo, anime, picture):
    """{name: Term} of a picture made of a photo, in a style taken from anime; all (batch, height, width, 3)."""
    # The targets in one call: the same numbers as in two, since nothing mixes the pictures of a batch, and faster. The
    # picture in its own, since a gradient is wanted of that alone.
    photo_features, anime_features = ops.split(seen(ops.concatenate((photo, pixels.to_gray(anime)))), 2)
    picture_features = seen(picture)
    style = losses.style_difference(anime_features, picture_features) / settings.style_scale
    return {
        "content": Term(losses.absolute_difference(photo_features, picture_features), settings.content_weight),
        "style": Term(style, settings.style_weight),
        "color": Term(losses.yuv_difference(photo, picture), settings.color_weight),
        "variation": Term(losses.squared_variation(picture), settings.variation_weight),
    }
