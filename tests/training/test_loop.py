"""The loop as a whole, on the real family a few filters wide, with a small stand-in for VGG19."""

import dataclasses
import shutil

import keras
import matplotlib
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from samples import paint
from short_trainings import SMALL, TRAINING, column, make_job, train

from japananime.base.errors import UserError
from japananime.image.edge_smoothing import smooth_edges
from japananime.styles import folder as style_folder
from japananime.training import loop as training_loop
from japananime.training import preflight
from japananime.training.families import japananimegan
from japananime.training.job import TrainingSettings
from japananime.training.runner import Runner

# Of a drawing's curves, in order: matplotlib's C0 to C6; C7 is gray, as the rims of letters are.
COLORS = [tuple(round(255 * part) for part in color) for color in matplotlib.colormaps["tab10"].colors[:7]]


def final_state(job):
    with np.load(job.run.states()[-1]) as arrays:
        return {name: arrays[name] for name in arrays.files}


def assert_same_state(one, other):
    assert one.keys() == other.keys()
    assert [name for name in one if name not in ("meta", "sha256") and not np.array_equal(one[name], other[name])] == []


def test_interrupted_and_resumed_equals_uninterrupted_to_the_bit(folders):
    whole = make_job(folders, "whole")
    assert train(whole)
    # Stopped in the pretraining, then in the middle of an epoch and of a stretch of the history.
    assert not train(make_job(folders, "parts"), steps=3)
    assert not train(make_job(folders, "parts"), steps=4)
    last = make_job(folders, "parts")
    assert train(last)
    assert_same_state(final_state(whole), final_state(last))
    for name in ("step", "train/generator/content", "train/discriminator/fake", "validation/generator/style"):
        assert column(whole, name) == column(last, name)
    assert points(whole) == points(last)


def points(job):
    """{(name, step): [value]} of all that TensorBoard finds in a run and that does not depend on the clock."""
    found = {}
    for path in (job.run / "tensorboard").iterdir():
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                if value.tag not in ("images_per_second", "waiting_for_data"):
                    found.setdefault((value.tag, event.step), []).append(value.tensor.SerializeToString())
    assert {len(values) for values in found.values()} == {1}
    return found


@pytest.mark.usefixtures("eagerly")
def test_seed_matters(folders):
    states = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        job = make_job(folders, name, seed=seed, epochs=1)
        train(job)
        states.append(final_state(job))
    assert_same_state(states[0], states[1])
    assert not np.array_equal(states[0]["generator/0000"], states[2]["generator/0000"])


def test_pretraining_moves_the_generator_alone_and_lowers_its_loss(folders):
    quick = dataclasses.replace(SMALL, width=4, pretrain_rate=1e-2)
    job = make_job(folders, "run", quick, epochs=1, steps_per_epoch=40)
    job.run.save_state(0, job.runner.state(), {})
    before = final_state(job)
    train(job)
    after = final_state(job)
    assert not np.array_equal(before["generator/0000"], after["generator/0000"])
    assert np.array_equal(before["discriminator/0000"], after["discriminator/0000"])
    content = [float(value) for value in column(job, "train/pretrain/content") if value]
    assert content[-1] < 0.8 * content[0]


@pytest.mark.usefixtures("eagerly")
def test_rehearsal_changes_no_variable(folders):
    job = make_job(folders, "run")
    before = {k: [np.array(v) for v in thing.variables] for k, thing in job.runner.state().items()}
    lines = []
    preflight.rehearse(job, say=lines.append)
    for name, thing in job.runner.state().items():
        for old, new in zip(before[name], thing.variables, strict=True):
            assert np.array_equal(old, np.asarray(new))
    assert "epochs 1-1: pretrain," in lines[1]
    assert "epochs 2-3: discriminator + generator," in lines[2]
    assert "to go in all" in lines[3]


