"""A small network that looks for faces of one size everywhere in a picture at once."""

import keras
from keras import layers


def build(width: int = 16, activation: str = "tanh") -> keras.Model:
    """Picture (batch, height, width, 3) in [-1, 1] -> a map (batch, height / 8, width / 8, 4) of what is around a cell.

    The map says whether there is a face, how far right and below its centre is, and how large it is; see
    `japananime.faces.boxes.decode`. activation: of the map; "linear" while it is trained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = picture
    shapes = ((1, 2), (1, 1), (2, 2), (2, 1), (3, 2), (4, 1), (4, 1), (4, 1))
    for number, (factor, stride) in enumerate(shapes, start=1):
        x = layers.Conv2D(
            factor * width, 3, strides=stride, padding="same", kernel_initializer="he_normal", name=f"conv{number}"
        )(x)
        x = layers.LeakyReLU(negative_slope=0.1, name=f"conv{number}_activation")(x)
    start = keras.initializers.RandomNormal(stddev=0.01)
    cells = layers.Conv2D(4, 1, activation=activation, kernel_initializer=start, name="cells")(x)
    return keras.Model(picture, cells, name="face_detector")
