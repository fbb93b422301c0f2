"""`report.md` of a run directory: how the training went, for somebody who was not there."""

from japananime.base.files import write_bytes
from japananime.base.markdown import table
from japananime.training.run.folder import BEST
from japananime.training.run.history import History


def write(run, job, step, warnings, skipped):
    """Write the report as of a step."""
    history = History(run / "history.csv")
    lines = [
        f"# Training {run.folder.name}",
        "",
        f"Step {step} of {job.steps} ({step / job.steps:.0%}), "
        f"epoch {step / job.steps_per_epoch:.1f} of {job.settings.epochs}.",
        "",
        *table(
            ("images", "for training", "held out"),
            ((name, len(pool), len(job.held_out[name])) for name, pool in job.pools.items()),
        ),
        "",
        "## Losses, unweighted",
        "",
        *table(("phase", "term", "weight", "first", "last", "held out, last"), _losses(history, job.runner.weights)),
        *_scores(history),
        "",
        "## What to know",
        "",
        *([f"- {warning}" for warning in warnings] or ["- nothing unusual was seen"]),
        *([f"- {skipped} steps were skipped because a loss or gradient was not finite"] if skipped else []),
        "",
        "Curves: `losses.png`. The same held-out photos after every epoch: `samples/`. Settings: `settings.json`.",
        *_best(run),
        f"The style so far: `{_use(run, job.runner.program.export)}`.",
    ]
    write_bytes(run / "report.md", ("\n".join(lines) + "\n").encode())


def _use(run, export):
    if export and export.takes == "latent":
        return f"python -m japananime.generate --style {run.folder} --out CHARACTERS"
    return f"python -m japananime.stylize --style {run.folder} --in PHOTOS"


def _scores(history):
    names = [name for name in history.names() if name.startswith("score/")]
    if not names:
        return []
    values = {name.split("/")[-1]: history.series(name)[1] for name in names}
    rows = ((name, f"{each[0]:.4g}", f"{min(each):.4g}", f"{each[-1]:.4g}") for name, each in values.items())
    return ["", "## Scores", "", *table(("score", "first", "lowest", "last"), rows)]


def _best(run):
    if kept := run.best():
        yield (
            f"The best style by {kept['selected_by']}, {kept['score']:.4g}, is that of step {kept['steps']}: "
            f"`--style {run / BEST}`."
        )


def _losses(history, weights):
    for phase, terms in weights.items():
        for term, weight in terms.items():
            values = history.series(f"train/{phase}/{term}")[1]
            held_out = history.series(f"validation/{phase}/{term}")[1]
            if values:
                last = f"{held_out[-1]:.4g}" if held_out else "–"
                yield phase, term, f"{weight:g}", f"{values[0]:.4g}", f"{values[-1]:.4g}", last
