"""One builder per architecture: numbers in, `keras.Model` out."""

from collections.abc import Callable

import keras

from japananime.networks import (
    animegan2_generator,
    animegan_generator,
    dcgan_generator,
    far_generator,
    light_generator,
    residual_generator,
    resnet_generator,
    skip_excitation_generator,
    unet_generator,
    vgg_autoencoder,
)

# Generators that a style file can name.
GENERATORS: dict[str, Callable[..., keras.Model]] = {
    "residual": residual_generator.build,
    "light": light_generator.build,
    "far": far_generator.build,
    "animegan": animegan_generator.build,
    "animegan2": animegan2_generator.build,
    "unet": unet_generator.build,
    "vgg_autoencoder": vgg_autoencoder.build,
    "resnet": resnet_generator.build,
}
# Those that make pictures of random numbers.
LATENT_GENERATORS: dict[str, Callable[..., keras.Model]] = {
    "dcgan": dcgan_generator.build,
    "skip_excitation": skip_excitation_generator.build,
}
