"""Beginning a training with another's style."""

import keras
import numpy as np
import pytest
from stepping import variables

from japananime.base.errors import UserError
from japananime.styles import generators
from japananime.training import warm_start
from japananime.training.families import characters, japananimegan
from japananime.training.runner import Runner

SMALL = {"width": 4, "discriminator_width": 4, "pixel_width": 4, "latent": 5, "grid": 2}


def eyes(taps):
    picture = keras.Input((None, None, 3))
    return keras.Model(picture, [keras.layers.AveragePooling2D(4 * 2**n)(picture) for n in range(len(taps))])


def make(seed, size=32):
    keras.utils.set_random_seed(seed)
    return characters.Characters.build(characters.Settings(**SMALL), eyes, size)


def keep(program, folder):
    generators.save(folder, program.export, name="kept")
    warm_start.save(folder, program)
    return str(folder)


def test_all_that_was_learnt_comes_back(tmp_path):
    first, second = make(0), make(1)
    lines = []
    warm_start.begin(keep(first, tmp_path / "kept"), second, lines.append)
    before, after = variables(Runner(first)), variables(Runner(second))
    for name in ("generator", "generator_average", "discriminator_heads", "discriminator_pixels", "augmentation"):
        keys = [key for key in before if key.startswith(f"{name}/")]
        assert keys
        for key in keys:
            # Of the first, the average is kept; at the start the generator is the same.
            np.testing.assert_array_equal(after[key], before[key].astype(np.float16).astype(np.float32), key)
    judges = sum(len(thing.variables) for name, thing in first.state.items() if "generator" not in name)
    count = len(first.export.model.variables)
    assert lines == [
        f"begins with {count} of {count} weights of '{tmp_path / 'kept'}', and {judges} of {judges} of its judges'"
    ]


def test_a_larger_training_begins_with_a_smaller_one(tmp_path):
    first, second = make(0, 32), make(1, 64)
    untouched = np.array(second.export.model.get_layer("up64_conv").kernel)
    warm_start.begin(keep(first, tmp_path / "kept"), second, print)
    small, large = first.export.model, second.export.model
    expected = np.array(small.get_layer("up16_conv").kernel).astype(np.float16)
    np.testing.assert_array_equal(large.get_layer("up16_conv").kernel, expected)
    np.testing.assert_array_equal(large.get_layer("up64_conv").kernel, untouched)


def test_what_cannot_be_begun_with(tmp_path):
    folder = keep(make(0), tmp_path / "kept")
    program = japananimegan.JapananimeGan.build(japananimegan.Settings(width=4, residual_blocks=1), lambda taps: None)
    with pytest.raises(UserError, match="it makes characters from scratch"):
        warm_start.begin(folder, program)
    with pytest.raises(UserError, match="has 1 of the 31 weights of this training's"):
        warm_start.begin("daylight", program)
    (tmp_path / "kept" / warm_start.FILE).write_bytes(b"no archive")
    with pytest.raises(UserError, match="not the judges of a training"):
        warm_start.begin(folder, make(1))
