"""The few layers that Keras lacks."""

import keras
from keras import ops


class _Normalization(keras.layers.Layer):
    """Mean 0 and variance 1 over `axes`, then a scale and a shift a channel. Statistics are taken in float32.

    Input and output: (batch, height, width, channels).
    """

    axes = ()

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        channels = (input_shape[-1],)
        self.gamma = self.add_weight(name="gamma", shape=channels, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=channels, initializer="zeros")

    def statistics(self, inputs, training):
        """(mean, variance) to normalise by, float32, of a shape that goes with the inputs'."""
        return ops.moments(ops.cast(inputs, "float32"), axes=self.axes, keepdims=True)

    def call(self, inputs, training=False):
        mean, variance = self.statistics(inputs, training)
        scale = ops.rsqrt(variance + self.epsilon) * ops.cast(self.gamma, "float32")
        shift = ops.cast(self.beta, "float32") - mean * scale
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="japananime")
class InstanceNormalization(_Normalization):
    """Normalises every channel of every picture to mean 0 and variance 1, then scales and shifts it.

    The same function as `keras.layers.GroupNormalization(groups=-1)`, in scale-and-shift form: it avoids that layer's
    five-dimensional reshape, which doubles the time of an exported network. Statistics are taken in float32, whatever
    the layer computes in.

    Input and output: (batch, height, width, channels).
    """

    axes = (1, 2)


@keras.saving.register_keras_serializable(package="japananime")
class LayerNormalization(_Normalization):
    """Normalises every picture as a whole, over height, width and channels, then scales and shifts each channel.

    The same function as `keras.layers.GroupNormalization(groups=1)`, and as TensorFlow 1's `contrib.layers.layer_norm`
    but for its epsilon (1e-12). Keras' own LayerNormalization takes its statistics pixel by pixel instead. What the
    author of JapananimeGAN ran as instance normalisation, keras-contrib's layer with axis=None, takes them so too, with
    epsilon 1e-3 and one scale and shift for all channels.

    Input and output: (batch, height, width, channels).
    """

    axes = (1, 2, 3)


