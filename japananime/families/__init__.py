"""The systems that can be trained; this table is the only place where one is chosen by name."""

from japananime.families import animegan, autoencoder, japananimegan

FAMILIES = {"japananimegan": japananimegan, "animegan": animegan, "autoencoder": autoencoder}
