"""A style's network on TensorFlow: the engine for GPUs, and for Keras models from elsewhere."""

import keras
import numpy as np
import tensorflow as tf

from japananime import images
from japananime.describing import describe
from japananime.layers import InstanceNormalization

# Tensors of `live_channels` in memory at the worst moment, as measured on pictures of 2 to 12 megapixels.
LIVE = 3.3


class TensorFlowNetwork:
    """A generator that takes and gives bytes.

    generator: keras.Model, (batch, height, width, 3) in [-1, 1] -> the same.
    """

    def __init__(self, generator):
        graph = describe(generator)
        self.multiple, self.reach = graph.multiple, graph.reach
        self.normalised = bool(graph.normalised)
        value_size = 4 if generator.compute_dtype == "float32" else 2
        self.pixel_bytes = graph.live_channels * value_size * LIVE
        self._whole = _compile(generator, training=False)
        self._generator = generator
        self._steady = None

    def whole(self, pictures):
        """uint8 (batch, height, width, 3) -> the same, every picture normalised by its own statistics."""
        return self._whole(pictures).numpy()

    def measure(self, pictures):
        """{normalisation: (mean, variance)}, float32 per channel, over all these pictures, uint8 (batch, h, w, 3)."""
        if not self.normalised:
            return {}
        steady, measuring, _ = self._steadied()
        measuring(pictures)
        return {
            layer.name: (np.asarray(layer.moving_mean), np.asarray(layer.moving_variance))
            for layer in _batch_normalisations(steady)
        }

    def apply(self, pictures, statistics):
        """uint8 (batch, height, width, 3) -> the same, normalised by statistics such as `measure` returns."""
        if not self.normalised:
            return self.whole(pictures)
        steady, _, applying = self._steadied()
        for layer in _batch_normalisations(steady):
            mean, variance = statistics[layer.name]
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)
        return applying(pictures).numpy()

    def _steadied(self):
        """The network with batch normalisation in instance normalisation's places.

        To it the pictures of a batch are parts of one; with momentum 0 one call in training mode measures them.
        """
        if self._steady is None:
            steady = keras.models.clone_model(self._generator, clone_function=_steady_layer)
            steady.build(self._generator.input_shape)
            for layer, source in zip(steady.layers, self._generator.layers, strict=True):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.gamma.assign(source.gamma)
                    layer.beta.assign(source.beta)
                else:
                    layer.set_weights(source.get_weights())
            self._steady = steady, _compile(steady, training=True), _compile(steady, training=False)
        return self._steady


def _steady_layer(layer):
    if isinstance(layer, InstanceNormalization):
        return keras.layers.BatchNormalization(
            momentum=0.0, epsilon=layer.epsilon, name=layer.name, dtype=layer.dtype_policy
        )
    return layer.__class__.from_config(layer.get_config())


def _batch_normalisations(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _compile(model, training):
    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)])
    def run(pixels):
        return images.to_bytes(model(images.to_signed(pixels), training=training))

    return run
