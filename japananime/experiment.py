"""`python -m japananime.experiment`: the experiments of the systems' reports, each by one command."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.training.experiment_list import EXPERIMENTS

LISTING = "".join(f"  {name:<16} {experiment.description}\n" for name, experiment in EXPERIMENTS.items())
EXAMPLES = f"""\
experiments:
{LISTING}
examples:
  python -m japananime.experiment japananimegan --photos photos --anime film --out runs/japananimegan
  python -m japananime.experiment face2anime --dataset selfie2anime --out runs/face2anime
  python -m japananime.experiment dcgan --anime faces --out runs/dcgan --flags "--epochs 100 --size 64"
      with other settings for all its trainings

Each is several trainings, an evening on two cores, and ends in experiment.md with a table, the losses and the pictures
beside each other. After a stop, the same command continues. docs/experiments.md shows one.
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `flags` as a list."""
    parser = cli.Parser(
        prog="python -m japananime.experiment",
        description="Repeat an experiment from the reports of the systems implemented here, on your own pictures.",
        epilog=EXAMPLES,
    )
    parser.add_argument("name", metavar="EXPERIMENT", help=", ".join(EXPERIMENTS))
    parser.add_argument("--photos", metavar="DIR", help="photos (not for dcgan)")
    parser.add_argument("--anime", metavar="DIR", help="anime pictures")
    parser.add_argument("--dataset", metavar="DIR", help="both, as train takes it")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the trainings and their results")
    parser.add_argument("--flags", metavar="TEXT", default="", help="flags of train for all trainings, in quotes")
    parsed = parser.parse_args(arguments)
    if parsed.name not in EXPERIMENTS:
        raise UserError(f"EXPERIMENT is '{parsed.name}'; accepted: {', '.join(EXPERIMENTS)}")
    try:
        parsed.flags = shlex.split(parsed.flags)
    except ValueError as error:
        raise UserError(f"--flags is '{parsed.flags}', which is not as a shell would take it ({error})") from error
    return parsed


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status: 1 if any training failed."""
    parsed = parse(arguments)
    from japananime.training import run_experiment

    places = {name: getattr(parsed, name) for name in ("photos", "anime", "dataset") if getattr(parsed, name)}
    if not places:
        raise UserError("--photos and --anime are missing, or --dataset; an experiment learns from pictures of yours")
    out = Path(parsed.out)
    make_folders([out])
    sources = [word for name, path in places.items() for word in (f"--{name}", path)]
    return run_experiment.run(EXPERIMENTS[parsed.name], out, [*sources, *parsed.flags])


if __name__ == "__main__":
    sys.exit(main())
