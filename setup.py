"""Which packages there are: all folders of japananime, and two that lie beside it and are installed inside it."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["japananime", "japananime.*"]), "japananime.checkpoints", "japananime.samples"])
