"""Which settings a training runs with: the flags given, or on resume those of the run with the flags on top."""

import argparse
import dataclasses
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError, reason
from japananime.base.files import lack_of_folder
from japananime.base.settings import flag_name, from_flags
from japananime.datasets import index as dataset_index
from japananime.training import from_style, presets
from japananime.training.run.folder import Run

# What would change the meaning of "step", or move held-out images into the training, if it changed on the way.
FIXED_ON_RESUME = ("seed", "batch", "steps_per_epoch", "samples", "validation_share")

# A year.
MOST_MINUTES = 60 * 24 * 365

# Flags that name weights of the networks that losses and discriminators look through.
WEIGHTS = ("vgg_weights", "mobilenet_weights")


# Families that make pictures out of nothing, and those that learn from a style instead of anime.
WITHOUT_PHOTOS = ("dcgan", "characters")
WITHOUT_ANIME = ("distillation",)

# Flags that name where a training's pictures are.
SOURCES = (*dataset_index.FOLDERS, "dataset")


def add_run(parser, families):
    """The flags that say which run it is, of what, and whether in earnest. families: their names, for the help."""
    parser.add_argument("--out", metavar="DIR", required=True, help="the run directory, created if missing")
    parser.add_argument("--family", metavar="NAME", help=f"what to train ({families})")
    parser.add_argument("--preset", metavar="NAME", help="named settings, see below; flags override them")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out, with its settings")
    parser.add_argument("--dry-run", action="store_true", help="check everything, print the plan, and stop")
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="X",
        help="train for about this long instead of --epochs; a step is timed to plan it",
    )
    parser.add_argument(
        "--report-to", metavar="TRACKER", help="also report numbers to wandb, mlflow or your own MODULE:FUNCTION"
    )


