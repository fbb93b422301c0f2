"""Pictures that come while they are drawn: cameras, screens and streams, and where the drawn ones go."""
