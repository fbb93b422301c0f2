"""`python -m japananime.train`: from a folder of photos and a folder of anime to a style."""

import contextlib
import dataclasses
import shlex
import signal
import sys

from japananime.base import cli, locking
from japananime.base.settings import add_flags
from japananime.training import presets, sweep
from japananime.training.settings import (
    add_run,
    add_sources,
    ask,
    check_sources,
    choose_family,
    family_defaults,
    finished,
)

EXAMPLES = """\
examples:
  python -m japananime.train
      a few minutes of training on ./dataset, or on bundled pictures, to see what it looks like
  python -m japananime.train --photos photos --anime film --out runs/first
      the system as published: 2 epochs of pretraining, then 150, at 256 pixels
  python -m japananime.train --photos photos --anime film --out runs/quick --size 128 --epochs 20 --precision bfloat16
      a first look on a laptop
  python -m japananime.train --preset animegan2-hayao --photos photos --anime film --out runs/film --size 128
      AnimeGANv2 with its loss weights for one style, at a different size
  python -m japananime.train --photos photos --anime film --out runs/widths --epochs 20 --sweep width=32,64
      one training for each value, and a table of how they ended; several --sweep give every combination
  python -m japananime.train --family dcgan --anime faces --out runs/faces --fid-epochs 5
      characters from scratch, for japananime.generate; no photos
  python -m japananime.train --from cel --anime stills --photos photos --out runs/mine --minutes 20
      a style of your own in twenty minutes, from one that comes with japananime and some dozens of stills
  python -m japananime.train --out runs/first --resume
      continue after any kind of interruption
  python -m japananime.train --photos photos --anime film --out runs/large --batch 8 --workers auto
      on all GPUs of this machine; on several machines by TF_CONFIG, see docs/scale.md
"""


def parse(arguments=None):
    """The command line: (namespace, family, settings class of the training)."""
    from japananime.training.families import FAMILIES
    from japananime.training.job import TrainingSettings

    name, preset = choose_family(asked := ask(arguments), FAMILIES)
    parser = _parser(", ".join(FAMILIES))
    defaults = family_defaults(name, FAMILIES[name], preset, asked, TrainingSettings)
    add_flags(parser, TrainingSettings, "training", defaults)
    add_flags(parser, FAMILIES[name].Settings, f"{name}", defaults)
    parser.set_defaults(family=name, **defaults)
    return parser.parse_args(arguments), FAMILIES[name], TrainingSettings


def _parser(families):
    """The flags of every training, to which the settings of a family are added."""
    parser = cli.Parser(
        prog="python -m japananime.train",
        description="Train a style from a folder of photos and a folder of anime pictures.",
        epilog=f"{EXAMPLES}\npresets:\n{presets.listing()}",
    )
    add_sources(parser)
    add_run(parser, families)
    parser.add_argument(
        "--workers",
        type=cli.count_or_auto,
        metavar="N",
        help="processes that share each batch: a number, or auto for one per GPU (default: 1, or those of TF_CONFIG)",
    )
    parser.add_argument(
        "--sweep", action="append", metavar="NAME=V,V", help="train once per value of a setting or folder"
    )
    return parser


@cli.command
def main(arguments):
    """Run the command; returns the exit status."""
    cli.help_without_tensorflow(lambda: _parser("docs/families.md has the list"), arguments)
    if given := sys.argv[1:] if arguments is None else arguments:
        check_sources(given)
    else:
        print("nothing was asked for: a short training, to see what one looks like (--help has all that can be asked)")
    cli.load_tensorflow()
    if not given:
        from japananime.training import first_look

        arguments = first_look.arguments()
    parsed, family, training_class = parse(arguments)
    if parsed.sweep:
        return sweep.run(sys.argv[1:] if arguments is None else arguments, parse)
    from japananime.training import workers

    with workers.team(parsed.workers, "japananime.train", arguments) as team, contextlib.ExitStack() as held:
        return _train(parsed, family, training_class, team, held)


def _train(parsed, family, training_class, team, held):
    """held: lets go of the run's folder in the end."""
    from japananime.training import preflight
    from japananime.training.assembly import prepare
    from japananime.training.loop import train
    from japananime.training.run import trackers
    from japananime.training.run.folder import Run

    run = Run(parsed.out)
    reporting = trackers.choose(parsed.report_to) if parsed.report_to and team.chief else None
    if parsed.resume and not parsed.dry_run and (epochs := finished(parsed, run, (training_class, family.Settings))):
        if team.chief:
            with locking.exclusive_lock(run.folder, "--out"):  # one may have been killed at its last export
                run.clear()
            print(f"{run.folder}: all its epochs ({epochs}) are done; a larger --epochs continues")
        return 0
    try:
        job, stored = prepare(parsed, family, training_class, run, team)
        if team.chief:
            held.enter_context(locking.exclusive_lock(run.folder, "--out"))
        preflight.rehearse(job, minutes=parsed.minutes)
        stored["training"] = dataclasses.asdict(job.settings)  # --minutes says how long it is
    except BaseException:
        if team.chief:  # it may still need the folder
            run.discard()
        raise
    if parsed.dry_run:
        job.run.discard()
        return print("dry run: everything works; nothing was trained")
    if team.chief:
        run.clear()
        run.write_settings(stored)
        print(f"to watch: samples in {run / 'samples'}, or: tensorboard --logdir {shlex.quote(str(run.folder))}")
    if reporting:
        job.tracker = trackers.begin(reporting, run.folder.resolve().name, {**stored["training"], **stored["family"]})
    with cli.catching_signals() as received:
        reached_the_end = train(job, stop=lambda: bool(received))
    if reached_the_end:
        return print(f"done: the style is in {run / 'style'}, how it went in {run / 'report.md'}")
    print(cli.typed(f"stopped and saved; continue with: python -m japananime.train --out {run.folder} --resume"))
    return 128 + (received or [signal.SIGTERM])[0]  # it may have been another worker's signal


if __name__ == "__main__":
    sys.exit(main())
