"""Carries out an experiment: its trainings one after another, then a table, the losses and the pictures side by side.

experiment.md             the table, what is reported of it, and how it was run
pictures.png, losses.png  what the trainings made of the same held-out pictures, and their curves
NAME/                     the trainings, see training/run/folder.py
"""

import argparse
import math
import re
import shlex
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from japananime.base import markdown
from japananime.base.files import write_bytes
from japananime.image import files as image_files
from japananime.image.sheets import grid
from japananime.training import sweep
from japananime.training.experiment_list import Experiment
from japananime.training.run.folder import Run
from japananime.training.run.history import History

# Columns of history.csv that tell how good a training became: on held-out pictures, and measured on what it makes.
OUTCOMES = re.compile("^(validation|score)/")
HEAD = 24


def trainings(experiment: Experiment, out: Path) -> dict[str, Run]:
    """{name: its run} of all trainings, in folders below `out`."""
    return {name: Run(out / re.sub(r"\W+", "-", name.lower())) for name in experiment.trainings}


def arguments(experiment: Experiment, name: str, run: Run, more: Sequence[str]) -> list[str]:
    """The command line of a training; `more` goes before what the experiment says.

    One that has begun goes on with its own settings, for as many epochs as are asked for now.
    """
    whole = [*experiment.shared, *experiment.trainings[name], *more]
    if not run.states():
        return [*whole, "--out", str(run.folder)]
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--epochs")
    parser.add_argument("--report-to")
    given = parser.parse_known_args(whole)[0]
    reporting = ["--report-to", given.report_to] if given.report_to else []
    return ["--out", str(run.folder), "--resume", "--epochs", given.epochs, *reporting]


def run(
    experiment: Experiment, out: Path, more: Sequence[str], start: Callable[[list[str]], int] = sweep.run_in_subprocess
) -> int:
    """Train all that is not trained yet and write what came out; returns the exit status: 1 if any training failed.

    more: flags for every training, its pictures for one. start: from a training's command line to its exit status.
    """
    runs, failed = trainings(experiment, out), []
    for number, (name, one) in enumerate(runs.items(), 1):
        print(f"training {number} of {len(runs)}: {name}", flush=True)
        status = start(arguments(experiment, name, one, more))
        if status >= 128:
            print("the same command picks up where this stopped")
            return status
        if status:
            failed.append(name)
            print(f"failed: {name} (status {status}); the others continue", file=sys.stderr)
        write(experiment, out, runs, more)
    print(f"written: {out / 'experiment.md'}, pictures.png and losses.png")
    return 1 if failed else 0


def write(experiment: Experiment, out: Path, runs: Mapping[str, Run], more: Sequence[str]) -> None:
    """Write the table, the curves and the pictures of what is trained so far."""
    histories = {name: History(one / "history.csv") for name, one in runs.items()}
    flags = shlex.join([*experiment.shared, *more])
    lines = [f"# {experiment.description[0].upper()}{experiment.description[1:]}", ""]
    lines += ["Last values; losses unweighted and on held-out pictures, the lowest of a score in brackets.", ""]
    first, *rest = table(runs, histories)
    lines += markdown.table(first, rest)
    lines += ["", "![what the trainings made](pictures.png)", "", "![losses](losses.png)", ""]
    lines += [f"What its authors report: {experiment.reported}", ""]
    lines += [f"What is smaller here unless flags say otherwise: {experiment.settings}", "", "How it was run:", ""]
    lines += [f"- {name}: `{shlex.join(own) or 'nothing of its own'}`" for name, own in experiment.trainings.items()]
    lines += [f"- all: `{flags}`", ""]
    write_bytes(out / "experiment.md", "\n".join(lines).encode("utf-8", "surrogateescape"))
    sweep.draw(histories, out / "losses.png")
    if found := sheets(experiment, runs):
        image_files.write(out / "pictures.png", image_files.Picture(beside(found)))


def table(runs: Mapping[str, Run], histories: Mapping[str, History]) -> list[list[str]]:
    """Rows of cells, the trainings' names first: steps, seconds an epoch, and every outcome."""
    columns = dict.fromkeys(name for history in histories.values() for name in history.names() if OUTCOMES.match(name))
    rows = [["", *runs], ["steps", *(f"{max((row['step'] for row in h.rows), default=0)}" for h in histories.values())]]
    rows.append(["seconds an epoch", *(seconds_an_epoch(one) for one in runs.values())])
    rows += [[column, *(_cell(column, h.series(column)[1]) for h in histories.values())] for column in columns]
    return rows


def seconds_an_epoch(run: Run) -> str:
    """What lies between the sheets of two epochs, by the median: training, scores and all."""
    times = [path.stat().st_mtime for path in _sheets(run)]
    between = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    return f"{statistics.median(between):.1f}" if between else "–"


def sheets(experiment: Experiment, runs: Mapping[str, Run]) -> dict[str, np.ndarray]:
    """{title: a sheet of samples} of the epochs that are shown, the last one of each training at least."""
    found = {}
    for name, run in runs.items():
        written = _sheets(run)
        shown = [path for path in written[:-1] if int(path.stem.rpartition("-")[2]) in experiment.epochs]
        for path in [*shown, *written[-1:]]:
            epoch = int(path.stem.rpartition("-")[2])
            found[f"{name}, epoch {epoch}"] = image_files.read_rgb(path)
    return found


def beside(pictures: Mapping[str, np.ndarray]) -> np.ndarray:
    """{title: uint8 (height, width, 3)} -> one picture, about as wide as high, each with its title above it."""
    return grid(list(pictures.values()), math.ceil(math.sqrt(len(pictures))), list(pictures), line=HEAD)


def _sheets(run: Run) -> list[Path]:
    return sorted((run / "samples").glob("epoch-*.png"))


def _cell(column: str, values: Sequence[float]) -> str:
    if not values:
        return "–"
    lowest = f" ({min(values):.5g})" if column.startswith("score/") else ""
    return f"{values[-1]:.5g}{lowest}"
