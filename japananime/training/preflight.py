"""Before the first step: try all that the training will do, so that nothing fails for the first time in hour three."""

import collections
import dataclasses
import itertools
import math
import shutil
import time
from dataclasses import dataclass

import numpy as np
import psutil
import tensorflow as tf

from japananime.base.errors import UserError
from japananime.base.files import digest
from japananime.base.terminal import Bar
from japananime.datasets import index as dataset_index
from japananime.faces import face_masks
from japananime.image import files as image_files
from japananime.image.drawing import draw
from japananime.image.edge_smoothing import smooth_edges
from japananime.image.flattening import flatten
from japananime.training import data as training_data
from japananime.training import derived_cache, from_style, teacher, workers
from japananime.training.epoch_end import end_epoch
from japananime.training.run import diagnosis
from japananime.training.run.recorder import Recorder
from japananime.training.schedules import seed

LEAST_IMAGES = 8
# Fewer teach a style little; and what is a long training, and how long a night is, in seconds.
FEW_IMAGES = 200
MORE = {
    "anime": "More come out of the same film with a smaller --window and more --areas (tools/build_dataset.py)",
    "photo": "Take more photos, of whatever is to be turned into the style",
}
LONG, NIGHT = 24 * 3600, 10 * 3600
# Streams that are made of others, picture by picture.
DERIVED: dict[str, tuple[str, derived_cache.Change]] = {
    "smooth": ("anime", smooth_edges),
    "flat": ("photo", flatten),
    "drawing": ("photo", draw),
    "finer_drawing": ("photo", face_masks.draw),
    "faces": ("photo", face_masks.find),
}
# Those of them that take so long that they are kept.
SLOW = ("drawing", "finer_drawing", "faces", teacher.STREAM)


@dataclass(frozen=True)
class Folders:
    """Where the images are; held-out and smoothed ones are made of the others where not given."""

    photos: str | None = None
    anime: str | None = None
    smooth: str | None = None
    val_photos: str | None = None
    val_anime: str | None = None


