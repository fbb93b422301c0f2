"""Several trainings that differ in chosen settings, one after another, and one table of how they ended.

sweep.json                which runs are finished
sweep.md, sweep.csv       last losses of every run
sweep.png                 their curves, a panel for each loss
NAME=VALUE,.../           the runs, see training/run/folder.py
"""

import argparse
import contextlib
import csv
import dataclasses
import io
import itertools
import json
import math
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli, json_files, markdown
from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import TEXT, Field, several
from japananime.base.settings import flags_for
from japananime.training.run.folder import Run
from japananime.training.run.history import History
from japananime.training.settings import SOURCES, choose, resolved

# Columns of history.csv that tell how a training went on, not what came of it.
PASSING = (
    "step",
    "epoch",
    "weighted",
    "total",
    "gradient_norm",
    "rate",
    "images_per_second",
    "waiting_for_data",
    "skipped_steps",
)
UNFIT_FOR_NAMES = r"[^-+.\w]"
FINISHED, WAITING = "finished", "not run yet"


@dataclass(frozen=True)
class Trial:
    """One training of a sweep: its values as given, {setting: text}, its run, and its command line."""

    values: dict[str, str]
    run: Run
    arguments: list[str]


def values(texts):
    """{setting: [value, ...]} of "--sweep" arguments such as "width=32,64"."""
    found = {}
    for text in texts:
        name, _, listed = text.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        chosen = [value.strip() for value in listed.split(",")]
        if not name or not all(chosen):
            raise UserError(f"--sweep is '{text}'; accepted: a setting or a folder and its values, such as width=32,64")
        if len(set(chosen)) < len(chosen) or name in found:
            raise UserError(f"--sweep is '{text}'; every setting may be named once, with every value once")
        found[name] = chosen
    return found


def plan(arguments, parse):
    """The trials of a command line with --sweep, every one of them checked: [Trial].

    parse: from a command line to (namespace, family, training's settings class).
    """
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument("--sweep", action="append")
    own.add_argument("--out")
    own.add_argument("--preset")
    own.add_argument("--resume", action="store_true")
    swept, rest = own.parse_known_args(arguments)
    preset = ["--preset", swept.preset] if swept.preset else []
    _, family, training_class = parse([*rest, *preset, "--out", swept.out])
    chosen = values(swept.sweep)
    _refuse_missing_folders(chosen)
    trials = []
    for combination in itertools.product(*chosen.values()):
        pairs = dict(zip(chosen, combination, strict=True))
        name = ",".join(f"{key}={re.sub(UNFIT_FOR_NAMES, '_', value)}" for key, value in pairs.items())
        run = Run(Path(swept.out, name))
        flags = [flag for pair in pairs.items() for flag in _flags((training_class, family.Settings), *pair)]
        if run.states() and not swept.resume:
            raise UserError(
                f"--out is '{swept.out}', which already holds runs; give --resume to continue, or another folder"
            )
        # A run that is resumed has its preset's settings already.
        how = ["--resume"] if run.states() else preset
        trials.append(Trial(pairs, run, [*rest, *flags, "--out", str(run.folder), *how]))
    if len({trial.run.folder for trial in trials}) < len(trials):
        raise UserError(f"--sweep is '{' '.join(swept.sweep)}'; two of its runs would have the same name")
    for trial in trials:
        settings(trial, parse)
    return trials


def _flags(settings_classes, name, value):
    return [f"--{name.replace('_', '-')}", value] if name in SOURCES else flags_for(settings_classes, name, value)


def _refuse_missing_folders(chosen):
    for name in SOURCES:
        for value in chosen.get(name, ()):
            if not Path(value).is_dir():
                raise UserError(f"--sweep is '{name}={','.join(chosen[name])}'; '{value}' is no folder")


def settings(trial, parse):
    """{"training": settings, "family": settings, "folders": paths} of a trial; raises UserError if they cannot be."""
    parsed, family, training_class = parse(trial.arguments)
    with contextlib.redirect_stdout(io.StringIO()):  # what a resumed run changes is told when it is resumed
        chosen, folders = choose(parsed, family, training_class, trial.run)
    return {**{name: dataclasses.asdict(one) for name, one in chosen.items()}, "folders": resolved(folders)}


