"""Trainings of a few steps on networks of a few filters."""

import dataclasses

import keras

from japananime.training import loop as training_loop
from japananime.training import preflight
from japananime.training.families import japananimegan
from japananime.training.job import Job, TrainingSettings
from japananime.training.run.folder import Run
from japananime.training.runner import Runner

SMALL = japananimegan.Settings(width=2, residual_blocks=1, discriminator_width=2, pretrain_epochs=1, feature_scale=1.0)


TRAINING = TrainingSettings(
    epochs=3, size=16, batch=2, log_steps=2, samples=2, save_minutes=1000.0, steps_per_epoch=4, average_decay=0.9
)


def features(taps):
    """Any frozen network will do in VGG19's place."""
    picture = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, kernel_initializer=keras.initializers.HeNormal(seed=5))(picture)
    model = keras.Model(picture, x)
    model.trainable = False
    return model


def make_job(folders, name, family=SMALL, **changes):
    training = dataclasses.replace(TRAINING, **changes)
    places = preflight.Folders(str(folders / "photos"), str(folders / "anime"))
    pools, held_out = preflight.gather(places, japananimegan.JapananimeGan.streams(SMALL), training)
    keras.utils.set_random_seed(training.seed)
    run = Run(folders / name)
    run.create()
    runner = Runner(japananimegan.JapananimeGan.build(family, features), training.clip, precision=training.precision)
    return Job(run, runner, training, pools, held_out, {"name": name})


def train(job, steps=None):
    """Rehearse and train, to the end or for some steps from where the run stands."""
    preflight.rehearse(job, say=lambda text: None)
    asked = iter(range(10**6))
    return training_loop.train(job, stop=lambda: steps is not None and next(asked) >= steps)


def column(job, name):
    lines = (job.run / "history.csv").read_text().splitlines()
    index = lines[0].split(",").index(name)
    return [line.split(",")[index] for line in lines[1:]]
