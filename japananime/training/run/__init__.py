"""The run directory of a training, and what it tells."""
