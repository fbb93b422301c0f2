"""Which moment of a training was the best one, by a score of held-out pictures: its style is kept in `best/`."""

import math

import keras
import numpy as np

from japananime.base.errors import UserError
from japananime.perception import metrics
from japananime.training import data as training_data

NONE = "none"
# Scores that are measured on pictures; any other is the mean of a loss over held-out images.
MEASURED = ("frechet", "kid")
MOST_PHOTOS, MOST_ANIME = 64, 256


class Selection:
    """Scores a training at the end of an epoch; the lowest is the best.

    score: "frechet" or "kid" of pictures made of held-out photos, to anime; "PHASE/TERM", a loss on held-out images; or
    "none". look: a network from pictures in [-1, 1] to features (batch, height, width, channels), for the first two.
    """

    def __init__(self, score=NONE, look=None):
        self.score = score
        self._look = look
        self._anime = None

    def measure(self, job, means):
        """The score as the training stands, or None where this epoch has none.

        means: {name: mean over the held-out images}, as `history.csv` names them.
        """
        if self.score == NONE:
            return None
        program = job.runner.program
        if self.score not in MEASURED:
            known = [f"{phase}/{term}" for phase, terms in job.runner.weights.items() for term in terms]
            if self.score not in known:
                raise UserError(f"--select-best is '{self.score}'; accepted: {', '.join([NONE, *MEASURED, *known])}")
            return means.get(f"validation/{self.score}")
        if not program.export or program.export.takes != "photo" or "anime" not in job.pools:
            raise UserError(f"--select-best is '{self.score}', for systems that make anime of photos; this is none")
        if self._anime is None:
            self._anime = self._features(job, job.pools["anime"], MOST_ANIME)
        made = self._features(job, job.held_out[program.streams[0]], MOST_PHOTOS, program.export.model)
        if min(len(made), len(self._anime)) < 2:
            raise UserError(f"--select-best is '{self.score}', with one held-out photo; give 2 or more by --val-photos")
        if self.score == "frechet":
            return metrics.frechet_distance(made, self._anime)
        scale = max(np.sqrt(np.mean(np.concatenate([made, self._anime]) ** 2)), np.finfo(np.float32).tiny)
        return metrics.kernel_distance(made / scale, self._anime / scale)[0]

    def is_best(self, run, value):
        """Whether a score is lower than that of the style kept in the run directory."""
        if value is None or not math.isfinite(value):
            return False
        kept = run.best()
        # A style kept by another score says nothing about this one.
        return kept is None or kept.get("selected_by") != self.score or value < kept["score"]

    def _features(self, job, pool, most, change=lambda pictures: pictures):
        """Means of the feature maps over each picture: (pictures, channels)."""
        chosen = np.unique(np.linspace(0, len(pool) - 1, most).round().astype(int))
        batches = [chosen[at : at + job.settings.batch] for at in range(0, len(chosen), job.settings.batch)]
        found = [
            np.asarray(self._look(change(training_data.center_batch(pool, batch))), np.float64) for batch in batches
        ]
        return np.concatenate([maps.mean(axis=(1, 2)) for maps in found])


def with_vgg19(score, features):
    """A Selection that looks through VGG19 if it needs to. features: names of its layers -> frozen network."""
    if score not in MEASURED:
        return Selection(score)
    network = features(("block4_conv4",))
    return Selection(score, lambda pictures: keras.ops.relu(network(pictures, training=False)))
