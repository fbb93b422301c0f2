"""The best style of a training is kept, and stays kept."""

import dataclasses
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from short_trainings import column, make_job, train

from japananime.base.errors import UserError
from japananime.perception import metrics
from japananime.training import loop as training_loop
from japananime.training import preflight
from japananime.training.data import Crop, Pool
from japananime.training.run.best_style import Selection
from japananime.training.run.folder import Run


def look(pictures):
    """A stand-in for a feature network: the mean colours of blocks."""
    return keras.layers.AveragePooling2D(8)(pictures)


def stand_in(**program):
    """What a Selection asks of a job, with a generator that inverts."""
    inverting = SimpleNamespace(takes="photo", model=lambda photos: -photos)
    program = {"export": inverting, "streams": ("photo",), **program}
    weights = {"generator": {"style": 1.0, "fool": 1.0}}
    return SimpleNamespace(runner=SimpleNamespace(program=SimpleNamespace(**program), weights=weights))


def pool(folder):
    return Pool(folder.name, sorted(folder.iterdir()), Crop(16))


def job_with(folders, **program):
    job = stand_in(**program)
    job.pools, job.held_out = {"anime": pool(folders / "anime")}, {"photo": pool(folders / "photos")}
    job.settings = SimpleNamespace(batch=5)
    return job


def keep(run, **training):
    (run.folder / "best").mkdir(exist_ok=True)
    described = {"name": "kept", "network": "residual", "arguments": {}, "training": training}
    (run / "best" / "style.json").write_text(json.dumps(described))


def test_distances_are_those_of_pictures_of_held_out_photos_to_anime(folders):
    job = job_with(folders)

    def cloud(pool, sign):
        pictures = np.stack([pool.center(index) for index in range(12)]).astype(np.float64) / 127.5 - 1.0
        return sign * pictures.reshape(12, 2, 8, 2, 8, 3).mean(axis=(1, 2, 3, 4))

    made, anime = cloud(job.held_out["photo"], -1.0), cloud(job.pools["anime"], 1.0)
    assert Selection("frechet", look).measure(job, {}) == pytest.approx(metrics.frechet_distance(made, anime), rel=1e-4)
    scale = np.sqrt(np.mean(np.concatenate([made, anime]) ** 2))
    wanted = metrics.squared_discrepancy(made / scale, anime / scale)
    assert Selection("kid", look).measure(job, {}) == pytest.approx(wanted, rel=1e-3)


def test_a_loss_is_taken_from_the_held_out_means(tmp_path):
    judge = Selection("generator/style")
    assert judge.measure(stand_in(), {"validation/generator/style": 3.5}) == 3.5
    assert judge.measure(stand_in(), {"validation/pretrain/content": 1.0}) is None
    assert Selection().measure(stand_in(), {"validation/generator/style": 3.5}) is None


def test_what_cannot_be_scored_is_refused(folders):
    with pytest.raises(UserError, match="is 'generator/x'; accepted: none, frechet, kid, generator/style, generator/f"):
        Selection("generator/x").measure(stand_in(), {})
    with pytest.raises(UserError, match="--select-best is 'kid', for systems that make anime of photos"):
        Selection("kid", look).measure(job_with(folders, export=SimpleNamespace(takes="latent")), {})
    job = job_with(folders)
    del job.held_out["photo"].files[1:]
    with pytest.raises(UserError, match="with one held-out photo; give 2 or more by --val-photos"):
        Selection("kid", look).measure(job, {})


def test_the_lowest_is_the_best(tmp_path):
    judge, run = Selection("kid"), Run(tmp_path)
    assert judge.is_best(run, 5.0)
    assert not judge.is_best(run, None)
    assert not judge.is_best(run, float("nan"))
    keep(run, selected_by="kid", score=5.0, steps=10)
    assert judge.is_best(run, 4.9)
    assert not judge.is_best(run, 5.0)
    assert Selection("frechet").is_best(run, 70.0)  # kept by another score: starts afresh


def test_a_training_keeps_its_best_and_resuming_does_not_lose_it(folders):
    def job():
        made = make_job(folders, "run", epochs=4, steps_per_epoch=2)
        return dataclasses.replace(made, judge=Selection("frechet", look))

    first = job()
    train(first, steps=5)
    early = first.run.best()
    last = job()
    preflight.rehearse(last, say=lambda text: None)
    assert last.run.best() == early
    training_loop.train(last)
    found = [float(value) for value in column(last, "score/scores/frechet") if value]
    assert len(found) == 4
    kept = last.run.best()
    assert kept["score"] == pytest.approx(min(found), rel=1e-5)
    assert kept["steps"] == 2 * (1 + int(np.argmin(found)))
    assert f"by frechet, {kept['score']:.4g}, is that of step {kept['steps']}" in (last.run / "report.md").read_text()
    weights = [(last.run / folder / "generator.weights.h5").is_file() for folder in ("best", "style")]
    assert weights == [True, True]

    # Whatever the rest of a training brings, what was better stays.
    keep(last.run, selected_by="frechet", score=-1.0, steps=3)
    more = dataclasses.replace(last, settings=dataclasses.replace(last.settings, epochs=5))
    training_loop.train(more)
    assert last.run.best() == {"selected_by": "frechet", "score": -1.0, "steps": 3}
