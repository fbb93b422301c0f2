"""Styles as folders: finding one, what it says of itself, the network that it keeps."""
