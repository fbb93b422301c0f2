"""What is done at the end of an epoch: validation, scores, samples, curves, the style so far, the report."""

from dataclasses import asdict

import numpy as np

from japananime.base.terminal import Bar
from japananime.image import files as image_files
from japananime.image import sheets
from japananime.networks import pixels
from japananime.styles import generators
from japananime.training import data as training_data
from japananime.training import warm_start
from japananime.training.run import best_style, history, report
from japananime.training.run import folder as run_folder
from japananime.training.schedules import seed

# Pictures that a score looks at together.
SCORED_TOGETHER = 32


def prepare_scores(job):
    """[(score, function that measures it)]: what the scores need to know of the first stream's training pictures."""
    pool = job.pools[job.runner.program.streams[0]]
    starts = range(0, len(pool), SCORED_TOGETHER)

    def batches(name):
        for start in Bar(starts, desc=f"{name}: looking at the training pictures", unit="batch", delay=2, leave=False):
            yield training_data.center_batch(pool, range(start, min(start + SCORED_TOGETHER, len(pool))))

    return [(score, score.against(batches(score.name))) for score in job.runner.program.scores]


def end_epoch(job, recorder, watch, held_out, epoch, step, measures=()):
    """Validate, keep the best style, look at held-out images, redraw the curves, export, write the report.

    measures: as `prepare_scores` returns them; each is taken in the epochs in which it is due.
    """
    if recorder.pending():
        recorder.write()
    for stream, pool in job.pools.items():
        if pool.lost:
            warning = f"{len(pool.lost)} files of '{stream}' can no longer be read, {min(pool.lost)} for one"
            if warning not in watch.given:
                watch.given.append(warning)
                recorder.say(f"warning: {warning}")
    means = history.Means()
    phases = job.runner.due(epoch, 0)
    for number, batch in enumerate(held_out):
        losses = job.runner.losses(phases, batch, seed(job.settings, number))
        means.add({f"validation/{phase}/{term}": v for phase, terms in losses.items() for term, v in terms.items()})
    due = {f"score/scores/{score.name}": measure for score, measure in measures if not (epoch + 1) % score.every_epochs}
    score = job.judge.measure(job, means.means())
    # A loss is in the history already.
    judged = {f"score/scores/{job.judge.score}": score} if job.judge.score in best_style.MEASURED else {}
    recorder.write_validation(epoch, {**means.means(), **judged, **{name: measure() for name, measure in due.items()}})
    if job.judge.is_best(job.run, score):
        export(job, step, run_folder.BEST, selected_by=job.judge.score, score=score)
    preview = job.runner.program.preview
    if preview:
        count = range(min(job.settings.samples, *(len(pool) for pool in job.held_out.values())))
        shown = {stream: training_data.center_batch(pool, count) for stream, pool in job.held_out.items()}
        columns = {title: np.asarray(made) for title, made in preview(shown).items()}
        for title, made in columns.items():
            for warning in watch.see_pictures(np.asarray(shown[job.runner.program.streams[0]]), made, title):
                recorder.say(f"warning: {warning}")
        sheet = sheets.in_columns({title: np.asarray(pixels.to_bytes(made)) for title, made in columns.items()})
        (job.run / "samples").mkdir(exist_ok=True)
        image_files.write(job.run / "samples" / f"epoch-{epoch + 1:03d}.png", image_files.Picture(sheet))
        recorder.events.image(sheet, step)
    history.draw(recorder.history, job.run / "losses.png")
    export(job, step)
    report.write(job.run, job, step, watch.given, recorder.skipped)


def export(job, step, folder="style", **about):
    """Write the style as it is after `step` steps into the run directory. about: further words on its training."""
    exportable = job.runner.program.export
    if exportable:
        training = {**job.style_words.get("training", {}), "steps": step, **asdict(job.settings), **about}
        trained = {"size": job.settings.size, "framing": job.settings.framing}
        generators.save(job.run / folder, exportable, **{**job.style_words, "training": training, "trained": trained})
        warm_start.save(job.run / folder, job.runner.program)
