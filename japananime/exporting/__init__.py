"""A style as a file for other programs."""
