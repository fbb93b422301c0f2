"""`python -m japananime.train`: from a folder of photos and a folder of anime to a style."""

import argparse
import dataclasses
import re
import sys
from pathlib import Path

from japananime import command, presets
from japananime.choices import choose, choose_family
from japananime.settings import add_flags

EXAMPLES = """\
examples:
  python -m japananime.train --photos photos --anime film --out runs/first
      the system as published: 2 epochs of pretraining, then 150, at 256 pixels
  python -m japananime.train --photos photos --anime film --out runs/quick --size 128 --epochs 20 --precision bfloat16
      a first look on a laptop
  python -m japananime.train --photos photos --anime film --out runs/first --dry-run
      check everything and say how long it would take, without training
  python -m japananime.train --preset animegan2-hayao --photos photos --anime film --out runs/film --size 128
      AnimeGANv2 with its weights for a style, at another size than its own
  python -m japananime.train --out runs/first --resume
      go on after an interruption of any kind
"""


def parse(arguments=None):
    """The command line: (namespace, family module, settings classes of family and training)."""
    from japananime.families import FAMILIES
    from japananime.trainer import TrainingSettings

    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--family")
    first.add_argument("--preset")
    first.add_argument("--out", default="")
    first.add_argument("--resume", action="store_true")
    name, preset = choose_family(first.parse_known_args(arguments)[0], FAMILIES)

    parser = command.Parser(
        prog="python -m japananime.train",
        description="Train a style from a folder of photos and a folder of anime pictures.",
        epilog=f"{EXAMPLES}\npresets:\n{presets.listing()}",
    )
    parser.add_argument("--photos", metavar="DIR", help="photos, looked for in all folders below")
    parser.add_argument("--anime", metavar="DIR", help="anime pictures, the style to learn")
    parser.add_argument("--smooth", metavar="DIR", help="edge-smoothed anime (default: made of --anime in memory)")
    parser.add_argument("--val-photos", metavar="DIR", help="held-out photos (default: some of --photos)")
    parser.add_argument("--val-anime", metavar="DIR", help="held-out anime (default: some of --anime)")
    parser.add_argument("--dataset", metavar="DIR", help="all of these, as tools/build_dataset.py made them")
    parser.add_argument("--out", metavar="DIR", required=True, help="the run directory, made if it is not there")
    parser.add_argument("--family", metavar="NAME", default=name, help=f"what to train ({', '.join(FAMILIES)})")
    parser.add_argument("--preset", metavar="NAME", help="settings under a name, see below; flags go before them")
    parser.add_argument(
        "--vgg-weights",
        metavar="FILE",
        help="VGG19's no-top weights (default: $JAPANANIME_VGG_WEIGHTS, else downloaded by Keras)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out, with its settings")
    parser.add_argument("--dry-run", action="store_true", help="check everything, print the plan, and stop")
    add_flags(parser, TrainingSettings, "training")
    add_flags(parser, FAMILIES[name].Settings, f"{name}")
    if preset:
        parser.set_defaults(**preset.settings)
    return parser.parse_args(arguments), FAMILIES[name], TrainingSettings


def prepare(arguments, family, training_class, run):
    """Check the command line and everything it names, and build what it takes: (Job, what settings.json will hold)."""
    import keras

    from japananime import features, preflight, selection
    from japananime.phases import Runner
    from japananime.trainer import Job

    run.create()
    chosen, folders = choose(arguments, family, training_class, run)
    training = chosen["training"]
    weights = features.find_vgg19_weights(arguments.vgg_weights)
    pools, held_out = preflight.gather(preflight.Folders(**folders), family.streams(chosen["family"]), training)

    keras.config.set_dtype_policy("float32" if training.precision == "float32" else f"mixed_{training.precision}")
    keras.utils.set_random_seed(training.seed)

    def vgg19(taps):
        return features.vgg19(weights, taps)

    program = family.build(chosen["family"], vgg19)
    best = selection.with_vgg19(training.select_best, vgg19)

    stored = {
        "name": arguments.family,
        "folders": {name: folder and str(Path(folder).resolve()) for name, folder in folders.items()},
        "vgg_weights": weights if weights in ("imagenet", "random") else str(Path(weights).resolve()),
        "files": preflight.fingerprint(pools),
        **{section: dataclasses.asdict(settings) for section, settings in chosen.items()},
    }
    if arguments.resume and run.read_settings().get("files") != stored["files"]:
        print("the image files are not those the run began with: it goes on, but not exactly as it would have")
    words = {
        "name": re.sub(r"[^\w .-]|^[^\w]+", "_", run.folder.resolve().name),
        "training": {"family": arguments.family, **stored["family"]},
    }
    runner = Runner(program, training.clip, training.precision)
    return Job(run, runner, training, pools, held_out, words, best), stored


def main(arguments=None):
    """Run the command; returns the exit status."""
    return command.run(_main, arguments)


def _main(arguments):
    command.load_tensorflow()
    parsed, family, training_class = parse(arguments)
    from japananime import preflight
    from japananime.runs import Run
    from japananime.trainer import train

    run = Run(parsed.out)
    try:
        job, stored = prepare(parsed, family, training_class, run)
        preflight.rehearse(job)
    except BaseException:
        run.discard()
        raise
    if parsed.dry_run:
        run.discard()
        print("dry run: everything works; nothing was trained")
        return 0
    run.write_settings(stored)
    with command.catching_signals() as received:
        reached_the_end = train(job, stop=lambda: bool(received))
    if reached_the_end:
        print(f"done: the style is in {job.run / 'style'}, how it went in {job.run / 'report.md'}")
        return 0
    print(f"stopped and saved; go on with: python -m japananime.train --out {job.run.folder} --resume")
    return 128 + received[0]


if __name__ == "__main__":
    sys.exit(main())
