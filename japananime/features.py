"""Features of a picture as VGG19, trained on ImageNet, sees them."""

import os
from pathlib import Path

import keras
from keras import layers, ops

from japananime.errors import UserError, reason

WEIGHTS_VARIABLE = "JAPANANIME_VGG_WEIGHTS"
# Mean blue, green and red of ImageNet, which the network was trained to see subtracted.
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


def find_vgg19_weights(given=None):
    """Where VGG19's weights are to come from: the path given, else the environment's, else Keras' download.

    given: a path to the official no-top file, "imagenet" for Keras' own download, or "random" (for tests).
    """
    weights = given or os.environ.get(WEIGHTS_VARIABLE) or "imagenet"
    if weights not in ("imagenet", "random") and not Path(weights).is_file():
        source = "--vgg-weights" if given else WEIGHTS_VARIABLE
        raise UserError(
            f"{source} is '{weights}': no such file; accepted: a path to VGG19's no-top .h5 file, or 'imagenet' to "
            "download it"
        )
    return weights


def vgg19(weights, taps=("block4_conv4",)):
    """A frozen model from pictures to VGG19 features, taken before their activation.

    weights: as `find_vgg19_weights` returns it.
    taps: names of convolutions in Keras' VGG19.
    Picture (batch, height, width, 3) RGB in [-1, 1] -> a tensor per tap, in a list if there are several.
    """
    backbone = _load(weights)
    picture = keras.Input((None, None, 3), name="picture")
    x = _prepare(picture)
    found = {}
    for layer in backbone.layers[1:]:
        if isinstance(layer, layers.Conv2D):
            layer.activation = keras.activations.linear
            x = layer(x)
            found[layer.name] = x
            x = ops.relu(x)
        else:
            x = layer(x)
        if all(tap in found for tap in taps):
            break
    else:
        raise ValueError(f"VGG19 has no layers {set(taps) - set(found)}; it has {list(found)}")
    outputs = [found[tap] for tap in taps]
    model = keras.Model(picture, outputs if len(outputs) > 1 else outputs[0], name="vgg19_features")
    model.trainable = False
    return model


def _prepare(picture):
    """RGB in [-1, 1] -> BGR in 0..255 less ImageNet's mean, as Keras' `vgg19.preprocess_input` does it."""
    levels = (picture + 1.0) * 127.5
    return ops.flip(levels, axis=-1) - ops.cast(IMAGENET_MEAN_BGR, picture.dtype)


def _load(weights):
    if weights == "random":
        return keras.applications.VGG19(weights=None, include_top=False)
    try:
        return keras.applications.VGG19(weights=weights, include_top=False)
    except Exception as error:  # Keras raises plain Exception where a download fails, and h5py OSError on a bad file
        if weights == "imagenet":
            raise UserError(
                "VGG19's weights could not be downloaded; give a local copy of Keras' "
                "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5 by --vgg-weights FILE or the environment variable "
                f"{WEIGHTS_VARIABLE} ({reason(error)})"
            ) from error
        raise UserError(f"'{weights}' is not VGG19's no-top weights file of Keras ({reason(error)})") from error