def gather(folders, streams, settings, say=print, sharing=1, run=None, taught=None):
    """Read and check every image: ({stream: Pool}, {stream: held-out Pool}).

    Unusable files are listed by `say` and left out. sharing: how many processes share this machine's memory. run: the
    training's folder, where what takes long to make is kept, unless it is with a dataset; None keeps nothing. taught:
    the streams that a teacher makes, as `teacher.streams` returns them.
    """
    derived = {**DERIVED, **(taught or {})}
    keep = derived_cache.place(folders.photos, run) if run and folders.photos else None
    budget = training_data.Budget(training_data.memory_budget(settings.cache_gigabytes) // sharing)
    named = [(one.stream, one.held_out, name) for name, one in dataset_index.FOLDERS.items() if getattr(folders, name)]
    given, kept_out = ({stream: name for stream, out, name in named if out is aside} for aside in (False, True))
    pools: dict[str, training_data.Pool] = {}
    held_out: dict[str, training_data.Pool] = {}
    for stream in streams:
        if stream in derived and stream not in given:
            pools[stream], held_out[stream] = (
                _derive(stream, derived[stream], part, budget, keep) for part in (pools, held_out)
            )
            continue
        pool = _gather_one(given[stream], folders, settings, budget, say)
        if stream in kept_out:
            held_out[stream] = _gather_one(kept_out[stream], folders, settings, budget, say, 1)
        elif stream in derived and derived[stream][0] in kept_out:
            # Of pictures that are held out already, so that all of those given are there to learn from.
            held_out[stream] = _derive(stream, derived[stream], held_out, budget, keep)
        else:
            share = round(settings.validation_share * len(pool))
            pool, held_out[stream] = training_data.split(
                pool, min(max(share, settings.samples), len(pool) // 4), settings.seed
            )
        pools[stream] = pool
    return pools, held_out


def _derive(stream, made_of, pools, budget, keep):
    source, transform = made_of
    if keep and stream in SLOW:
        transform = derived_cache.kept(transform, keep)
    with Bar(desc=f"making {stream} pictures", unit="image", delay=2, leave=False) as bar:
        return training_data.derive(pools[source], stream, transform, budget, progress=bar.update)


def fingerprint(pools):
    """A short text that changes when the files of a training do, wherever their folders lie."""
    names = "\n".join(f"{stream} {path.name}" for stream, pool in pools.items() for path in pool.files)
    return digest(names.encode(errors="surrogateescape"))


def rehearse(job, say=print, minutes=None):
    """Do once all that the training will do, in a scratch run directory, and say what it will cost.

    Every set of phases takes steps on real batches, the state is written and read back, an epoch is ended (validation,
    samples, curves, report, export). The variables are afterwards as they were.

    minutes: how long the training is to take; `job.settings` are given the epochs and steps for that.
    """
    runner = job.runner
    scratch = job.run.scratch()
    meta = {"step": 0}
    if job.run.states():
        meta = job.run.load_state(runner.state())
    elif job.team.chief:
        _need_disk(job)
    step = job.team.follow(runner.state(), meta)["step"]
    scratch.save_state(step, runner.state(), {})
    if minutes:
        _fit(dataclasses.replace(job, run=scratch), job, minutes, step)
    lines, seconds_left = [], 0.0
    stages = _stages(job)
    for first, last, shares in stages:
        ahead = max(0, last * job.steps_per_epoch - max(step, first * job.steps_per_epoch))
        for names, share in shares.items():
            seconds = _time_of_step(job, tuple(phase for phase in runner.program.phases if phase.name in names), step)
            seconds_left += seconds * share * ahead
            words = " + ".join(names) or "nothing"
            if share < 1:
                words += f" in {100 * share:.0f} % of the steps"
            per_epoch = _duration(seconds * share * job.steps_per_epoch)
            lines.append(f"  epochs {first + 1}-{last}: {words}, {seconds:.2f} s a step, {per_epoch} an epoch")
    if job.team.chief:
        _end_an_epoch(dataclasses.replace(job, run=scratch), epoch=stages[-1][0], step=step)
    scratch.load_state(runner.state())
    job.team.follow(runner.state(), {})
    scratch.discard()
    parts = job.team.parts(job.settings.batch)
    if len(parts) > 1:
        say(workers.sharing(parts))
    say(f"Training on {_devices()}, {job.settings.precision}, {job.steps_per_epoch} steps an epoch, from step {step}:")
    for line in lines:
        say(line)
    say(
        f"  {_duration(seconds_left)} to go in all; {psutil.Process().memory_info().rss / 1e9:.1f} GB of memory; "
        f"{_state_size(runner) / 1e6:.0f} MB of disk a state, two are kept"
    )
    if seconds_left > LONG and not minutes:
        epochs = (step + (job.steps * NIGHT / seconds_left if step < job.steps else 0)) / job.steps_per_epoch
        say(
            f"  that is long: about {max(1, int(epochs))} epochs would end within {_duration(NIGHT)} here (--epochs), "
            f"or --minutes {NIGHT // 60} chooses the length; a smaller --size and --batch make a step shorter"
        )


def _fit(trial, job, minutes, step):
    """Give a training the length for so many minutes, by what its last phases and the end of an epoch take.

    trial: the same job in a scratch run directory.
    """
    last = job.settings.epochs - 1
    step_seconds = _time_of_step(trial, job.runner.due(last, step), step, steps=3)
    began = time.monotonic()
    if job.team.chief:
        _end_an_epoch(trial, last, step)
    taken = {"step_seconds": step_seconds, "epoch_seconds": time.monotonic() - began}
    # All workers as the chief measured it.
    job.settings = from_style.fit_to_minutes(job.settings, minutes, **job.team.follow(job.runner.state(), taken))


def _end_an_epoch(job, epoch, step):
    held_out = training_data.fixed_batches(job.held_out, job.settings.batch, most=1)
    watch = diagnosis.WarningMonitor(job.runner.program.phases, job.runner.weights)
    with Recorder(job, step, quiet=True) as recorder:
        end_epoch(job, recorder, watch, held_out, epoch, step)
    program = job.runner.program
    few = training_data.center_batch(job.pools[program.streams[0]], range(LEAST_IMAGES))
    for score in program.scores:
        score.against([few])()


def _gather_one(name, folders, settings, budget, say, least=LEAST_IMAGES):
    flag, folder = name.replace("_", "-"), getattr(folders, name)
    with Bar(desc=f"reading --{flag}", unit="image", delay=2, leave=False) as bar:
        pool, problems = training_data.gather(flag, folder, settings.crop, budget, progress=bar.update)
    if problems:
        say(f"{len(problems)} files of --{flag} '{folder}' cannot be used and are left out:")
        for path, reason in problems:
            say(f"  {path}: {reason}")
    if pool.enlarged:
        path, (width, height) = min(pool.enlarged.items())
        say(
            f"warning: {len(pool.enlarged)} of {len(pool)} images of --{flag} '{folder}' are smaller than --size "
            f"{settings.size} and are enlarged, '{path}' of {width}×{height} pixels for one"
        )
    least = max(least, settings.batch)
    if len(pool) < least:
        raise UserError(
            f"--{flag} is '{folder}', with {len(pool)} usable images; at least {least} are needed "
            f"({', '.join(image_files.EXTENSIONS)}, no side under {settings.crop.least_side} pixels)"
        )
    if not dataset_index.FOLDERS[name].held_out and len(pool) < FEW_IMAGES:
        say(
            f"warning: {len(pool)} images of --{flag} are few: from about {FEW_IMAGES} on a style is learnt well. "
            + MORE.get(dataset_index.FOLDERS[name].stream, "Take more of them")
            + "; or begin with a style (--from), which needs some dozens"
        )
    return pool


def _stages(job):
    """[(first epoch, end epoch, shares)]: stretches of the training with one plan, and `_shares` of it."""
    epochs = job.settings.epochs
    phases = job.runner.program.phases
    bounds = {0, epochs} | {edge for phase in phases for edge in (phase.start, phase.stop) if edge is not None}
    edges = sorted(bound for bound in bounds if 0 <= bound <= epochs)
    return [(first, last, _shares(job.runner, first, last)) for first, last in itertools.pairwise(edges)]


def _shares(runner, first, last):
    """{names of phases due together: share of the steps} between two epochs, over one round of the plan."""
    phases = runner.program.phases
    round_of_epochs = math.lcm(*(phase.every_epochs for phase in phases))
    round_of_steps = math.lcm(*(phase.every for phase in phases))
    counts = collections.Counter(
        tuple(phase.name for phase in runner.due(epoch, step))
        for epoch in range(first, min(last, first + round_of_epochs))
        for step in range(round_of_steps)
    )
    return {names: count / sum(counts.values()) for names, count in counts.items()}


def _time_of_step(job, phases, step, steps=1):
    """Seconds of a step, over so many after one that compiles it."""
    rates = {phase.name: phase.rate for phase in phases}
    stream = job.batches(step)
    for number in range(1 + steps):
        if number <= 1:
            began = time.monotonic()
        job.runner.step(phases, next(stream), seed(job.settings, step), rates, job.settings.average_decay)
    return (time.monotonic() - began) / steps


def _state_size(runner):
    return sum(np.asarray(v).nbytes for thing in runner.state().values() for v in thing.variables)


def _need_disk(job):
    # Two states are kept and a third is written before the oldest goes.
    needed = 3 * _state_size(job.runner)
    free = shutil.disk_usage(job.run.folder).free
    if free < needed:
        raise UserError(
            f"--out is '{job.run.folder}', where {free / 1e6:.0f} MB are free; this training keeps states of "
            f"{needed / 1e6:.0f} MB"
        )


def _devices():
    gpus = tf.config.list_physical_devices("GPU")
    return ", ".join(gpu.name for gpu in gpus) if gpus else "the CPU (no GPU that TensorFlow can use)"


def _duration(seconds):
    """3725 -> "1 h 2 min"; 42 -> "42 s"; 200,000 -> "2 days 8 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes >= 48 * 60:
        days, hours = divmod(round(minutes / 60), 24)
        return f"{days} days {hours} h"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
