"""From what was asked for to a Job: all that a training takes, checked and built."""

import dataclasses
import re
from functools import partial

import keras

from japananime.perception import features
from japananime.training import precision, preflight, teacher, warm_start
from japananime.training.job import Job
from japananime.training.precision import AUTO, FLOAT32
from japananime.training.run import best_style
from japananime.training.run.folder import NullRun
from japananime.training.runner import Runner
from japananime.training.settings import choose, to_store


def prepare(arguments, family, training_class, run, team):
    """Check the command line and everything it names, and build what it takes: (Job, what settings.json will hold)."""
    if team.chief:
        run.create()
    chosen, folders = choose(arguments, family, training_class, run)
    training = chosen["training"]
    part = team.part(training.batch)
    looks = features.PERCEPTIONS
    weights = {one.argument: one.find_weights(getattr(arguments, one.argument)) for one in looks.values()}
    places, streams = preflight.Folders(**folders), family.streams(chosen["family"])
    sharing, taught = team.on_this_machine, teacher.streams(chosen["family"])
    pools, held_out = preflight.gather(places, streams, training, sharing=sharing, run=run.folder, taught=taught)
    # Several processes must agree without having tried.
    decided = precision.choose(training.precision) if team.size == 1 else training.precision
    decided = FLOAT32 if decided == AUTO else decided
    training = chosen["training"] = dataclasses.replace(training, precision=decided)
    stored = to_store(arguments.family, folders, weights, preflight.fingerprint(pools), chosen)
    team.same({name: stored[name] for name in ("name", "files", *chosen)})
    if arguments.resume and run.read_settings().get("files") != stored["files"]:
        print("the image files have changed since the run began: it continues, but not exactly as it would have")

    keras.config.set_dtype_policy("float32" if training.precision == "float32" else f"mixed_{training.precision}")
    keras.utils.set_random_seed(training.seed)
    look = {name: partial(one.build, weights[one.argument]) for name, one in looks.items()}
    program = family.build(chosen["family"], look[getattr(chosen["family"], "perception", "vgg19")], training.size)
    warm_start.begin(arguments.begin_with, program)
    best = best_style.with_vgg19(training.select_best, look["vgg19"])
    words = {
        "name": re.sub(r"[^\w .-]|^[^\w]+", "_", run.folder.resolve().name),
        "training": {"family": arguments.family, **stored["family"]},
    }
    runner = Runner(program, training.clip, precision=training.precision, combine=lambda nest: team.mean(nest, part))
    return Job(run if team.chief else NullRun(), runner, training, pools, held_out, words, team, best), stored
