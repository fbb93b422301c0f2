"""Going on from a style: trained as it was, for as long as one has."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from japananime.image.bundled import bundled_photos
from japananime.styles import folder as style_folder

# What a training goes on with on its own: its length, its machine, what is watched, and its chance.
OWN = {
    "epochs",
    "steps_per_epoch",
    "pretrain_epochs",
    "precision",
    "seed",
    "log_steps",
    "save_minutes",
    "save_steps",
    "samples",
    "validation_share",
    "validation_batches",
    "select_best",
    "patience",
    "cache_gigabytes",
}
# In the time given: so many epochs at most, none shorter than so many minutes, and the rates fall from here on.
EPOCHS, LEAST_MINUTES, DECAY_FROM = 10, 2, 0.5


def family_of(style: str | None) -> str | None:
    """The family that a style (name, folder or run) was trained by, where it says."""
    return style_folder.find(style).training.get("family") if style else None


def settings_of(style: str | None, family: str, classes: Iterable[type]) -> dict[str, Any]:
    """{field: value} that a style was trained with, for a training of the same family to go on with.

    classes: of the settings that there are. What is learnt already, the drawing, needs no pretraining.
    """
    trained = style_folder.find(style).training if style else {}
    if trained.get("family") != family:
        return {}
    known = {field.name for one in classes for field in dataclasses.fields(one)}
    kept = {name: trained[name] for name in trained if name in known - OWN}
    return {**kept, "pretrain_epochs": 0} if "pretrain_epochs" in known else kept


def photos() -> str | None:
    """The folder of the photos that come with japananime, for whoever gives none, and a line that says so."""
    found = bundled_photos()
    if not found:
        return None
    print(f"photos: the {len(found)} that come with japananime; more of your own by --photos DIR are better")
    return str(found[0].parent)


def fit_to_minutes(settings, minutes: float, step_seconds: float, epoch_seconds: float):
    """TrainingSettings that take about so many minutes.

    step_seconds: of a step. epoch_seconds: of ending an epoch, with its samples and its export.
    """
    epochs = max(1, min(EPOCHS, int(minutes / LEAST_MINUTES)))
    steps = (60 * minutes - epochs * epoch_seconds) / step_seconds / epochs
    rates = {"schedule": "linear", "decay_from": DECAY_FROM} if settings.schedule == "constant" else {}
    return dataclasses.replace(settings, epochs=epochs, steps_per_epoch=max(1, int(steps)), **rates)
