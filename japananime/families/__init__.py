"""The systems that can be trained; this table is the only place where one is chosen by name."""

from japananime.families import japananimegan

FAMILIES = {"japananimegan": japananimegan}
