"""The systems that can be trained, by name: the only place where one is chosen."""

from japananime.families import animegan, autoencoder, dcgan, featuregan, japananimegan

FAMILIES = {
    "japananimegan": japananimegan,
    "featuregan": featuregan,
    "animegan": animegan,
    "autoencoder": autoencoder,
    "dcgan": dcgan,
}
