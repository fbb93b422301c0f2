"""How pictures look to trained networks, and losses and metrics on that."""
