"""Where the numbers of a training go besides its run directory: a tracker of one's own choice, by `--report-to`.

Only numbers and settings are handed on; samples, which show somebody's photos, stay in the run directory.
"""

import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from japananime.base.errors import UserError, reason


class Tracker(Protocol):
    """What is told of a training. values: {name: finite number}, the names being history.csv's."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Take in the numbers of a step."""

    def close(self) -> None:
        """The training has ended or stopped."""


class WeightsAndBiases:
    """A run of wandb. Each start of a training is a run of its own, grouped by the name of the run directory."""

    def __init__(self, name: str, settings: Mapping):
        import wandb

        # Neither what the terminal says nor the folder's code is anybody's business.
        quiet = wandb.Settings(console="off", disable_git=True, save_code=False)
        self._run = wandb.init(project="japananime", group=name, name=name, config=dict(settings), settings=quiet)
        # A training that goes back says a step twice, which wandb's own counter would refuse.
        self._run.define_metric("*", step_metric="step")

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """As a Tracker does."""
        self._run.log({**values, "step": step})

    def close(self) -> None:
        """As a Tracker does."""
        self._run.finish()


class Mlflow:
    """A run of MLflow, where $MLFLOW_TRACKING_URI and $MLFLOW_EXPERIMENT_NAME say."""

    def __init__(self, name: str, settings: Mapping):
        import mlflow

        self._mlflow = mlflow
        mlflow.start_run(run_name=name)
        mlflow.log_params(dict(settings))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """As a Tracker does."""
        self._mlflow.log_metrics(dict(values), step=step)

    def close(self) -> None:
        """As a Tracker does."""
        self._mlflow.end_run()


class Calls:
    """Calls a function of the user's own with (step, values)."""

    def __init__(self, function: Callable, name: str, settings: Mapping):
        self._function = function

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """As a Tracker does."""
        self._function(step, dict(values))

    def close(self) -> None:
        """Nothing to end."""


class Guarded:
    """Hands on to a tracker until it fails: a training does not end because a tracker cannot be reached."""

    def __init__(self, tracker: Tracker, say: Callable[[str], None]):
        self._tracker: Tracker | None = tracker
        self.say = say

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """As a Tracker does; numbers that are not finite are left out, as trackers refuse them."""
        finite = {name: float(value) for name, value in values.items() if math.isfinite(value)}
        self._attempt(lambda tracker: tracker.log(step, finite))

    def close(self) -> None:
        """As a Tracker does."""
        self._attempt(lambda tracker: tracker.close())
        self._tracker = None

    def _attempt(self, what: Callable[[Tracker], None]) -> None:
        if not self._tracker:
            return
        try:
            what(self._tracker)
        except Exception as error:  # whatever a stranger's program raises
            self._tracker = None
            self.say(f"warning: --report-to failed ({reason(error)}); training goes on without")


KNOWN: dict[str, Callable[[str, Mapping], Tracker]] = {"wandb": WeightsAndBiases, "mlflow": Mlflow}


def choose(given: str) -> Callable[[str, Mapping], Tracker]:
    """How to start what `--report-to` names: (name of the run, settings) -> a Tracker. Nothing is started yet.

    given: a name of KNOWN, or MODULE:FUNCTION, looked for in the working directory too.
    """
    if given in KNOWN:
        if importlib.util.find_spec(given) is None:
            raise UserError(f"--report-to is '{given}', which is not installed; install: pip install {given}")
        return KNOWN[given]
    module, _, function = given.partition(":")
    if not module or not function:
        raise UserError(f"--report-to is '{given}'; accepted: {', '.join(KNOWN)} or MODULE:FUNCTION")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UserError(f"--report-to is '{given}', which cannot be imported ({reason(error)})") from error
    if not callable(found):
        raise UserError(f"--report-to is '{given}', which is no function")
    return partial(Calls, found)


def begin(how: Callable[[str, Mapping], Tracker], name: str, settings: Mapping) -> Guarded:
    """Start a tracker that `choose` has found; raises UserError if it does not start."""
    try:
        return Guarded(how(name, settings), print)
    except Exception as error:  # whatever a stranger's program raises
        raise UserError(f"--report-to did not start ({reason(error)})") from error
