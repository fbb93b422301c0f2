"""The training loop: a program, its data and a run directory in; a trained style out.

Knows phases, runs and data, and no family. Read `train` from top to bottom.
"""

import math
import time
from dataclasses import asdict, dataclass, field

import numpy as np
import tensorflow as tf

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.base.terminal import Bar
from japananime.image import files as image_files
from japananime.networks import pixels
from japananime.styles import generators
from japananime.styles.description import CROP, WHOLE
from japananime.training import data as training_data
from japananime.training import warm_start
from japananime.training.run import best_style, diagnosis, history, report
from japananime.training.run import folder as run_folder
from japananime.training.run.folder import Run
from japananime.training.run.recorder import Recorder
from japananime.training.runner import Runner
from japananime.training.workers import Alone

# A rate is cut to this after training fell apart.
RESCUE = 0.3
# Pictures that a score looks at together.
SCORED_TOGETHER = 32


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """How to train, whatever the family."""

    epochs: int = setting(152, "epochs in all, pretraining included", least=1)
    batch: int = setting(1, "images of each kind per step", least=1, most=1024)
    size: int = setting(256, "side of the square training crops in pixels, a multiple of 4", least=16, most=2048)
    smallest_crop: float = setting(
        0.5,
        "smallest crop, as a share of a picture's short side; larger crops are shrunk to --size",
        least=0.01,
        most=1.0,
    )
    largest_crop: float = setting(
        1.0, "largest crop, likewise; near --smallest-crop, textures and lines keep one scale", least=0.01, most=1.0
    )
    flip: bool = setting(True, "mirror every other picture")
    precision: str = setting("float32", "what the networks compute in", choices=("float32", "bfloat16", "float16"))
    seed: int = setting(0, "start of all randomness: same seed, same training", least=0, most=2**31 - 1)
    clip: float = setting(0.0, "largest gradient norm of a phase, 0 for no limit", least=0.0)
    average_decay: float = setting(
        0.999, "how slowly the exported generator follows the trained one, 0 for at once", least=0.0, most=0.99999
    )
    schedule: str = setting("constant", "learning rates over the training", choices=("constant", "linear", "cosine"))
    decay_from: float = setting(
        0.5, "share of the training after which linear and cosine schedules fall towards 0", least=0.0, most=1.0
    )
    steps_per_epoch: int = setting(0, "steps that make an epoch, 0 for once through the photos", least=0)
    log_steps: int = setting(50, "steps between two rows of history.csv", least=1)
    save_minutes: float = setting(10.0, "most minutes of work that an interruption may cost", least=0.0)
    save_steps: int = setting(0, "also save every so many steps, 0 for by time alone", least=0)
    samples: int = setting(6, "held-out images to watch", least=1, most=64)
    validation_share: float = setting(
        0.05, "share of the images held out, where no held-out folder is given", least=0.0, most=0.5
    )
    validation_batches: int = setting(16, "most batches of held-out images per validation", least=1)
    select_best: str = setting(
        best_style.NONE,
        "also keep the best style so far in best/: by frechet or kid, of pictures of held-out photos to anime, or "
        "by a loss on held-out images, such as generator/style",
    )
    patience: int = setting(5, "unusable steps in a row before going back to the last good state", least=1)
    cache_gigabytes: float = setting(0.0, "memory for decoded images, 0 for a quarter of what is free", least=0.0)

    def __post_init__(self):
        super().__post_init__()
        if self.size % 4:
            raise UserError(f"--size is {self.size}; it must be a multiple of 4")
        if self.largest_crop < self.smallest_crop:
            raise UserError(
                f"--largest-crop is {self.largest_crop}; it must be at least --smallest-crop, {self.smallest_crop}"
            )

    @property
    def crop(self):
        """How training pictures are cut out."""
        return training_data.Crop(self.size, self.smallest_crop, self.largest_crop, self.flip)

    @property
    def framing(self):
        """One of styles.description.FRAMINGS."""
        return WHOLE if self.smallest_crop == 1.0 else CROP


@dataclass
class Job:
    """All that a training needs, ready to run: see `training.preflight.prepare`."""

    run: Run
    runner: Runner
    settings: TrainingSettings
    pools: dict[str, training_data.Pool]
    held_out: dict[str, training_data.Pool]
    style_words: dict
    team: Alone = field(default_factory=Alone)
    judge: best_style.Selection = field(default_factory=best_style.Selection)

    def batches(self, step):
        """An endless iterator over this worker's parts of the batches from a step on."""
        part = self.team.part(self.settings.batch)
        return iter(training_data.batches(self.pools, self.settings.seed, step, part.whole, part.first, part.count))

    @property
    def steps_per_epoch(self):
        """Once through the first stream's pictures, the last incomplete batch included."""
        first = self.pools[self.runner.program.streams[0]]
        return self.settings.steps_per_epoch or math.ceil(len(first) / self.settings.batch)

    @property
    def steps(self):
        """Steps of the whole training."""
        return self.settings.epochs * self.steps_per_epoch


