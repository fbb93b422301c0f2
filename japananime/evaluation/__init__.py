"""How good styles are, in numbers and side by side."""
