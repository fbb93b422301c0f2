"""The training loop: a program, its data and a run directory in; a trained style out.

Knows phases, runs and data, and no family. Read `Training.run` first, and then what it calls from top to bottom.
"""

import time

from japananime.base.errors import UserError
from japananime.training import data as training_data
from japananime.training.epoch_end import end_epoch, export, prepare_scores
from japananime.training.job import Job
from japananime.training.run import diagnosis, report
from japananime.training.run.recorder import Recorder
from japananime.training.schedules import decay, rate, seed

# A rate is cut to this after training fell apart.
RESCUE = 0.3


def train(job, stop=lambda: False):
    """Train to the end, or until `stop()`; returns whether the end was reached.

    Goes on from the newest state of the run directory if there is one.
    """
    return Training(job).run(stop)


class Training:
    """A Job on its way, from the newest state of its run directory on.

    step: how many steps have been taken. factor: what all learning rates are multiplied with.
    """

    def __init__(self, job: Job):
        self.job, self.team = job, job.team
        if not job.run.states():
            job.run.save_state(0, job.runner.state(), {})
        meta = self._load()
        self.step, self.factor = meta["step"], meta.get("rate_factor", 1.0)
        self.divergence = diagnosis.Divergence(job.settings.patience, **meta.get("divergence", {}))
        self.watch = diagnosis.WarningMonitor(
            job.runner.program.phases, job.runner.weights, given=meta.get("warnings", []), low=meta.get("low", {})
        )
        # Scores and held-out images are the chief's alone.
        self._scores, self._held_out = [], []
        if self.team.chief:
            most = job.settings.validation_batches
            self._scores = prepare_scores(job)
            self._held_out = training_data.fixed_batches(job.held_out, job.settings.batch, most)
        self.recorder = Recorder(job, self.step, meta.get("pending"), quiet=not self.team.chief)
        self._batches = job.batches(self.step)
        self._saved_step, self._saved_at = self.step, time.monotonic()

    def run(self, stop):
        """Train to the end, or until `stop()`; returns whether the end was reached."""
        job = self.job
        with self.recorder:
            (stopped,) = self.team.any(stop())
            while self.step < job.steps and not stopped:
                if trouble := self.take_step():
                    self.recover(trouble)
                    continue
                if self.step % job.settings.log_steps == 0:
                    self.look_at_losses()
                epoch_ended = self.step % job.steps_per_epoch == 0
                if epoch_ended and self.team.chief:
                    self.end_epoch()
                stopped, overdue = self.team.any(stop(), self._is_overdue())
                # While steps are being refused, the state to go back to is the one from before.
                if (epoch_ended or overdue or self._is_due()) and not self.divergence.in_a_row:
                    self.save()
            self.save()
            if self.team.chief:
                export(job, self.step)
                self.report()
        return self.step >= job.steps

    def take_step(self):
        """One step of all phases that are due; returns what is wrong if too many have been refused, in words."""
        job, step = self.job, self.step
        with self.recorder.waiting():
            batch = next(self._batches)
        phases = job.runner.due(step // job.steps_per_epoch, step)
        rates = {phase.name: rate(job, phase, step) * self.factor for phase in phases}
        randomness = seed(job.settings, step, self.team.rank)
        reports = job.runner.step(phases, batch, randomness, rates, decay(job.settings, step))
        self.step += 1
        self.recorder.add(self.step, reports, job.runner.weights, rates, self.divergence.skipped)
        return self.divergence.see(reports)

    def recover(self, trouble):
        """Go back to the newest state with lower rates; raises UserError where they are lowered already."""
        if self.factor < 1.0:
            self.report(f"diverged again ({trouble}) and stopped")
            raise UserError(
                f"training diverged again at step {self.step} with the rates already lowered ({trouble}); the last "
                "good state is kept: lower the rate of that phase, or give --clip 1"
            )
        self.factor = RESCUE
        meta = self._load()
        self.step = self._saved_step = meta["step"]
        self.recorder.go_back(self.step, meta.get("pending"))
        self._batches = self.job.batches(self.step)
        self.recorder.say(f"{trouble}: back to step {self.step}, learning rates × {RESCUE}")
        self.watch.given.append(f"diverged ({trouble}); went back to step {self.step} with learning rates × {RESCUE}")

    def look_at_losses(self):
        """Write down the means of a stretch of steps, and say what seems wrong with them."""
        for warning in self.watch.see(self.recorder.write()):
            self.recorder.say(f"warning: {warning}")

    def end_epoch(self):
        """Validation, samples, the style so far: see `epoch_end`."""
        epoch = self.step // self.job.steps_per_epoch - 1
        with self.recorder.aside():
            end_epoch(self.job, self.recorder, self.watch, self._held_out, epoch, self.step, self._scores)

    def save(self):
        """Write the state, unless it is the one that was written last."""
        if self.step == self._saved_step:
            return
        with self.recorder.aside():
            self.recorder.events.flush()
            kept = {
                "rate_factor": self.factor,
                "divergence": self.divergence.state(),
                "pending": self.recorder.pending(),
            }
            kept["epochs"] = self.step / self.job.steps_per_epoch
            kept |= {"warnings": self.watch.given, "low": self.watch.low}
            self.job.run.save_state(self.step, self.job.runner.state(), kept)
            # Processors of different makes round differently: here the workers meet again.
            self.team.follow(self.job.runner.state(), {})
        self._saved_step, self._saved_at = self.step, time.monotonic()

    def report(self, *further):
        """Write report.md. further: warnings beside those that were given."""
        report.write(self.job.run, self.job, self.step, [*self.watch.given, *further], self.divergence.skipped)

    def _load(self):
        """Put the newest state into all variables; returns what else it holds."""
        return self.team.follow(self.job.runner.state(), self.job.run.load_state(self.job.runner.state()))

    def _is_due(self):
        return self.job.settings.save_steps and self.step % self.job.settings.save_steps == 0

    def _is_overdue(self):
        return time.monotonic() - self._saved_at > 60 * self.job.settings.save_minutes
