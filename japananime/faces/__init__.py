"""Finding faces, and giving a style the faces of a photo alone."""
