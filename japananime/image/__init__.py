"""One picture at a time: read, written, coloured, smoothed, flattened. NumPy and Pillow, no Keras."""
