"""What a training tells of itself while it runs: progress line, history.csv, TensorBoard."""

import contextlib
import sys
import time

from japananime.base.terminal import Bar
from japananime.training.run.history import History, Means
from japananime.training.run.tensorboard import EventWriter


class Recorder:
    """Collects the numbers of each step and passes them on, every stretch of steps as its mean.

    job: its tracker is told all numbers too; start: where this part of the training begins; pending: means not yet
    written when the state that training goes on from was saved; quiet: no progress line and nothing said.
    """

    def __init__(self, job, start, pending=None, quiet=False):
        self.history = History(job.run / "history.csv")
        self.history.forget_after(start)
        self.skipped = 0
        self._step = start
        self._steps_per_epoch = job.steps_per_epoch
        self._batch = job.settings.batch
        self._means = Means(pending)
        self._waited = 0.0
        self._since = time.monotonic()
        self._stretch_start = start
        self.events = EventWriter(job.run / "tensorboard", start)
        self._tracker = job.tracker
        if self._tracker:
            self._tracker.say = self.say
        # In a log file a line every ten seconds is enough.
        pause = 0.1 if sys.stderr.isatty() else 10.0
        self._bar = Bar(
            total=job.steps,
            initial=start,
            unit="step",
            dynamic_ncols=True,
            smoothing=0.05,
            mininterval=pause,
            disable=quiet,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()
        self.events.close()
        if self._tracker:
            self._tracker.close()

    @contextlib.contextmanager
    def waiting(self):
        """Time spent inside counts as waiting for data."""
        began = time.monotonic()
        yield
        self._waited += time.monotonic() - began

    @contextlib.contextmanager
    def aside(self):
        """Time spent inside (validation, saving) counts neither as training nor as waiting."""
        began = time.monotonic()
        yield
        self._since += time.monotonic() - began

    def add(self, step, reports, weights, rates, skipped):
        """Take in the reports of one step, given the terms' weights and the phases' learning rates."""
        self._step = step
        self.skipped = skipped
        for phase, report in reports.items():
            weighted = {term: value * weights[phase][term] for term, value in report.values.items()}
            self._means.add({f"train/{phase}/{term}": value for term, value in report.values.items()})
            self._means.add({f"weighted/{phase}/{term}": value for term, value in weighted.items()})
            self._means.add({f"total/{phase}": sum(weighted.values())})
            self._means.add({f"gradient_norm/{phase}": report.gradient_norm, f"rate/{phase}": rates[phase]})
        self._bar.update(1)
        if self._bar.n % 10 == 0:
            self._show()

    def write(self):
        """Close a stretch: write its means to history.csv and TensorBoard, and return them."""
        means = self._means.means()
        seconds = time.monotonic() - self._since
        row = {
            "step": self._step,
            "epoch": self._step / self._steps_per_epoch,
            **means,
            "images_per_second": (self._step - self._stretch_start) * self._batch / max(seconds, 1e-9),
            "waiting_for_data": self._waited / max(seconds, 1e-9),
            "skipped_steps": self.skipped,
        }
        self.history.append(row)
        self._tell(row)
        self._show()
        self._means = Means()
        self._waited, self._since, self._stretch_start = 0.0, time.monotonic(), self._step
        return means

    def write_validation(self, epoch, means):
        """Write the means over held-out images at the end of an epoch (counted from 0)."""
        self.history.append({"step": self._step, "epoch": epoch + 1, **means})
        self._tell(means)

    def say(self, text):
        """A line above the progress bar."""
        if not self._bar.disable:
            self._bar.write(text)

    def go_back(self, step, pending):
        """Training goes on from an earlier step: forget what came after it."""
        self.history.forget_after(step)
        self.events.go_back(step)
        self._means = Means(pending)
        self._step = self._stretch_start = step
        self._waited, self._since = 0.0, time.monotonic()
        self._bar.n = step
        self._bar.refresh()

    def pending(self):
        """The means collected since the last row, to be saved with a state; empty if there are none."""
        return self._means.sums

    def _show(self):
        seconds = max(time.monotonic() - self._since, 1e-9)
        totals = {k.removeprefix("total/"): v for k, v in self._means.means().items() if k.startswith("total/")}
        # The last step of an epoch is still of it.
        parts = [f"epoch {max(0, self._step - 1) // self._steps_per_epoch + 1}"]
        parts += [f"{phase} {value:.3g}" for phase, value in totals.items()]
        parts += [f"{(self._step - self._stretch_start) * self._batch / seconds:.1f} img/s"]
        parts += [f"waiting {self._waited / seconds:.0%}"]
        if self.skipped:
            parts += [f"{self.skipped} skipped"]
        self._bar.set_postfix_str(", ".join(parts), refresh=False)

    def _tell(self, row):
        values = {name: value for name, value in row.items() if name != "step"}
        self.events.scalars(values, self._step)
        if self._tracker:
            self._tracker.log(self._step, values)
