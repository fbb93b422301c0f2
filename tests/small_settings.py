"""Flags of a training of a few seconds."""

SMALL = [
    "--vgg-weights",
    "random",
    "--precision",
    "float32",
    "--size",
    "16",
    "--width",
    "2",
    "--residual-blocks",
    "1",
    "--discriminator-width",
    "2",
    "--samples",
    "2",
]


SHORT = ["--epochs", "3", "--pretrain-epochs", "1", "--steps-per-epoch", "4", "--log-steps", "2"]
