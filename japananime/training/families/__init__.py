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
from japananime.training.families.family import Family

FAMILIES: dict[str, type[Family]] = {
    "japananimegan": japananimegan.JapananimeGan,
    "featuregan": featuregan.FeatureGan,
    "animegan": animegan.AnimeGan,
    "autoencoder": autoencoder.AutoEncoder,
    "cyclegan": cyclegan.CycleGan,
    "dcgan": dcgan.Dcgan,
    "characters": characters.Characters,
    "faces": faces.Faces,
    "distillation": distillation.Distillation,
}
