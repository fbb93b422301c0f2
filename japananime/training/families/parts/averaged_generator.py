"""The generator of a family and its copy that follows as a moving average, by name or from the family's settings."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.networks import GENERATORS, LATENT_GENERATORS, blocks
from japananime.training.program import Exportable

# Those that know nothing of a family, and what the sides of their pictures must be multiples of.
MULTIPLES = {"residual": 4, "light": 4, "far": 8}
NETWORKS = tuple(MULTIPLES)


class AveragedGenerator(NamedTuple):
    """A generator to train, its copy that follows as a moving average, and the copy as it is given away."""

    live: keras.Model
    average: keras.Model
    export: Exportable


def pair(network: str, arguments: Mapping[str, Any]) -> AveragedGenerator:
    """Build a network twice, with the same weights. network: a name in GENERATORS or LATENT_GENERATORS."""
    takes = "latent" if network in LATENT_GENERATORS else "photo"
    build = {**GENERATORS, **LATENT_GENERATORS}[network]
    live, average = (build(**arguments) for _ in range(2))
    average.set_weights(live.get_weights())
    average.trainable = False
    return AveragedGenerator(live, average, Exportable(network, arguments, average, takes))


@dataclass(frozen=True)
class GeneratorSettings(Settings):
    """A generator that `recipe` describes, without normalisation unless asked."""

    network: str = setting("light", "the generator", choices=NETWORKS)
    width: int = setting(
        0, "filters of the generator, 0 for the network's own: light 16, far 24, residual 64", least=0, most=512
    )
    residual_blocks: int = setting(8, "residual blocks in the middle of the generator", least=0, most=64)
    activation: str = setting("leaky_relu", "activation of the generator", choices=blocks.ACTIVATIONS)
    upsampling: str = setting(
        "transposed", "how the residual generator doubles its resolution", choices=blocks.UPSAMPLINGS
    )
    output: str = setting(
        "change", "what the residual generator makes: a change to the photo, or the picture", choices=blocks.OUTPUTS
    )
    normalisation: str = setting(
        "none", "normalisation in the residual generator; none needs --output change", choices=blocks.NORMALISATIONS
    )

    def __post_init__(self):
        super().__post_init__()
        check_output(self)


def check_output(settings):
    """Refuse an unnormalised residual generator that makes the picture itself."""
    if settings.normalisation == "none" and settings.output == "picture":
        # Seen: the unnormalised outputs saturate tanh within the first steps, and nothing is learnt any more.
        raise UserError("--normalisation is none with --output picture; without normalisation it must be change")


def recipe(settings):
    """The arguments that build `settings.network`: those of the settings that its builder knows.

    A width of 0 leaves the network's own. A setting that the network does not know and that was changed is refused,
    since it would do nothing.
    """
    known = inspect.signature(GENERATORS[settings.network]).parameters
    shared = ("width", "residual_blocks", "activation", "upsampling", "output", "normalisation")
    defaults = type(settings)()
    chosen = {}
    for name in filter(lambda name: hasattr(settings, name), shared):
        value = getattr(settings, name)
        if name in known and (name != "width" or value):
            chosen[name] = value
        elif name not in known and value != getattr(defaults, name):
            raise UserError(
                f"--{name.replace('_', '-')} is {value} with --network {settings.network}, which has no such choice"
            )
    return chosen


def build(settings):
    """The AveragedGenerator that settings describe."""
    return pair(settings.network, recipe(settings))