def run(arguments, parse, start=None):
    """Carry out a command line with --sweep; returns the exit status: 1 if any run failed.

    start: from a trial's command line to its exit status, 128 and more for an interruption; by default a process of
    its own, so that nothing of one training, not even its end for want of memory, reaches another.
    """
    start = start or run_in_subprocess
    trials = plan(arguments, parse)
    folder = trials[0].run.folder.parent
    if "--dry-run" in arguments:
        return max(min(start(trial.arguments), 1) for trial in trials)
    Run(folder).create()
    finished = _read(folder)
    states = {}
    for number, trial in enumerate(trials):
        name = trial.run.folder.name
        states[name] = FINISHED
        if name in finished and trial.run.states() and _unchanged(trial, parse):
            print(f"{name}: finished before")
            continue
        print(f"run {number + 1} of {len(trials)}: {name}", flush=True)
        status = start(trial.arguments)
        _tell_tensorboard(trial, status)
        if status >= 128:
            print("the same command with --resume continues the sweep")
            return status
        if status == 0:
            finished = [*finished, name]
            write_bytes(folder / "sweep.json", (json.dumps({"finished": finished}, indent=1) + "\n").encode())
        else:
            states[name] = f"failed (status {status})"
            print(f"failed: {name} (status {status}); the others continue", file=sys.stderr)
        write(folder, trials, states)
    write(folder, trials, states)
    failed = [name for name, state in states.items() if state != FINISHED]
    print(f"{len(trials) - len(failed)} of {len(trials)} runs finished; see {folder / 'sweep.md'} and sweep.png")
    return 1 if failed else 0


def _tell_tensorboard(trial, status):
    from japananime.training.run import tensorboard

    folder = trial.run / "tensorboard"
    if folder.is_dir():  # a training that could not begin has none
        tensorboard.write_values(folder, trial.values, finished=status == 0)


def write(folder, trials, states):
    """Write the table as Markdown and CSV, and the curves. states: {run's name: how it ended}, so far."""
    histories = {trial.run.folder.name: History(trial.run / "history.csv") for trial in trials}
    rows = []
    for trial in trials:
        name = trial.run.folder.name
        history = histories[name]
        ends = {term: history.series(term)[1][-1] for term in history.names() if term.split("/")[0] not in PASSING}
        steps = max((row["step"] for row in history.rows), default=0)
        rows.append({**trial.values, "state": states.get(name, WAITING), "steps": steps, **ends})
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_text(row.get(column, "")) for column in columns] for row in rows)
    write_bytes(folder / "sweep.csv", table.getvalue().encode())
    lines = [f"# Sweep {folder.resolve().name}", "", "Last values, unweighted; curves in `sweep.png`.", ""]
    # Runs side by side, as their losses are many.
    swept = set(trials[0].values)
    shown = ([column, *(_text(row.get(column, "–")) for row in rows)] for column in columns if column not in swept)
    lines += markdown.table(["", *histories], shown)
    write_bytes(folder / "sweep.md", ("\n".join(lines) + "\n").encode())
    draw(histories, folder / "sweep.png")


def draw(histories, path):
    """Draw the curves of several histories, {name: History}: a panel for each loss, held-out values dotted."""
    # No pyplot: it would set the backend of the whole process.
    from matplotlib.figure import Figure

    names = dict.fromkeys(name for history in histories.values() for name in history.names())
    panels = dict.fromkeys(
        re.sub("^(train|validation)/", "", name) for name in names if name.split("/")[0] not in PASSING
    )
    if not panels:
        return
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(4.6 * columns, 3.2 * rows))
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis, panel in itertools.zip_longest(axes.ravel(), panels):
        if panel is None:
            axis.set_visible(False)
            continue
        for number, (name, history) in enumerate(histories.items()):
            color = f"C{number % 10}"
            for column in (panel, f"train/{panel}"):
                axis.plot(*history.series(column), color=color, lw=1.2, label=name if column in names else None)
            axis.plot(*history.series(f"validation/{panel}"), color=color, ls=":", marker=".")
        axis.set_title(panel, fontsize="medium")
        axis.grid(alpha=0.3)
    axes[0, 0].legend(fontsize="small")
    figure.supxlabel("step; dotted: held out")
    figure.tight_layout()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=90)
    write_bytes(path, drawn.getvalue())


def _read(folder):
    path = folder / "sweep.json"
    if not path.exists():
        return []
    what = "what a sweep notes down; remove it, and every run is looked at anew"
    return list(json_files.read(path, what, {"finished": Field(several(TEXT))})["finished"])


def _unchanged(trial, parse):
    """Whether a run was made with the settings that the command line asks for now."""
    stored = trial.run.read_settings()
    return all(stored.get(section) == chosen for section, chosen in settings(trial, parse).items())


def run_in_subprocess(arguments):
    """Run a training in a process of its own, from its command line to its exit status; 128 and more: interrupted."""
    # In a session of its own, for Ctrl-C to arrive there once: from here.
    child = subprocess.Popen([sys.executable, "-m", "japananime.train", *arguments], start_new_session=True)
    try:
        with cli.catching_signals() as received:
            told = False
            while child.poll() is None:
                time.sleep(0.1)
                if received and not told:
                    child.send_signal(received[0])
                    told = True
    except BaseException:
        child.kill()
        child.wait()
        raise
    if received:
        return 128 + received[0]
    # A process that was killed, by the system for its memory for one, has failed; it was not told to stop.
    return child.returncode if 0 <= child.returncode < 128 else 1


def _text(value):
    return value if isinstance(value, str) else f"{value:.5g}" if value != int(value) else str(int(value))
