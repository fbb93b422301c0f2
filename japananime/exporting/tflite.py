"""A generator in the operations that TensorFlow Lite has, for any height and width.

Its converter loses the number of channels behind Keras' doubling when sides are open, and knows no inverse hyperbolic
tangent; both are said in other words here. The numbers stay the same to rounding.
"""

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from japananime.networks.layers import ChangedPicture, InstanceNormalization, LayerNormalization

SHORTER = ("float16", "int8")


def convert(generator, precision):
    """The content of a `.tflite` file: photo, float32 (1, height, width, 3) in [-1, 1] -> picture, the same.

    precision of the weights in the file: "float32", "float16", or "int8" with one scale a channel. Input, output
    and, but for int8's convolutions, the arithmetic are float32.
    """
    plain = keras.models.clone_model(generator, clone_function=_plain_layer)
    plain.set_weights(generator.get_weights())

    @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.float32, name="photo")])
    def run(photo):
        return {"picture": plain(photo, training=False)}

    # The converter itself leaves the weights of a Keras 3 model behind; given the model, it would also save all of it.
    frozen = convert_variables_to_constants_v2(run.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen], tf.Module())
    if precision in SHORTER:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


class _Doubling(keras.layers.UpSampling2D):
    """Keras' layer by TensorFlow's own resizing."""

    def call(self, inputs):
        sides = tf.shape(inputs)[1:3] * self.size
        resize = {
            "nearest": tf.raw_ops.ResizeNearestNeighbor,
            "bilinear": tf.raw_ops.ResizeBilinear,
        }[self.interpolation]
        resized = resize(images=inputs, size=sides, half_pixel_centers=True)
        return tf.ensure_shape(resized, (None, None, None, inputs.shape[-1]))


class _ChangedPicture(ChangedPicture):
    """The same with the inverse hyperbolic tangent as logarithms."""

    def call(self, inputs):
        change, photo = inputs
        seen = self.reach * photo
        return tf.tanh(change + 0.5 * (tf.math.log(1.0 + seen) - tf.math.log(1.0 - seen)))


def _normalisation(base):
    class Plain(base):  # type: ignore[misc, valid-type]
        def call(self, inputs):
            away = inputs - tf.reduce_mean(inputs, self.axes, keepdims=True)
            variance = tf.reduce_mean(away * away, self.axes, keepdims=True)
            return away * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta

    return Plain


REPLACED = {
    keras.layers.UpSampling2D: _Doubling,
    ChangedPicture: _ChangedPicture,
    InstanceNormalization: _normalisation(InstanceNormalization),
    LayerNormalization: _normalisation(LayerNormalization),
}


def _plain_layer(layer):
    return REPLACED.get(type(layer), type(layer)).from_config(layer.get_config())
