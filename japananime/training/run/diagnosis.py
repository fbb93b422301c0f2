"""Seeing that a training goes wrong while it can still be helped: divergence, a discriminator that wins, collapse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# Unweighted terms of one phase that differ by more than this: the smaller one is unlikely to count for anything.
IMBALANCE = 1e3
# Share of the photos' own variety under which outputs count as "all the same".
COLLAPSE = 0.05


@dataclass
class Divergence:
    """Counts steps whose update was refused because a loss or gradient was not finite.

    patience: refused steps in a row after which something must be done.
    """

    patience: int
    skipped: int = 0
    in_a_row: int = 0

    def state(self):
        """What to make it of again after an interruption."""
        return {"skipped": self.skipped, "in_a_row": self.in_a_row}

    def see(self, reports):
        """Take in one step's reports; returns what was not finite once patience has run out, else None."""
        refused = {name: report for name, report in reports.items() if not report.applied}
        if not refused:
            self.in_a_row = 0
            return None
        self.skipped += 1
        self.in_a_row += 1
        if self.in_a_row < self.patience:
            return None
        self.in_a_row = 0
        return "; ".join(_culprit(name, report) for name, report in refused.items())


def _culprit(name, report):
    terms = [term for term, value in report.values.items() if not math.isfinite(value)]
    return f"{name}: {', '.join(terms) if terms else 'gradient'} not finite"


@dataclass
class WarningMonitor:
    """Warnings worth giving a person, each once: the means of a stretch of training in, new warnings out.

    patience: stretches in a row for which a phase's loss must be too low. low: for how many it was, by phase.
    """

    phases: Sequence
    weights: dict
    patience: int = 4
    given: list = field(default_factory=list)
    low: dict = field(default_factory=dict)

    def see(self, means):
        """means: {"train/phase/term": unweighted mean}. Returns warnings not given before."""
        return self._new(self._won(means) + self._imbalanced(means))

    def see_pictures(self, photos, pictures, title="picture"):
        """A batch of images that are given and one of what is made, called by a title; warns where that is all one."""
        share = variety(pictures) / max(variety(photos), 1e-12)
        if min(len(photos), len(pictures)) < 2 or share >= COLLAPSE:
            return []
        return self._new(
            [
                f"nearly the same {title} is made every time ({share:.1%} of the variety of the images given): the "
                "generator has collapsed; lower --generator-rate, or raise --content-weight or lower "
                "--adversarial-weight where there are such"
            ]
        )

    def _won(self, means):
        found = []
        for phase in self.phases:
            if phase.warn_below is None:
                continue
            weights = self.weights.get(phase.name, {})
            values = {term: value for term, value in _terms(means, phase.name).items() if weights.get(term, 1.0)}
            low = bool(values) and sum(values.values()) < phase.warn_below
            self.low[phase.name] = self.low.get(phase.name, 0) + 1 if low else 0
            if self.low[phase.name] >= self.patience:
                found.append(f"the loss of phase '{phase.name}' stays below {phase.warn_below}: {phase.advice}")
        return found

    def _imbalanced(self, means):
        found = []
        for phase in self.phases:
            if phase.warn_below is not None:
                continue  # terms that fall to nothing have a warning of their own there
            weights = self.weights.get(phase.name, {})
            values = {t: abs(v) for t, v in _terms(means, phase.name).items() if weights.get(t) and v}
            if len(values) < 2:
                continue
            large, small = max(values, key=values.__getitem__), min(values, key=values.__getitem__)
            if values[large] > IMBALANCE * values[small]:
                found.append(
                    f"in phase '{phase.name}' the unweighted {large} is more than {IMBALANCE:.0f} times the {small}: "
                    f"see that the weights make up for it (--{large}-weight is {weights[large]:g}, --{small}-weight "
                    f"is {weights[small]:g})"
                )
        return found

    def _new(self, found):
        new = [text for text in found if text not in self.given]
        self.given += new
        return new


def variety(images):
    """Mean absolute difference between all pairs of a batch: (batch, height, width, channels) -> number."""
    images = np.asarray(images, np.float32)
    pairs = [(i, j) for i in range(len(images)) for j in range(i)]
    return float(np.mean([np.abs(images[i] - images[j]).mean() for i, j in pairs])) if pairs else 0.0


def _terms(means, phase):
    prefix = f"train/{phase}/"
    return {name.removeprefix(prefix): value for name, value in means.items() if name.startswith(prefix)}
