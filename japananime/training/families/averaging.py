"""A network and its copy that follows as a moving average."""

from collections.abc import Callable, Mapping
from typing import Any

import keras


def pair(build: Callable[..., keras.Model], arguments: Mapping[str, Any]) -> tuple[keras.Model, keras.Model]:
    """Build a network twice with the same weights: (one to train, its average, which is not)."""
    live, average = (build(**arguments) for _ in range(2))
    average.set_weights(live.get_weights())
    average.trainable = False
    return live, average
