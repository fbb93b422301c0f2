"""From a dataset to a style."""
