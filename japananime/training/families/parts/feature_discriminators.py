"""Who judges pictures in the game on features: heads on what a trained network sees, and if asked one on pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keras import ops

from japananime.networks import feature_discriminator, layers, pixel_discriminator, projected_discriminator
from japananime.perception.features import PERCEPTIONS

VGG19_TAPS = {"block1_conv2": 64, "block2_conv2": 128, "block3_conv3": 256, "block4_conv4": 512}


@dataclass(frozen=True)
class Look:
    """How a network is looked through.

    taps: {layer: channels}, from fine to coarse. content: the tap that says what is in a picture.
    heads: (channels, width) -> the discriminator. multiple: what sides must be multiples of, for its maps to fit.
    scale: what its features are divided by, or None for the setting.
    """

    taps: Mapping[str, int]
    content: str
    heads: Callable
    multiple: int
    scale: float | None = None


LOOKS = {
    "vgg19": Look(VGG19_TAPS, "block4_conv4", feature_discriminator.build, 4),
    "mobilenet_v2": Look(PERCEPTIONS["mobilenet_v2"].taps, "block_5_add", projected_discriminator.build, 32, scale=1.0),
}


class FeatureDiscriminators:
    """All judges of one game.

    look: through what they look. width: filters of each head. pixel_width: of the judge of pixels, 0 for none.
    """

    def __init__(self, look, width, pixel_width):
        self.state = {"discriminator": look.heads(tuple(look.taps.values()), width)}
        if pixel_width:
            self.state["discriminator_pixels"] = pixel_discriminator.build(pixel_width)

    @property
    def variables(self):
        """What the discriminator's phase trains."""
        return [variable for judge in self.state.values() for variable in judge.trainable_variables]

    def verdicts(self, shown):
        """[[logits of every judge] for each of several sets of pictures].

        shown: [(picture, its features)].
        """
        pictures = ops.concatenate([picture for picture, _ in shown])
        taps = [ops.concatenate(tap) for tap in zip(*(features for _, features in shown), strict=True)]
        logits = [*self.state["discriminator"](taps)]
        if "discriminator_pixels" in self.state:
            logits.append(self.state["discriminator_pixels"](ops.cast(pictures, "float32")))
        return list(zip(*(ops.split(maps, len(shown)) for maps in logits), strict=True))

    def after(self):
        """To be called after each of their updates."""
        for judge in self.state.values():
            layers.iterate(judge)
