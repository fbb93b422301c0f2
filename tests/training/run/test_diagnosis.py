import numpy as np
import pytest

from japananime.training.program import Phase
from japananime.training.run.diagnosis import Divergence, WarningMonitor, variety
from japananime.training.runner import PhaseReport

NAN = float("nan")


def report(applied, **values):
    return PhaseReport(values, 1.0, applied)


def test_divergence_needs_patience_and_names_the_term():
    divergence = Divergence(patience=3)
    bad = {"generator": report(False, content=NAN, style=1.0), "discriminator": report(True, real=0.5)}
    good = {"generator": report(True, content=1.0, style=1.0)}
    verdicts = [divergence.see(r) for r in (bad, bad, good, bad, bad, bad)]
    assert verdicts == [None] * 5 + ["generator: content not finite"]
    assert divergence.skipped == 5


def test_divergence_of_the_gradient_alone():
    assert Divergence(patience=1).see({"generator": report(False, content=1.0)}) == "generator: gradient not finite"


def phase(name, **options):
    return Phase(name, None, [], None, 0.1, **options)


def test_a_discriminator_that_wins_for_long():
    watch = WarningMonitor(
        (phase("discriminator", warn_below=0.05, advice="lower --discriminator-rate"),), {}, patience=3
    )
    won = {"train/discriminator/real": 0.01, "train/discriminator/fake": 0.02}
    fair = {"train/discriminator/real": 0.3, "train/discriminator/fake": 0.02}
    found = [watch.see(means) for means in (won, won, fair, won, won, won, won)]
    assert found[:5] == [[]] * 5
    (warning,) = found[5]
    assert "discriminator" in warning
    assert "lower --discriminator-rate" in warning
    assert found[6] == []  # said once


def test_terms_of_very_different_size():
    watch = WarningMonitor((phase("generator"),), {"generator": {"content": 10.0, "style": 1.0, "variation": 0.0}})
    means = {"train/generator/content": 5.0, "train/generator/style": 0.001, "train/generator/variation": 1e-9}
    (warning,) = watch.see(means)
    assert "content is more than 1000 times the style" in warning
    assert "--style-weight is 1" in warning
    assert WarningMonitor(watch.phases, watch.weights).see({**means, "train/generator/style": 0.01}) == []


def test_collapse():
    photos = np.stack([np.full((4, 4, 3), level) for level in (-1.0, 0.0, 1.0)])
    assert variety(photos) == pytest.approx((1 + 2 + 1) / 3)
    watch = WarningMonitor((), {})
    assert watch.see_pictures(photos, photos * 0.06) == []
    (warning,) = watch.see_pictures(photos, photos * 0.04)
    assert "collapsed" in warning
    assert "--content-weight" in warning
    assert watch.see_pictures(photos[:1], photos[:1]) == []


def test_a_watch_that_is_taken_up_again_goes_on_counting():
    phases, low = (phase("discriminator", warn_below=0.05),), {"train/discriminator/fake": 0.01}
    watch = WarningMonitor(phases, {}, patience=3)
    assert watch.see(low) == watch.see(low) == []
    assert WarningMonitor(phases, {}, patience=3).see(low) == []
    (warning,) = WarningMonitor(phases, {}, patience=3, low=watch.low).see(low)
    assert "stays below 0.05" in warning