@pytest.mark.usefixtures("eagerly")
def test_run_directory_explains_itself(folders):
    job = make_job(folders, "run")
    train(job)
    samples = sorted((job.run / "samples").iterdir())
    assert [path.name for path in samples] == ["epoch-001.png", "epoch-002.png", "epoch-003.png"]
    with Image.open(samples[-1]) as sheet:
        # Two pairs of photo and picture, sixteen times as large, below their titles.
        assert sheet.size == (4 * 256, 20 + 256)
        pixels = np.asarray(sheet)
    assert (pixels[:20] < 128).any(axis=-1).reshape(20, 4, 256).any(axis=(0, 2)).all()
    photo = pixels[20:, :256].reshape(16, 16, 16, 16, 3)
    assert (photo == photo[:, :1, :, :1]).all()
    photo = photo[:, 0, :, 0]
    assert np.abs(photo.astype(int) - job.held_out["photo"].center(0)).max() <= 1
    with Image.open(job.run / "losses.png") as curves:
        assert curves.size == (990, 864)  # 11 by 3.2 inches of 90 pixels for each of pretrain, discriminator, generator
        panels = np.split(np.asarray(curves.convert("RGB")), 3)
    for panel, terms in zip(panels, (2, 3, 6), strict=True):
        drawn = [color for color in COLORS if (panel == color).all(axis=-1).any()]
        assert drawn == COLORS[:terms]
    report = (job.run / "report.md").read_text()
    assert "Step 12 of 12 (100%)" in report
    assert "| generator | content | 10 |" in report
    assert style_folder.describe(job.run / "style").trained == {"size": 16, "framing": "crop"}
    assert list((job.run / "tensorboard").glob("events*"))
    # Unweighted and weighted are both there, and differ by the weight.
    plain, weighted = (
        [float(value) for value in column(job, f"{kind}/generator/content") if value] for kind in ("train", "weighted")
    )
    assert weighted == pytest.approx([10 * value for value in plain], rel=1e-4)


def break_generator(job, from_step, term_value=float("nan")):
    """Make the generator's content term not finite from a step on (the seed tells the step)."""
    program = job.runner.program
    broken = []
    for phase in program.phases:
        if phase.name == "generator":

            def losses(tensors, seed, losses=phase.losses):
                terms = losses(tensors, seed)
                bad = keras.ops.where(seed[1] >= from_step, term_value, 0.0)
                return {**terms, "content": terms["content"]._replace(value=terms["content"].value + bad)}

            phase = dataclasses.replace(phase, losses=losses)
        broken.append(phase)
    program = dataclasses.replace(program, phases=tuple(broken))
    keras.utils.set_random_seed(0)
    job.runner = Runner(program)
    return job


@pytest.mark.usefixtures("eagerly")
def test_divergence_goes_back_once_with_lower_rates_then_stops_and_names_the_term(folders):
    job = break_generator(make_job(folders, "run", save_steps=5, patience=2), from_step=6)
    with pytest.raises(UserError, match="diverged again.*generator: content not finite"):
        train(job)
    for path in job.run.states():
        with np.load(path) as arrays:
            assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
    # Back from step 8 to the state of step 5: step 6 was made again, with the lower rate, after step 5 with the old.
    steps, rates = column(job, "step"), column(job, "rate/generator")
    assert float(rates[len(steps) - 1 - steps[::-1].index("6")]) == pytest.approx((1 + training_loop.RESCUE) / 2 * 1e-4)
    assert steps.count("6") == 1
    assert float(steps[-1]) < 8


def test_a_single_bad_step_is_skipped_and_counted(folders):
    job = make_job(folders, "run", patience=2)
    program = job.runner.program

    def hiccup(tensors, seed, losses=program.phases[2].losses):
        terms = losses(tensors, seed)
        bad = keras.ops.where(keras.ops.equal(seed[1], 6), float("inf"), 0.0)
        return {**terms, "style": terms["style"]._replace(value=terms["style"].value + bad)}

    phases = (*program.phases[:2], dataclasses.replace(program.phases[2], losses=hiccup))
    job.runner = Runner(dataclasses.replace(program, phases=phases))
    assert train(job)
    assert column(job, "skipped_steps")[-2] == "1"
    assert "1 steps were skipped" in (job.run / "report.md").read_text()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("constant", [1, 1, 1, 1]), ("linear", [1, 1, 0.5, 0]), ("cosine", [1, 1, 0.5, 0])],
)
def test_schedules(folders, schedule, expected):
    job = make_job(folders, "run", schedule=schedule, decay_from=0.5, epochs=2)
    phase = job.runner.program.phases[0]
    steps = (0, 4, 6, 8)
    assert [training_loop.rate(job, phase, step) / phase.rate for step in steps] == pytest.approx(expected, abs=1e-9)


