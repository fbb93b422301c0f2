"""What is killed: a small training of each family, a film, a folder of photos and each tool that writes."""

import argparse
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from film_samples import film
from PIL import Image
from samples import paint

ROOT = Path(__file__).resolve().parents[2]
TRAINING = [
    *("--precision", "float32", "--epochs", "2", "--steps-per-epoch", "3", "--log-steps", "2", "--samples", "2"),
    *("--save-steps", "1", "--out", "out"),
]
ANIME, PHOTOS = ["--anime", "anime"], ["--photos", "photos"]
GENERATOR = ["--width", "2", "--residual-blocks", "1", "--discriminator-width", "2"]
# With all that such a game remembers: the share of pictures that it changes goes up and down, too.
GAME = [
    *("--batch", "4", "--size", "32", "--discriminator-width", "2", "--pixel-width", "2"),
    *("--augmentation-target", "0.6", "--mobilenet-weights", "random"),
]
FAMILIES = {
    "japananimegan": [*ANIME, *PHOTOS, *GENERATOR, "--size", "16", "--pretrain-epochs", "1", "--vgg-weights", "random"],
    "featuregan": [*ANIME, *PHOTOS, *GENERATOR, "--size", "32", "--pretrain-epochs", "1", "--vgg-weights", "random"],
    "animegan": [
        *ANIME,
        *PHOTOS,
        *("--width", "4", "--inverted-blocks", "1", "--discriminator-width", "2", "--pretrain-epochs", "1"),
        *("--size", "32", "--vgg-weights", "random"),
    ],
    "autoencoder": [*ANIME, *PHOTOS, "--depth", "2", "--size", "64", "--vgg-weights", "random"],
    "cyclegan": [*ANIME, *PHOTOS, *GENERATOR, "--size", "32"],
    "dcgan": [
        *ANIME,
        *("--batch", "8", "--latent", "4", "--width", "2", "--discriminator-width", "2", "--grid", "2"),
        *("--size", "32"),
    ],
    "characters": [*ANIME, *GAME, "--latent", "4", "--width", "2", "--grid", "2"],
    "faces": [*ANIME, *PHOTOS, *GAME, "--width", "2", "--residual-blocks", "1", "--shadows", "0.5", "--size", "64"],
    "distillation": [
        *PHOTOS,
        *("--width", "6", "--batch", "2", "--size", "64", "--mobilenet-weights", "random"),
        *("--teacher", "watercolor"),
    ],
}
TOOLS = {
    "build_dataset": ["--films", "film.mp4", "--photos", "photos", "--size", "32", "--out", "out"],
    "clean_dataset": ["photos", "--out", "out"],
    "face_crop": ["portraits", "--kind", "anime", "--threshold", "0.05", "--out", "out"],
    "image_cutting": ["anime", "--size", "32", "--out", "out"],
    "image_smoothing": ["photos", "--out", "out"],
    "video2image": ["film.mp4", "--window", "10", "--out", "out"],
}


@dataclass(frozen=True)
class Subject:
    """A command that writes into `out` of the folder it is started in, and how it is told to go on."""

    module: str
    arguments: list[str]
    resumes: bool = False

    def again(self, folder: Path) -> list[str]:
        """The command for what stands in a folder: a run that has its settings goes on, all else starts as before."""
        if self.resumes and (folder / "out" / "settings.json").exists():
            return [self.module, "--out", "out", "--resume"]
        return [self.module, *self.arguments]


SUBJECTS = {
    **{
        name: Subject("japananime.train", ["--family", name, *TRAINING, *small], resumes=True)
        for name, small in FAMILIES.items()
    },
    "film": Subject(
        "japananime.stylize",
        ["--in", "film.mp4", "--style", "daylight", "--codec", "ffv1", "--out", "out/made.mkv"],
    ),
    "photos": Subject("japananime.stylize", ["--in", "photos", "--style", "daylight", "--out", "out"]),
    **{name: Subject(f"tools.{name}", arguments) for name, arguments in TOOLS.items()},
}


def add_subjects(parser: argparse.ArgumentParser) -> None:
    """The argument by which some of SUBJECTS are chosen."""
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)} (default all)")


def chosen(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> dict[str, Subject]:
    """Those that a parsed command line names, or all."""
    if unknown := sorted(set(parsed.subjects) - set(SUBJECTS)):
        parser.error(f"{', '.join(unknown)}: accepted: {', '.join(SUBJECTS)}")
    return {name: SUBJECTS[name] for name in parsed.subjects or SUBJECTS}


def material(folder: Path) -> None:
    """Photos, anime and a film, the same every time."""
    chance = np.random.default_rng(7)
    for kind in ("photos", "anime"):
        for number in range(24):
            paint(folder / kind / f"{number:02d}.png", chance, size=(96, 96))
    # One that cleaning rejects.
    Image.fromarray(np.zeros((96, 96, 3), np.uint8)).save(folder / "photos" / "black.png")
    shutil.copytree(ROOT / "Pretrain" / "origin", folder / "portraits")
    film(folder / "film.mp4", 60, size=(96, 128))
    (folder / "out").mkdir()
    for path in folder.rglob("*"):  # what is remembered of files by their times is the same in every copy
        os.utime(path, (1_700_000_000, 1_700_000_000))
