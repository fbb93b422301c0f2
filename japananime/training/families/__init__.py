"""The systems that can be trained, by name: the only place where one is chosen."""

from japananime.training.families import (
    animegan,
    autoencoder,
    characters,
    cyclegan,
    dcgan,
    distillation,
    faces,
    featuregan,
    japananimegan,
)

FAMILIES = {
    "japananimegan": japananimegan,
    "featuregan": featuregan,
    "animegan": animegan,
    "autoencoder": autoencoder,
    "cyclegan": cyclegan,
    "dcgan": dcgan,
    "characters": characters,
    "faces": faces,
    "distillation": distillation,
}
