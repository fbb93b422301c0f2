"""Features of a picture as networks trained on ImageNet see them: VGG19, MobileNetV2 and Inception v3."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
from keras import layers, ops

from japananime.base import terminal
from japananime.base.errors import UserError, reason


@dataclass(frozen=True)
class Source:
    """Where a network comes from: its name in Keras, the variable that may hold a path, Keras' name of the file."""

    application: str
    variable: str
    file: str


VGG19 = Source("VGG19", "JAPANANIME_VGG_WEIGHTS", "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
INCEPTION = Source(
    "InceptionV3", "JAPANANIME_INCEPTION_WEIGHTS", "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
MOBILENET_V2 = Source(
    "MobileNetV2",
    "JAPANANIME_MOBILENET_WEIGHTS",
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
)
# Mean blue, green and red of ImageNet, which the network was trained to see subtracted.
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


def find_weights(source, given=None, flag="--vgg-weights"):
    """Where a network's weights are to come from: the path given, else the environment's, else Keras' download.

    given: a path to the official no-top file, "imagenet" for Keras' own download, or "random" (for tests).
    flag: what the path was given by.
    """
    weights = given or os.environ.get(source.variable) or "imagenet"
    if weights not in ("imagenet", "random") and not Path(weights).is_file():
        origin = flag if given else source.variable
        raise UserError(
            f"{origin} is '{weights}': no such file; accepted: a path to {source.application}'s no-top .h5 file, or "
            "'imagenet' to download it"
        )
    return weights


def vgg19(weights, taps=("block4_conv4",), *, activated=False, flag="--vgg-weights"):
    """A frozen model from pictures to VGG19 features.

    weights: as `find_weights` returns it. flag: what to call it in an error.
    taps: names of convolutions in Keras' VGG19. activated: taken after their activation instead of before.
    Picture (batch, height, width, 3) RGB in [-1, 1] -> a tensor per tap, in a list if there are several.
    """
    backbone = _load(VGG19, weights, flag)
    picture = keras.Input((None, None, 3), name="picture")
    x = _prepare(picture)
    found = {}
    for layer in backbone.layers[1:]:
        if isinstance(layer, layers.Conv2D):
            layer.activation = keras.activations.linear
            x = layer(x)
            found[layer.name] = ops.relu(x) if activated else x
            x = ops.relu(x)
        else:
            x = layer(x)
        if all(tap in found for tap in taps):
            break
    else:
        raise ValueError(f"VGG19 has no layers {set(taps) - set(found)}; it has {list(found)}")
    return _frozen(picture, [found[tap] for tap in taps], "vgg19_features")


def inception(weights, taps=("mixed10",), *, flag="--features-weights"):
    """A frozen model from pictures to Inception v3's features.

    weights: as `find_weights` returns it. flag: what to call it in an error. taps: names of layers in Keras' network.
    Picture (batch, 299, 299, 3) RGB in [-1, 1] -> a tensor per tap, in a list if there are several.
    """
    backbone = _load(INCEPTION, weights, flag)  # which was trained on [-1, 1]: nothing to prepare
    return _frozen(backbone.input, [backbone.get_layer(tap).output for tap in taps], "inception_features")


def mobilenet_v2(weights, taps=("block_5_add",), *, flag="--mobilenet-weights"):
    """A frozen model from pictures to MobileNetV2's features: some twenty times cheaper than VGG19's.

    weights: as `find_weights` returns it. flag: what to call it in an error. taps: names of layers in Keras' network.
    Picture (batch, height, width, 3) RGB in [-1, 1], as Keras trained it -> a tensor per tap, in a list if there are
    several.
    """
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")  # bfloat16 makes depthwise convolutions slower, not faster
    try:
        backbone = _load(MOBILENET_V2, weights, flag)
    finally:
        keras.config.set_dtype_policy(policy)
    return _frozen(backbone.input, [backbone.get_layer(tap).output for tap in taps], "mobilenet_v2_features")


@dataclass(frozen=True)
class Perception:
    """A network that a discriminator can look through.

    build: (weights, taps) -> a frozen model. taps: {layer: channels}, from fine to coarse, each half as large as the
    one before. layout: the layer whose features tell where things are. flag: what gives a path to the weights.
    """

    source: Source
    build: Callable[..., keras.Model]
    taps: Mapping[str, int]
    layout: str
    flag: str

    @property
    def argument(self):
        """What the flag is called among parsed arguments and in a run's settings."""
        return self.flag[2:].replace("-", "_")

    def find_weights(self, given=None):
        """Where its weights are to come from, see `find_weights`."""
        return find_weights(self.source, given, self.flag)


PERCEPTIONS = {
    "mobilenet_v2": Perception(
        MOBILENET_V2,
        mobilenet_v2,
        {"block_2_add": 24, "block_5_add": 32, "block_12_add": 96, "block_16_project_BN": 320},
        "block_5_add",
        "--mobilenet-weights",
    ),
    "vgg19": Perception(
        VGG19,
        vgg19,
        {"block2_conv2": 128, "block3_conv3": 256, "block4_conv4": 512, "block5_conv3": 512},
        "block4_conv4",
        "--vgg-weights",
    ),
}


def _frozen(picture, outputs, name):
    model = keras.Model(picture, outputs if len(outputs) > 1 else outputs[0], name=name)
    model.trainable = False
    return model


def _prepare(picture):
    """RGB in [-1, 1] -> BGR in 0..255 less ImageNet's mean, as Keras' `vgg19.preprocess_input` does it."""
    levels = (picture + 1.0) * 127.5
    return ops.flip(levels, axis=-1) - ops.cast(IMAGENET_MEAN_BGR, picture.dtype)


def _load(source, weights, flag):
    build = getattr(keras.applications, source.application)
    if weights == "random":
        return build(weights=None, include_top=False)
    try:
        with terminal.unguarded():  # Keras draws a bar where it fetches them
            return build(weights=weights, include_top=False)
    except Exception as error:  # Keras raises plain Exception where a download fails, and h5py OSError on a bad file
        if weights == "imagenet":
            raise UserError(
                f"{source.application}'s weights could not be downloaded; give a local copy of Keras' {source.file} by "
                f"{flag} FILE or the environment variable {source.variable} ({reason(error)})"
            ) from error
        raise UserError(
            f"'{weights}' is not {source.application}'s no-top weights file of Keras ({reason(error)})"
        ) from error