def ask(arguments):
    """What `choose_family` must know of a command line, before its other flags are known."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--family")
    parser.add_argument("--preset")
    parser.add_argument("--from", dest="begin_with")
    parser.add_argument("--out", default="")
    parser.add_argument("--resume", action="store_true")
    return parser.parse_known_args(arguments)[0]


def choose_family(asked, families):
    """(name of the family, Preset or None): as given, else the run's, the preset's, that of --from, or the first.

    asked: its `family`, `preset`, `begin_with`, `out` and `resume`; families: the names accepted.
    """
    preset = presets.load(asked.preset) if asked.preset else None
    if asked.resume and preset:
        raise UserError(f"--preset is '{asked.preset}' with --resume; a run continues with its own settings")
    run = Run(asked.out)
    # Of a run that was killed before its first state, too: its family is known, and it begins anew.
    stored = run.read_settings().get("name") if asked.resume and (run / "settings.json").is_file() else None
    name = asked.family or stored or (preset.family if preset else None)
    if not name and not asked.resume:
        name = from_style.family_of(asked.begin_with)
    name = name or next(iter(families))
    if name not in families:
        raise UserError(f"--family is '{name}'; accepted: {', '.join(families)}")
    if preset and preset.family != name:
        raise UserError(f"--preset is '{asked.preset}', of the family {preset.family}; --family is '{name}'")
    return name, preset


def add_sources(parser):
    """The flags that say what a training learns from."""
    for name, folder in dataset_index.FOLDERS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="DIR", help=folder.help)
    parser.add_argument(
        "--from", dest="begin_with", metavar="STYLE", help="start from a trained style (name, folder or run)"
    )
    parser.add_argument("--dataset", metavar="DIR", help="all of these, made by tools/build_dataset.py or downloaded")
    parser.add_argument(
        "--vgg-weights",
        metavar="FILE",
        help="VGG19's no-top weights (default: $JAPANANIME_VGG_WEIGHTS, else downloaded by Keras)",
    )
    parser.add_argument(
        "--mobilenet-weights",
        metavar="FILE",
        help="MobileNetV2's no-top weights, for the families that look through it (default: "
        "$JAPANANIME_MOBILENET_WEIGHTS, else downloaded by Keras)",
    )


def check_sources(arguments):
    """Raise UserError, before anything is loaded, for all that a command line names wrongly or leaves out of where
    pictures are and where the run goes.
    """
    parser = cli.Parser(add_help=False)
    add_sources(parser)
    for name in ("out", "family", "preset"):
        parser.add_argument(f"--{name}")
    for name in ("resume", "help"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("-h", "--sweep", dest="other", nargs="?", const="")
    given = parser.parse_known_args(arguments)[0]
    if given.help or given.other is not None:
        return
    preset = presets.load(given.preset) if given.preset else None
    family = given.family or (preset.family if preset else None) or from_style.family_of(given.begin_with)
    needless = {"photos": WITHOUT_PHOTOS, "anime": WITHOUT_ANIME}
    needed = [name for name in ("anime", "photos") if family not in needless[name]]
    needed = [] if given.resume or given.dataset else needed
    if given.begin_with and "photos" in needed:
        needed.remove("photos")
    missing = [f"--{name}" for name in (*needed[::-1], "out") if not getattr(given, name)]
    wrong = [
        f"--{name.replace('_', '-')} is '{path}', which {fault}; it must be a folder"
        for name in SOURCES
        if (path := getattr(given, name)) and (fault := lack_of_folder(path))
    ]
    problems = [
        *([f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []),
        *wrong,
    ]
    if problems:
        example = "--out runs/first --resume" if given.resume else "--photos photos --anime film --out runs/first"
        raise UserError(cli.typed(f"{'; '.join(problems)}; for example: python -m japananime.train {example}"))


def finished(arguments, run, classes):
    """How many epochs a run has, where all that are asked for are behind it and nothing else is to change; else 0.

    classes: of the settings that there are.
    """
    known = {field.name for one in classes for field in dataclasses.fields(one)}
    if known & vars(arguments).keys() - {"epochs"}:
        return 0
    epochs = str(getattr(arguments, "epochs", None) or run.read_settings()["training"].get("epochs", 0))
    return int(epochs) if epochs.isdecimal() and run.trained() >= int(epochs) else 0


def family_defaults(name, family, preset, asked, training_class):
    """{field: value} that go before the general defaults: how the family of this name is usually trained, before that
    how the style was that it begins with, and before that a preset.

    None on resume: there the run's own settings do.
    """
    if asked.resume:
        return {}
    begun = from_style.settings_of(asked.begin_with, name, (training_class, family.Settings))
    return {**family.USUAL, **begun, **(preset.settings if preset else {})}


def choose(arguments, family, training_class, run):
    """({"training": settings, "family": settings}, {folder flag: path or None}); prints what a resumed run changes.

    On resume the flags in `WEIGHTS` are filled in too.
    """
    classes = {"training": training_class, "family": family.Settings}
    built = dataset_index.folders(arguments.dataset) if arguments.dataset else {}
    folders = {name: getattr(arguments, name) or built.get(name) for name in dataset_index.FOLDERS}
    if arguments.resume and arguments.begin_with:
        raise UserError(f"--from is '{arguments.begin_with}' with --resume; a run continues from its own state")
    if arguments.minutes is not None:
        if not 1 <= arguments.minutes <= MOST_MINUTES:
            raise UserError(f"--minutes is {arguments.minutes}; it must be 1 to {MOST_MINUTES}")
        if arguments.resume:
            raise UserError(
                f"--minutes is {arguments.minutes} with --resume; a run continues to its own end (--epochs)"
            )
    if not arguments.resume:
        chosen = {name: from_flags(cls, arguments) for name, cls in classes.items()}
        streams = family.streams(chosen["family"])
        _refuse_useless(arguments, streams)
        if arguments.begin_with and "photo" in streams and not folders["photos"]:
            folders["photos"] = from_style.photos()
        _refuse_if_incomplete(folders, streams, run)
        _refuse_size(**chosen)
        return chosen, folders
    stored = run.read_settings()
    try:
        if stored["name"] != arguments.family:
            raise UserError(f"--family is '{arguments.family}'; the run in '{run.folder}' is of '{stored['name']}'")
        for name in WEIGHTS:  # a run of an older version knows only VGG19's
            setattr(arguments, name, getattr(arguments, name) or stored.get(name))
        chosen = {section: _changed(cls, stored[section], vars(arguments)) for section, cls in classes.items()}
        _refuse_useless(arguments, family.streams(chosen["family"]))
        _refuse_size(**chosen)
        return chosen, {name: folders[name] or stored["folders"][name] for name in dataset_index.FOLDERS}
    except (KeyError, TypeError) as error:
        raise UserError(f"{run / 'settings.json'}: not the settings of a run ({reason(error)})") from error


def to_store(family, folders, weights, files, chosen):
    """What settings.json is to hold: {name: JSON}. folders and chosen as `choose` gives them; weights: {a name of
    `WEIGHTS`: path, "imagenet" or "random"}; files: a fingerprint.
    """
    return {
        "name": family,
        "folders": resolved(folders),
        **{
            name: path if path in ("imagenet", "random") else str(Path(path).resolve())
            for name, path in weights.items()
        },
        "files": files,
        **{section: dataclasses.asdict(settings) for section, settings in chosen.items()},
    }


def resolved(folders):
    """Folders by name, as settings.json holds them: whole paths, None where there is none."""
    return {name: folder and str(Path(folder).resolve()) for name, folder in folders.items()}


def _refuse_useless(arguments, streams):
    for name, folder in dataset_index.FOLDERS.items():
        if getattr(arguments, name) and folder.stream not in streams:
            raise UserError(
                f"--{name.replace('_', '-')} is '{getattr(arguments, name)}', which --family {arguments.family} has no "
                f"use for; it learns from {' and '.join(streams)}"
            )


def _refuse_if_incomplete(folders, streams, run):
    for flag in ("photos", "anime"):
        if dataset_index.FOLDERS[flag].stream in streams and not folders[flag]:
            raise UserError(f"--{flag} is missing; it must be a folder of images (or give --dataset)")
    if run.states():
        raise UserError(
            f"--out is '{run.folder}', which already holds a run; give --resume to continue it, or another folder"
        )


def _refuse_size(training, family):
    if family.sizes and training.size not in family.sizes:
        raise UserError(f"--size is {training.size}; accepted with this network: {', '.join(map(str, family.sizes))}")
    # Twice, so that the network's innermost maps have pixels to reflect and to measure.
    if training.size % family.multiple or training.size < 2 * family.multiple:
        raise UserError(
            f"--size is {training.size}; with this network it must be a multiple of {family.multiple}, at least "
            f"{2 * family.multiple}"
        )


def _changed(settings_class, stored, given):
    """Settings as stored, with those that were given now in their place."""
    fields = dataclasses.fields(settings_class)
    if unknown := stored.keys() - {field.name for field in fields}:
        raise TypeError(f"unknown setting '{min(unknown)}'")
    try:
        before = settings_class(**stored)
    except UserError as error:
        raise TypeError(str(error)) from error
    after = settings_class(**{**stored, **{field.name: given[field.name] for field in fields if field.name in given}})
    for field in fields:
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new and field.name in FIXED_ON_RESUME:
            raise UserError(f"{flag_name(field)} is {new}; the run began with {old}, and this cannot change on the way")
        if old != new:
            print(f"changed since the run began: {flag_name(field)} {old} -> {new}")
    return after
