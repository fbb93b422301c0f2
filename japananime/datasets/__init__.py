"""Films and pictures into a dataset for training."""
