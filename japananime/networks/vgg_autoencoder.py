"""An auto-encoder whose encoder is VGG19, frozen, and whose decoder is one convolution and one upsampling a step."""

import keras
from keras import layers

from japananime.networks import blocks, inverted_blocks

# Convolutions and filters of VGG19's five blocks, each of which ends in a pooling that halves the size.
VGG19 = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
# ImageNet's mean red, green and blue, which VGG19 was trained to see subtracted from 0..255.
MEAN_RGB = (123.68, 116.779, 103.939)
CODE = "code"


def build(width: int = 32, depth: int = 5, normalisation: str = "instance") -> keras.Model:
    """Photo (batch, height, width, 3) in [-1, 1] -> picture of the same shape and range.

    Sides must be multiples of 2 ** depth. With depth 5, a photo of 256×256 becomes a code of 8×8×512.
    depth: blocks of VGG19 that encode, and steps that decode.
    width: filters of the decoder's last step, doubled each step before it up to sixteen times as many.
    The encoder is a stranger until `adopt` gives it VGG19's weights, or a style's file its own.
    """
    photo = blocks.image_input("photo")
    # Values, not features: bfloat16 holds levels above 128 only to a whole level.
    offset = [127.5 - mean for mean in MEAN_RGB]
    x = layers.Rescaling(127.5, offset=offset, dtype="float32", name="prepare")(photo)
    for block, (convolutions, filters) in enumerate(VGG19[:depth], start=1):
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", trainable=False, name=name)(x)
        x = layers.MaxPooling2D(2, name=CODE if block == depth else f"block{block}_pool")(x)
    for step in range(depth, 0, -1):
        filters = width * min(2 ** (step - 1), 16)
        x = blocks.convolution(
            x, filters, 3, bias=normalisation == "none", padding="reflect", name=f"decode{step}_conv"
        )
        x = blocks.normalise_activate(x, "leaky_relu", normalisation=normalisation, name=f"decode{step}")
        x = inverted_blocks.double(x, name=f"decode{step}")
    x = blocks.convolution(x, 3, 3, padding="reflect", name="leave_conv")
    return keras.Model(photo, blocks.float32_output(x, "tanh", name="picture"), name="vgg_autoencoder")


def adopt(network, vgg19):
    """Give the encoder the weights of a model with VGG19's layers by their names."""
    for layer in network.layers:
        if layer.name.startswith("block") and layer.weights:
            kernel, bias = vgg19.get_layer(layer.name).get_weights()
            # VGG19 was trained on blue, green, red; turning the first kernel round saves turning every picture round.
            layer.set_weights([kernel[:, :, ::-1] if layer.name == "block1_conv1" else kernel, bias])


def decoder(network):
    """The part of the network that is trained, as a model from code to picture that shares its variables."""
    return keras.Model(network.get_layer(CODE).output, network.output, name="decoder")
