"""Networks that look at pictures for the scores, and which of their maps each score takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import keras
import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.evaluation.working_size import SQUARE
from japananime.perception import features

FLAG = "--features-weights"
FID = {"frechet_anime": "FID to anime", "frechet_photos": "FID to photos"}


@dataclass(frozen=True)
class Eyes:
    """A network that looks at pictures, and which of its maps each score takes.

    name: stands in every table. model: pictures in [-1, 1] -> list of maps (batch, height, width, channels).
    squares: cut out of each picture; 0 presses the whole picture into one of `side` pixels.
    frechet, kernel, content, gram: places in that list. frechet_unit: what Fréchet distances are given in.
    scaled: features are divided by their root mean square before the kernel, which wants numbers around 1.
    headings: what scores are called that have a name of their own on these features, by `tables.Score.key`.
    """

    name: str
    model: keras.Model
    squares: int
    side: int = SQUARE
    frechet: int = 0
    kernel: int = 0
    content: int = 0
    gram: tuple[int, ...] = (0,)
    frechet_unit: float = 1.0
    scaled: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, picture, squares):
        """Maps of a picture (uint8, at its working size) and of the squares cut out of it."""
        if not self.squares:
            shrunk = Image.fromarray(picture).resize((self.side, self.side), Image.Resampling.BICUBIC)
            squares = np.asarray(shrunk)[None]
        maps = self.model.predict_on_batch(squares.astype(np.float32) / 127.5 - 1.0)
        return [np.asarray(tensor, np.float32) for tensor in (maps if isinstance(maps, (list, tuple)) else [maps])]


def vgg19_eyes(weights, squares=1, flag=FLAG):
    """VGG19 on squares of a picture. weights: as `perception.features.find_weights` returns it."""
    taps = ("block2_conv2", "block3_conv3", "block4_conv4", "block5_conv4")
    return Eyes(
        f"VGG19, {squares} square{'s' if squares > 1 else ''} of {SQUARE} pixels a picture",
        features.vgg19(weights, taps, activated=True, flag=flag),
        squares,
        frechet=2,
        kernel=3,
        content=2,
        gram=(0, 1, 2),
        frechet_unit=1000.0,
        scaled=True,
    )


def inception_eyes(weights, flag=FLAG):
    """Inception v3 on whole pictures, as FID and KID are published.

    weights: as `perception.features.find_weights` returns it.
    """
    taps = ("mixed0", "mixed2", "mixed5", "mixed10")
    model = features.inception(weights, taps, flag=flag)
    name = "Inception v3 (Keras), whole pictures at 299 pixels"
    return Eyes(name, model, 0, side=299, frechet=3, kernel=3, content=2, gram=(0, 1, 2), headings=FID)


def asked_for(network, given, squares=1, say=print):
    """The eyes asked for; unless any are, Inception v3, or VGG19 where its weights cannot be had.

    network: "inception", "vgg19" or None. given: a path to its weights, or None for those of the environment or Keras.
    say: called with a line where VGG19 takes Inception's place.
    """
    if network == "vgg19":
        return vgg19_eyes(features.find_weights(features.VGG19, given, FLAG), squares)
    weights = features.find_weights(features.INCEPTION, given, FLAG)
    try:
        return inception_eyes(weights)
    except UserError as error:
        if network or weights != "imagenet":
            raise
        say(f"VGG19 looks at the pictures instead of Inception: {error}")
        return vgg19_eyes(features.find_weights(features.VGG19, None, FLAG), squares)
