"""Films written: encoders, pieces, and how they are joined."""
