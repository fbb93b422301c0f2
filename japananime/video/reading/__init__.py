"""Films read: their files, their frames, and the colours of those."""