@keras.saving.register_keras_serializable(package="japananime")
class BatchNormalization(_Normalization):
    """Normalises every channel over all pictures of a batch in training calls, then scales and shifts it.

    In other calls the statistics are those kept in `mean` and `variance`, so that a picture does not depend on what
    else is in its batch. A call never changes what is kept, whether in training or not; `follow` does: it moves it
    towards the statistics of the last training call. So a network that is only consulted is never changed, which cannot
    be said of `keras.layers.BatchNormalization`.

    Input and output: (batch, height, width, channels).
    """

    axes = (0, 1, 2)

    def __init__(self, momentum=0.9, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self._seen = None

    def build(self, input_shape):
        super().build(input_shape)
        kept = {"shape": (1, 1, 1, input_shape[-1]), "trainable": False, "dtype": "float32", "autocast": False}
        self.mean = self.add_weight(name="mean", initializer="zeros", **kept)
        self.variance = self.add_weight(name="variance", initializer="ones", **kept)

    def statistics(self, inputs, training):
        if not training:
            return self.mean, self.variance
        self._seen = super().statistics(inputs, training)
        return self._seen

    def follow(self):
        """Move what is kept towards the statistics of the last training call; to be called after each update."""
        for kept, seen in zip((self.mean, self.variance), self._seen, strict=True):
            kept.assign(self.momentum * kept + (1.0 - self.momentum) * ops.stop_gradient(seen))

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


@keras.saving.register_keras_serializable(package="japananime")
class ReflectionPadding(keras.layers.Layer):
    """Continues a picture by its mirror image, the border pixels themselves not repeated.

    before, after: pixels added above and left, and below and right; less than the picture's sides.
    (batch, height, width, channels) -> (batch, height + before + after, width + before + after, channels).
    """

    def __init__(self, before, after, **kwargs):
        super().__init__(**kwargs)
        self.before, self.after = before, after

    def call(self, inputs):
        side = (self.before, self.after)
        return ops.pad(inputs, ((0, 0), side, side, (0, 0)), mode="reflect")

    def get_config(self):
        return {**super().get_config(), "before": self.before, "after": self.after}


@keras.saving.register_keras_serializable(package="japananime")
class SpectralConv2D(keras.layers.Conv2D):
    """A convolution with its kernel divided by the kernel's largest singular value (spectral normalisation).

    The kernel is seen as a matrix (height · width · inputs, filters). Its largest singular value is found by power
    iteration: a call takes one step from the vector kept in `u` and leaves that as it is, whether in training or not;
    `iterate` keeps the step. So a network that is only consulted is never changed, which cannot be said of
    `keras.layers.SpectralNormalization`.
    """

    def build(self, input_shape):
        super().build(input_shape)
        start = keras.initializers.TruncatedNormal(stddev=1.0)
        self.u = self.add_weight(
            name="u", shape=(1, self.filters), initializer=start, trainable=False, dtype="float32", autocast=False
        )

    def convolution_op(self, inputs, kernel):
        matrix = self._matrix(kernel)
        u, v = self._step(ops.stop_gradient(matrix))
        largest = ops.sum(ops.matmul(v, matrix) * u)
        return super().convolution_op(inputs, kernel / ops.cast(largest, kernel.dtype))

    def iterate(self):
        """Bring `u` one step nearer to the kernel's first singular vector. To be called after each update."""
        self.u.assign(self._step(self._matrix(self.kernel))[0])

    def _matrix(self, kernel):
        return ops.reshape(ops.cast(kernel, "float32"), (-1, self.filters))

    def _step(self, matrix):
        v = _unit(ops.matmul(self.u, ops.transpose(matrix)))
        return _unit(ops.matmul(v, matrix)), v


def iterate(network):
    """Follow the largest singular values of all spectral convolutions of a network; due after each of its updates."""
    for layer in network.layers:
        if isinstance(layer, SpectralConv2D):
            layer.iterate()


def _unit(vector):
    return vector / (ops.norm(vector) + 1e-12)


@keras.saving.register_keras_serializable(package="japananime")
class MapDropout(keras.layers.Layer):
    """Drops whole feature maps in training calls, a share of them, and makes up for it with the others.

    draw: from a shape to as many float32 numbers from 0 to 1, to be set by who knows what the randomness is to depend
    on. Unlike `keras.layers.SpatialDropout2D` the layer has no state, so that a call changes nothing.

    Input and output: (batch, height, width, channels).
    """

    draw = staticmethod(keras.random.uniform)

    def __init__(self, share, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def call(self, inputs, training=False):
        if not training:
            return inputs
        shape = ops.shape(inputs)
        kept = self.draw((shape[0], 1, 1, shape[-1])) >= self.share
        return inputs * ops.cast(kept, inputs.dtype) / (1.0 - self.share)

    def get_config(self):
        return {**super().get_config(), "share": self.share}


@keras.saving.register_keras_serializable(package="japananime")
class ChangedPicture(keras.layers.Layer):
    """tanh(change + atanh(reach · photo)), in float32: a picture as a change to the photo.

    reach: keeps atanh of a white or black pixel finite; where nothing changes the picture is that much paler.
    Inputs: [change, photo], both (batch, height, width, 3), the photo in [-1, 1]. Output: the same shape in (-1, 1).
    """

    def __init__(self, reach, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.reach = reach

    def call(self, inputs):
        change, photo = inputs
        return ops.tanh(change + ops.arctanh(self.reach * photo))

    def get_config(self):
        return {**super().get_config(), "reach": self.reach}


@keras.saving.register_keras_serializable(package="japananime")
class GatedLinearUnit(keras.layers.Layer):
    """The first half of the channels, each let through as far as its partner in the second half says.

    x[..., :c] · sigmoid(x[..., c:]). (batch, height, width, 2 c) -> (batch, height, width, c).
    """

    def call(self, inputs):
        value, gate = ops.split(inputs, 2, axis=-1)
        return value * ops.sigmoid(gate)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // 2)
