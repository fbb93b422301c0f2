"""Which settings a training runs with: the flags given, or on resume those of the run with the flags on top."""

import dataclasses

from japananime import dataset
from japananime.errors import UserError, reason
from japananime.settings import flag_name, from_flags

# What would change the meaning of "step", or move held-out images into the training, if it changed on the way.
FIXED_ON_RESUME = ("seed", "batch", "steps_per_epoch", "samples", "validation_share")


def choose(arguments, family, training_class, run):
    """({"training": settings, "family": settings}, {folder flag: path or None}); prints what a resumed run changes.

    On resume `arguments.vgg_weights` is filled in too.
    """
    classes = {"training": training_class, "family": family.Settings}
    built = dataset.folders(arguments.dataset) if arguments.dataset else {}
    folders = {name: getattr(arguments, name) or built.get(name) for name in dataset.FOLDERS}
    if not arguments.resume:
        _refuse_if_incomplete(folders, run)
        return {name: from_flags(cls, arguments) for name, cls in classes.items()}, folders
    stored = run.read_settings()
    try:
        if stored["name"] != arguments.family:
            raise UserError(f"--family is '{arguments.family}'; the run in '{run.folder}' is of '{stored['name']}'")
        arguments.vgg_weights = arguments.vgg_weights or stored["vgg_weights"]
        chosen = {section: _changed(cls, stored[section], vars(arguments)) for section, cls in classes.items()}
        return chosen, {name: folders[name] or stored["folders"][name] for name in dataset.FOLDERS}
    except (KeyError, TypeError) as error:
        raise UserError(f"{run / 'settings.json'}: not the settings of a run ({reason(error)})") from error


def _refuse_if_incomplete(folders, run):
    for flag in ("photos", "anime"):
        if not folders[flag]:
            raise UserError(f"--{flag} is missing; it must be a folder of images (or give --dataset)")
    if run.states():
        raise UserError(
            f"--out is '{run.folder}', which holds a run already; give --resume to go on with it, or another folder"
        )


def _changed(settings_class, stored, given):
    """Settings as stored, with those that were given now in their place."""
    fields = dataclasses.fields(settings_class)
    before = settings_class(**stored)
    after = settings_class(**{**stored, **{field.name: given[field.name] for field in fields if field.name in given}})
    for field in fields:
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new and field.name in FIXED_ON_RESUME:
            raise UserError(f"{flag_name(field)} is {new}; the run began with {old}, and this cannot change on the way")
        if old != new:
            print(f"changed since the run began: {flag_name(field)} {old} -> {new}")
    return after
