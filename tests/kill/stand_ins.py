"""Small networks in the places of those that losses and judges look through, nothing compiled, and less rehearsed.

Most of a start would go into that, and what a kill can spoil is what a training changes and keeps.
"""

import keras
import tensorflow as tf
from keras import layers

from japananime.perception.features import PERCEPTIONS
from japananime.training import preflight

# Convolutions, filters and kernels of VGG19's blocks, the kernels of its own size only where an auto-encoder of two
# blocks takes them over.
VGG19 = ((2, 64, 3), (2, 128, 3), (4, 256, 1), (4, 512, 1), (4, 512, 1))


def take_places() -> None:
    """Give them to whoever asks Keras for those with random weights, and let every step be taken uncompiled.

    The rehearsal takes no steps and ends no epoch, but writes and reads its state all the same: else most kills would
    meet it, and few the training.
    """
    tf.config.run_functions_eagerly(True)
    keras.applications.VGG19 = vgg19
    keras.applications.MobileNetV2 = mobilenet_v2
    preflight._time_of_step = lambda job, phases, step: 1.0
    preflight._end_an_epoch = lambda job, epoch, step: None


def vgg19(weights: None, include_top: bool) -> keras.Model:
    """Picture (batch, height, width, 3) -> the last of five blocks, each half as large as the one before."""
    assert weights is None and not include_top
    x = picture = keras.Input((None, None, 3))
    for block, (convolutions, filters, kernel) in enumerate(VGG19, start=1):
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2)(x)
    return keras.Model(picture, x)


def mobilenet_v2(weights: None, include_top: bool) -> keras.Model:
    """Picture (batch, height, width, 3) -> the last of the layers that are looked at, the first a quarter as large."""
    assert weights is None and not include_top
    x = picture = keras.Input((None, None, 3))
    for number, (name, filters) in enumerate(PERCEPTIONS["mobilenet_v2"].taps.items()):
        step = 2 if number else 4
        x = layers.Conv2D(filters, step, strides=step, padding="same", name=name)(x)
    return keras.Model(picture, x)
