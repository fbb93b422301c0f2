"""One picture painted in the style of another."""
