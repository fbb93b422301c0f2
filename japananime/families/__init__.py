"""The systems that can be trained, by name: the only place where one is chosen."""

from japananime.families import featuregan, japananimegan

FAMILIES = {"japananimegan": japananimegan, "featuregan": featuregan}
