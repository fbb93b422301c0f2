"""A style's network on TensorFlow: the engine for GPUs, and for Keras models from elsewhere."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from japananime.inference.protocols import Statistics
from japananime.networks import pixels as networks_pixels
from japananime.networks.layers import InstanceNormalization, LayerNormalization
from japananime.styles.keras_to_graph import describe

# Tensors of `live_channels` in memory at the worst moment, as measured on pictures of 2 to 12 megapixels.
LIVE = 3.3
Run = Callable[[Any], Any]


class TensorFlowNetwork:
    """A generator that takes and gives bytes.

    generator: keras.Model, (batch, height, width, 3) in [-1, 1] -> the same.
    """

    def __init__(self, generator: keras.Model) -> None:
        graph = describe(generator)
        self.multiple, self.reach = graph.multiple, graph.reach
        self.normalised = bool(graph.normalised)
        value_size = 4 if generator.compute_dtype == "float32" else 2
        self.pixel_bytes = graph.live_channels * value_size * LIVE
        self._whole = _compile(generator, training=False)
        self._generator = generator
        self._steady: tuple[keras.Model, Run, Run] | None = None

    def whole(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 (batch, height, width, 3) -> the same, every picture normalised by its own statistics."""
        return self._whole(pictures).numpy()

    def measure(self, pictures: np.ndarray) -> Statistics:
        """{normalisation: (mean, variance)}, float32 per channel, over all these pictures, uint8 (batch, h, w, 3)."""
        if not self.normalised:
            return {}
        steady, measuring, _ = self._steadied()
        measuring(pictures)
        return {
            layer.name: (np.ravel(layer.moving_mean), np.ravel(layer.moving_variance))
            for layer in _normalisations(steady)
        }

    def apply(self, pictures: np.ndarray, statistics: Statistics) -> np.ndarray:
        """uint8 (batch, height, width, 3) -> the same, normalised by statistics such as `measure` returns."""
        if not self.normalised:
            return self.whole(pictures)
        steady, _, applying = self._steadied()
        for layer in _normalisations(steady):
            mean, variance = statistics[layer.name]
            layer.moving_mean.assign(np.reshape(mean, layer.moving_mean.shape))
            layer.moving_variance.assign(np.reshape(variance, layer.moving_variance.shape))
        return applying(pictures).numpy()

    def _steadied(self) -> tuple[keras.Model, Run, Run]:
        """(the network with steady normalisations, it measuring, it applied), made when first wanted."""
        if self._steady is None:
            steady = keras.models.clone_model(self._generator, clone_function=_steady_layer)
            for layer, source in zip(steady.layers, self._generator.layers, strict=True):
                if isinstance(source, (InstanceNormalization, LayerNormalization)):
                    layer.gamma.assign(source.gamma)
                    layer.beta.assign(source.beta)
                else:
                    layer.set_weights(source.get_weights())
            self._steady = steady, _compile(steady, training=True), _compile(steady, training=False)
        return self._steady


class _Steady(InstanceNormalization):
    """Measures statistics over the whole batch in training, as if its pictures were parts of one; else applies them."""

    def __init__(self, over: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.over = over

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        shape = (1, 1, 1, 1 if 3 in self.over else input_shape[-1])
        self.moving_mean, self.moving_variance = (
            self.add_weight(
                name=name, shape=shape, initializer="zeros", trainable=False, dtype="float32", autocast=False
            )
            for name in ("mean", "variance")
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            mean, variance = keras.ops.moments(keras.ops.cast(inputs, "float32"), axes=(0, *self.over), keepdims=True)
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
        scale = keras.ops.rsqrt(self.moving_variance + self.epsilon) * keras.ops.cast(self.gamma, "float32")
        shift = keras.ops.cast(self.beta, "float32") - self.moving_mean * scale
        return inputs * keras.ops.cast(scale, inputs.dtype) + keras.ops.cast(shift, inputs.dtype)


def _steady_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, (InstanceNormalization, LayerNormalization)):
        return _Steady(layer.axes, epsilon=layer.epsilon, name=layer.name, dtype=layer.dtype_policy)
    return layer.__class__.from_config(layer.get_config())


def _normalisations(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, _Steady)]


def _compile(model: keras.Model, training: bool) -> Run:
    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)])
    def run(pixels: Any) -> Any:
        return networks_pixels.to_bytes(model(networks_pixels.to_signed(pixels), training=training))

    return run
