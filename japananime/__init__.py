"""japananime: photos and films into anime, end to end, in TensorFlow and Keras."""

__version__ = "0.1.0"