def test_average_forgets_the_random_start():
    settings = TrainingSettings()
    assert training_loop.decay(settings, 0) == 0.1
    assert training_loop.decay(settings, 90) == pytest.approx(0.91)
    assert training_loop.decay(settings, 10**6) == 0.999


def test_too_few_images_are_too_few_before_anything_is_built(folders):
    for path in sorted((folders / "anime").iterdir())[5:]:
        path.unlink()
    places = preflight.Folders(str(folders / "photos"), str(folders / "anime"))
    with pytest.raises(UserError, match="--anime is '.*anime', with 5 usable images; at least 8 are needed"):
        preflight.gather(places, japananimegan.JapananimeGan.streams(SMALL), TRAINING)


def test_held_out_folders_are_used_as_they_are(folders):
    (folders / "photos").rename(folders / "val")
    for name in ("photos", "anime"):
        (folders / name).mkdir(exist_ok=True)
    shutil.copytree(folders / "anime", folders / "photos", dirs_exist_ok=True)
    places = preflight.Folders(*(str(folders / n) for n in ("photos", "anime")), val_photos=str(folders / "val"))
    said, training = [], dataclasses.replace(TRAINING, batch=4)
    pools, held_out = preflight.gather(places, japananimegan.JapananimeGan.streams(SMALL), training, say=said.append)
    assert (len(pools["photo"]), len(held_out["photo"])) == (12, 12)
    # A dozen are few to learn from, and enough to look at.
    assert [line.split(" are few")[0] for line in said] == [f"warning: 12 images of --{n}" for n in ("photos", "anime")]
    assert held_out["photo"].files[0].parent.name == "val"
    assert set(pools["smooth"].files) == set(pools["anime"].files)
    assert not set(held_out["anime"].files) & set(pools["anime"].files)


def test_with_held_out_anime_all_smoothed_pictures_are_learnt_from(folders):
    for name in ("smooth", "held"):
        shutil.copytree(folders / "anime", folders / name)
    for path in sorted((folders / "held").iterdir())[3:]:
        path.unlink()
    named = {name: str(folders / name) for name in ("photos", "anime", "smooth")}
    places = preflight.Folders(**named, val_anime=str(folders / "held"))
    pools, held_out = preflight.gather(places, japananimegan.JapananimeGan.streams(SMALL), TRAINING)
    assert len(pools["smooth"]) == len(pools["anime"]) == 12
    assert held_out["smooth"].files == held_out["anime"].files
    assert {path.parent.name for path in held_out["smooth"].files} == {"held"}
    anime = held_out["anime"].load(held_out["anime"].files[0])
    assert np.array_equal(held_out["smooth"].load(held_out["smooth"].files[0]), smooth_edges(anime))


def test_pictures_that_are_enlarged_are_told_of_in_one_line(folders, random):
    for number in (3, 5):
        paint(folders / "photos" / f"{number:02d}.png", random, size=(12, 15))
    places = preflight.Folders(str(folders / "photos"), str(folders / "anime"))
    said = []
    pools, held_out = preflight.gather(places, japananimegan.JapananimeGan.streams(SMALL), TRAINING, say=said.append)
    assert len(pools["photo"]) + len(held_out["photo"]) == 12
    assert ["are few: from about 200 on" in line for line in said] == [False, True, True]
    assert said[:1] == [
        f"warning: 2 of 12 images of --photos '{folders / 'photos'}' are smaller than --size 16 and are enlarged, "
        f"'{folders / 'photos' / '03.png'}' of 15×12 pixels for one"
    ]
