"""Moving pictures: read, written, joined, and how steady they are. No Keras."""
