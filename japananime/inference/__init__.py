"""A style applied to pictures in memory, whatever computes it."""
