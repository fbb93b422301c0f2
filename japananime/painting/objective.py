"""Neural style transfer: how far a picture is from the content of one picture and from the style of another."""

import re
from dataclasses import dataclass

import numpy as np
from keras import ops

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.image import color, color_transfer
from japananime.image.resize import LANCZOS, resize
from japananime.networks import pixels
from japananime.perception.losses import gram, relative_difference, squared_variation

# Convolutions in each block of VGG19.
CONVOLUTIONS = (2, 2, 4, 4, 4)
# Pixels a side from which the last layer of VGG19 still has more than one.
SMALLEST = 32


@dataclass(frozen=True)
class TransferSettings(Settings):
    """How to paint."""

    size: int = setting(512, "longer side of the picture in pixels", least=SMALLEST, most=4096)
    scales: int = setting(3, "sizes to paint at one after another, each twice the one before", least=1, most=6)
    iterations: int = setting(100, "at the last size; twice as many at each one before", least=1)
    start: str = setting("content", "what to paint over", choices=("content", "noise"))
    optimizer: str = setting("lbfgs", "how to go down", choices=("lbfgs", "adam"))
    content_weight: float = setting(1.0, "weight of showing what --content shows", least=0.0)
    style_weight: float = setting(8.0, "weight of looking like --style", least=0.0)
    smoothness_weight: float = setting(0.1, "weight of being free of noise", least=0.0)
    content_layers: str = setting("conv4_2", "of VGG19, each with :WEIGHT if you like")
    style_layers: str = setting("conv1_1,conv2_1,conv3_1,conv4_1,conv5_1", "likewise; early ones for small strokes")
    seed: int = setting(0, "of the noise", least=0, most=2**31 - 1)
    preview: int = setting(10, "iterations between two pictures of how it is going, 0 for none", least=0)

    def __post_init__(self):
        super().__post_init__()
        if not self.content_weight + self.style_weight:
            raise UserError("--content-weight and --style-weight are both 0; nothing would be painted")
        self.taps("content"), self.taps("style")

    def taps(self, kind):
        """{layer: weight} of "content" or "style"."""
        return layers(f"--{kind}-layers", getattr(self, f"{kind}_layers"))

    @property
    def weights(self):
        """{term of Distance: weight}."""
        return {name: getattr(self, f"{name}_weight") for name in ("content", "style", "smoothness")}


def layers(flag, text):
    """{name of a VGG19 layer in Keras: weight} of a list such as "conv1_1,conv2_1:0.5", weights adding up to 1."""
    found = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*conv([1-5])_([1-4])(?::(\d+(?:\.\d+)?))?\s*", part)
        if not match or int(match[2]) > CONVOLUTIONS[int(match[1]) - 1]:
            raise UserError(
                f"{flag} is '{text}'; accepted: layers conv1_1, conv1_2, conv2_1 ... conv5_4 between commas, each with "
                "a weight if you like, such as conv1_1:2,conv2_1"
            )
        found[f"block{match[1]}_conv{match[2]}"] = float(match[3] or 1)
    total = sum(found.values())
    if not total:
        raise UserError(f"{flag} is '{text}'; the weights must not all be 0")
    return {name: weight / total for name, weight in found.items()}


class Distance:
    """The terms that a picture is judged by; called with a picture it gives {term: unweighted value}.

    content: weighted mean over its layers of Σ (F - P)² / Σ P², on features after their activation.
    style: weighted mean over its layers of Σ (G - A)² / Σ A², on Gram matrices of such features.
    smoothness: see `perception.losses.squared_variation`.

    Gatys' energies are these with ½ Σ P² and ¼ Σ A² instead of a layer's weight. Relative, they are between 0 (the
    same) and about 1 (nothing of it) in every layer, at every size and for every network.

    extract: picture (1, height, width, 3) in [-1, 1] -> {layer: features (1, h, w, channels) before activation}.
    content_layers, style_layers: {layer: weight}. content, style: the two pictures; only content's size matters.
    """

    def __init__(self, extract, content_layers, style_layers, content, style):
        self._extract = extract
        self._content_layers = content_layers
        self._style_layers = style_layers
        features, other = extract(content), extract(style)
        self._contents = {name: ops.relu(features[name]) for name in content_layers}
        self._grams = {name: gram(ops.relu(other[name])) for name in style_layers}

    def __call__(self, picture):
        found = {name: ops.relu(features) for name, features in self._extract(picture).items()}
        contents = [
            weight * relative_difference(found[name], self._contents[name])
            for name, weight in self._content_layers.items()
        ]
        styles = [
            weight * relative_difference(gram(found[name]), self._grams[name])
            for name, weight in self._style_layers.items()
        ]
        return {"content": sum(contents), "style": sum(styles), "smoothness": squared_variation(picture)}


def plan(content, style, settings, keep_colors, extract):
    """What to paint over, and stages from coarse to fine for `painting.optimize.paint`.

    Gives (start, [(size, iterations, Distance)]).

    content, style: uint8 (height, width, 3). keep_colors: None, "luminance" or "match". extract: as Distance takes it.
    """
    taps = settings.taps("content"), settings.taps("style")
    stages = []
    start = np.empty(0, np.float32)
    for number, (height, width) in enumerate(sizes(content.shape[0], content.shape[1], settings.size, settings.scales)):
        if min(height, width) < SMALLEST:
            raise UserError(
                f"--scales is {settings.scales}: the content would begin at {width}×{height} pixels, and no side may "
                f"be under {SMALLEST}; give fewer scales or a larger --size"
            )
        factor = max(height, width) / max(style.shape[:2])
        photo = resize(content, (height, width), LANCZOS)
        painting = resize(style, tuple(max(SMALLEST, round(side * factor)) for side in style.shape[:2]), LANCZOS)
        if keep_colors == "match":
            painting = color_transfer.match_colors(painting, photo)
        elif keep_colors == "luminance":
            photo = color_transfer.gray(photo)
            painting = color_transfer.match_light(color_transfer.gray(painting), photo)
        distance = Distance(extract, *taps, pixels.to_signed(photo[None]), pixels.to_signed(painting[None]))
        stages.append(((height, width), settings.iterations * 2 ** (settings.scales - 1 - number), distance))
        if not start.size:
            start = np.asarray(pixels.to_signed(photo[None]))
    if settings.start == "noise":
        start = np.random.default_rng(settings.seed).uniform(-1, 1, start.shape).astype(np.float32)
    return start, stages


def finish(painted, content, keep_colors):
    """float32 (1, height, width, 3) as painted -> uint8 (height, width, 3), in the content's colours if asked for."""
    picture = np.asarray(pixels.to_bytes(painted))[0]
    if keep_colors == "luminance":
        return color.keep_chroma(picture, resize(content, picture.shape, LANCZOS))
    return picture


def told_size(painted, content):
    """Words on the size of what was painted where it is not the content's own."""
    (height, width), (own_height, own_width) = painted.shape[1:3], content.shape[:2]
    if (height, width) == (own_height, own_width):
        return ""
    own = max(own_height, own_width)
    return f", {width}×{height} pixels of {own_width}×{own_height}; all of them with --size {own}, which takes longer"


def sizes(height, width, long_side, scales):
    """[(height, width)] from coarse to fine: the last with the long side asked for, each before it half as long."""
    found = []
    for halvings in reversed(range(scales)):
        factor = long_side / 2**halvings / max(height, width)
        found.append((max(1, round(height * factor)), max(1, round(width * factor))))
    return found
