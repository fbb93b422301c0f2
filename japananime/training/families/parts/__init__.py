"""Parts that families are made of: losses, games, augmentation, what a generator is kept with."""
