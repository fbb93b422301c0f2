"""The experiments that the reports of this project's systems describe, each as trainings to set beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Experiment:
    """Trainings that answer one question, small enough for an evening on two cores unless flags say otherwise.

    shared: flags of all trainings. trainings: {what it is called: its own flags}. epochs: whose samples are shown
    beside each other, besides the last. reported: what the report tells of the outcome. settings: which are not as
    published, in words.
    """

    description: str
    shared: Sequence[str]
    trainings: Mapping[str, Sequence[str]]
    reported: str
    settings: str
    epochs: Sequence[int] = ()


# What is fastest is tried out as a training begins, and two that are compared might get two precisions.
ALIKE = "--precision float32"


def _flags(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# AnimeGeneration, and what of it is left out of one training or another.
# Fakes in a tenth of the steps: of so few epochs as these, the hundredth that was published has three.
GENERATION = _flags("--preset animegeneration --pretrain-epochs 2 --fake-every 10")
NO_DROPOUT, ONE_TO_ONE = _flags("--dropout 0"), _flags("--discriminator-every-epochs 1")
NO_FAKES = _flags("--fake-weight 0 --fake-every 1 --fake-epochs 0")

EXPERIMENTS = {
    "japananimegan": Experiment(
        "JapananimeGAN's pictures after pretraining and after 13, 17 and 28 epochs, and its losses",
        _flags(
            f"{ALIKE} --family japananimegan --size 128 --batch 1 --steps-per-epoch 100 --epochs 30 --pretrain-epochs 2"
        ),
        {"JapananimeGAN": ()},
        "After 13 epochs seas and skies begin to look drawn, as anime has many of them; after 28 other contents too, "
        "while some are still covered by a mere filter. All on 5,229 photos and 2,823 anime pictures of 256 pixels.",
        "128 pixels instead of 256, 100 steps an epoch instead of all pictures.",
        epochs=(2, 15, 19),  # the two of pretraining count
    ),
    "animegeneration": Experiment(
        "AnimeGeneration as AnimeGAN was, without discriminator, with dropout, 5:1, with fakes, and with all of them",
        _flags(f"{ALIKE} --size 128 --batch 4 --steps-per-epoch 60 --epochs 12"),
        {
            "as AnimeGAN": (*GENERATION, *NO_DROPOUT, *NO_FAKES, *ONE_TO_ONE),
            "no discriminator": _flags("--family autoencoder"),
            "dropout": (*GENERATION, *NO_FAKES, *ONE_TO_ONE),
            "5 to 1": (*GENERATION, *NO_DROPOUT, *NO_FAKES),
            "fakes": (*GENERATION, *NO_DROPOUT, *ONE_TO_ONE),
            "all of them": GENERATION,
        },
        "The discriminator learnt too fast as AnimeGAN was; dropout and fewer of its steps held it back, fakes told it "
        "what is no anime. Without discriminator the pictures were the photos with another texture.",
        "128 pixels instead of 256, 12 epochs of 60 steps, two of them pretraining instead of 10 of 101; fakes every "
        "10 steps of their epochs instead of every 100.",
    ),
    "dcgan": Experiment(
        "the DCGAN by the size of its latent space and of its batches, and what measuring FID costs an epoch",
        _flags(f"{ALIKE} --family dcgan --steps-per-epoch 16 --epochs 30"),
        {
            "latent 100, batch 128": _flags("--batch 128 --fid-epochs 1"),
            "latent 50, batch 128": _flags("--batch 128 --latent 50 --fid-epochs 1"),
            "latent 100, batch 64": _flags("--batch 64 --fid-epochs 1"),
            "latent 100, batch 128, no FID": _flags("--batch 128 --fid-epochs 0"),
        },
        "FID 282.2 with a latent space of 100, 325.9 with one of 50; batches of 64 instead of 128 change it little; "
        "302.6 once unfit pictures are removed. An epoch takes 27.7 seconds with FID, 9.2 without.",
        "16 steps an epoch, as 2,000 pictures give in batches of 128, 30 epochs.",
    ),
    "face2anime": Experiment(
        "Face2Anime's model 1 (batches of 1, a pool of earlier fakes) against its model 2 (batches of 4, no pool)",
        _flags(f"{ALIKE} --family cyclegan --size 128 --residual-blocks 6 --smallest-crop 1 --epochs 10"),
        {
            "model 1": _flags("--batch 1 --pool 50 --steps-per-epoch 200"),
            "model 2": _flags("--batch 4 --pool 0 --steps-per-epoch 50"),
        },
        "Hard to tell apart; model 1 a little better, some of its faces less distorted. 100 epochs of 3,400 faces.",
        "10 epochs of 200 faces instead of 100 of 3,400.",
    ),
}
