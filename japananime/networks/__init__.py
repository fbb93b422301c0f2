"""One builder per architecture: numbers in, `keras.Model` out."""

from japananime.networks import light_generator, residual_generator

# Generators that a style file can name.
GENERATORS = {"residual": residual_generator.build, "light": light_generator.build}