def train(job, stop=lambda: False):
    """Train to the end, or until `stop()`; returns whether the end was reached.

    Goes on from the newest state of the run directory if there is one.
    """
    settings, run, runner, team = job.settings, job.run, job.runner, job.team
    if not run.states():
        run.save_state(0, runner.state(), {})
    meta = team.follow(runner.state(), run.load_state(runner.state()))
    step, factor = meta["step"], meta.get("rate_factor", 1.0)
    measures = prepare_scores(job) if team.chief else []
    divergence = diagnosis.Divergence(settings.patience, **meta.get("divergence", {}))
    watch = diagnosis.Watch(runner.program.phases, runner.weights, given=meta.get("warnings", []))
    # Held-out images are the chief's alone.
    held_out = (
        training_data.fixed_batches(job.held_out, settings.batch, settings.validation_batches) if team.chief else []
    )

    with Recorder(
        run, job.steps, job.steps_per_epoch, settings.batch, step, meta.get("pending"), quiet=not team.chief
    ) as recorder:
        saved_step, saved_at = step, time.monotonic()

        def save():
            nonlocal saved_step, saved_at
            if step == saved_step:
                return
            with recorder.aside():
                recorder.flush()
                kept = {"rate_factor": factor, "divergence": divergence.state()}
                kept |= {"warnings": watch.given, "pending": recorder.pending()}
                run.save_state(step, runner.state(), kept)
                # Processors of different makes round differently: here the workers meet again.
                team.follow(runner.state(), {})
            saved_step, saved_at = step, time.monotonic()

        stream = job.batches(step)
        (stopped,) = team.any(stop())
        while step < job.steps and not stopped:
            epoch = step // job.steps_per_epoch
            with recorder.waiting():
                batch = next(stream)
            phases = runner.due(epoch, step)
            rates = {phase.name: rate(job, phase, step) * factor for phase in phases}
            reports = runner.step(phases, batch, seed(settings, step, team.rank), rates, decay(settings, step))
            step += 1
            recorder.add(step, reports, runner.weights, rates, divergence.skipped)

            trouble = divergence.see(reports)
            if trouble and factor < 1.0:
                report.write(
                    run, job, step, [*watch.given, f"diverged again ({trouble}) and stopped"], divergence.skipped
                )
                raise UserError(
                    f"training diverged again at step {step} with the rates already lowered ({trouble}); the last "
                    "good state is kept: lower the rate of that phase, or give --clip 1"
                )
            if trouble:
                factor = RESCUE
                meta = team.follow(runner.state(), run.load_state(runner.state()))
                step = meta["step"]
                recorder.go_back(step, meta.get("pending"))
                recorder.say(f"{trouble}: back to step {step}, learning rates × {RESCUE}")
                watch.given.append(f"diverged ({trouble}); went back to step {step} with learning rates × {RESCUE}")
                stream = job.batches(step)
                saved_step = step
                continue

            if step % settings.log_steps == 0:
                for warning in watch.see(recorder.write()):
                    recorder.say(f"warning: {warning}")
            epoch_ended = step % job.steps_per_epoch == 0
            if epoch_ended and team.chief:
                with recorder.aside():
                    end_epoch(job, recorder, watch, held_out, epoch, step, measures)
            due_by_steps = settings.save_steps and step % settings.save_steps == 0
            stopped, due_by_time = team.any(stop(), time.monotonic() - saved_at > 60 * settings.save_minutes)
            # While steps are being refused, the state to go back to is the one from before.
            if (epoch_ended or due_by_steps or due_by_time) and not divergence.in_a_row:
                save()
        save()
        if team.chief:
            export(job, step)
            report.write(run, job, step, watch.given, divergence.skipped)
    return step >= job.steps


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
        sheet = np.asarray(pixels.to_bytes(side_by_side(*columns.values())))
        (job.run / "samples").mkdir(exist_ok=True)
        image_files.write(job.run / "samples" / f"epoch-{epoch + 1:03d}.png", image_files.Picture(sheet))
        recorder.write_images(sheet, step)
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


def side_by_side(*columns):
    """Batches (n, height, width, 3) in [-1, 1] -> one sheet: what belongs together side by side, several such a row."""
    groups = np.concatenate([np.asarray(column) for column in columns], axis=2)
    across = max(1, max(4, math.ceil((len(groups) * len(columns)) ** 0.5)) // len(columns))
    across = min(across, len(groups))
    missing = -len(groups) % across
    groups = np.concatenate([groups, np.ones((missing, *groups.shape[1:]), groups.dtype)])
    rows = [np.concatenate(groups[i : i + across], axis=1) for i in range(0, len(groups), across)]
    return np.concatenate(rows, axis=0)


def rate(job, phase, step):
    """A phase's learning rate at a step by the schedule of the settings."""
    base, settings = phase.rate, job.settings
    if settings.schedule == "constant":
        return base
    progress = step / job.steps
    fallen = max(0.0, (progress - settings.decay_from) / max(1.0 - settings.decay_from, 1e-9))
    return base * (1.0 - fallen if settings.schedule == "linear" else 0.5 + 0.5 * math.cos(math.pi * fallen))


def seed(settings, step, rank=0):
    """The randomness of a step, as two numbers; of several workers each has its own."""
    return tf.constant([(settings.seed + 7919 * rank) % 2**31, step], tf.int32)


def decay(settings, step):
    """The moving average's decay, lower at first so that the random start is soon forgotten."""
    return min(settings.average_decay, (1 + step) / (10 + step))
