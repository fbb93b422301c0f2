"""Photos and films into anime, end to end, in TensorFlow and Keras."""

__version__ = "1.0.0"


def __getattr__(name):
    # Only when asked for, so that `import japananime` costs nothing.
    if name == "Stylizer":
        from japananime.inference.stylizer import Stylizer

        return Stylizer
    raise AttributeError(f"module 'japananime' has no attribute {name!r}")
