import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from japananime.base.errors import UserError
from japananime.training.program import Phase, Program, Term
from japananime.training.runner import Runner

SEED = tf.constant([0, 0], tf.int32)


def number(name, value):
    """A model whose only variable is a number; called with x it gives value · x."""
    x = keras.Input((1,))
    model = keras.Model(x, keras.layers.Dense(1, use_bias=False, name=name)(x))
    model.set_weights([np.array([[value]], "float32")])
    return model


def value(model):
    return float(model.get_weights()[0][0, 0])


def follow(model, target, **options):
    """A phase that pulls a number towards what the batch says under `target`, by plain gradient descent."""

    def losses(tensors, seed):
        return {"distance": Term(ops.mean(ops.square(model(ops.ones((1, 1))) - tensors[target])), 0.5)}

    return Phase(target, losses, model.trainable_variables, keras.optimizers.SGD(), rate=0.1, **options)


def test_a_step_is_gradient_descent_on_the_weighted_sum():
    model = number("a", 3.0)
    runner = Runner(Program({"a": model}, [follow(model, "one")], ("one",)))
    (report,) = runner.step(
        runner.program.phases, {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, average_decay=0.9
    ).values()
    # d/dv 0.5 (v - 1)² = v - 1 = 2; 3 - 0.1 · 2 = 2.8. The value reported is the unweighted (3 - 1)² = 4.
    assert value(model) == pytest.approx(2.8)
    assert report.values == {"distance": pytest.approx(4.0)}
    assert report.gradient_norm == pytest.approx(2.0)
    assert report.applied
    assert runner.weights == {"one": {"distance": 0.5}}


def test_what_is_combined_is_what_is_used_and_reported():
    model = number("a", 3.0)
    program = Program({"a": model}, [follow(model, "one")], ("one",))
    runner = Runner(program, combine=lambda nest: tf.nest.map_structure(lambda tensor: 2 * tensor, nest))
    (report,) = runner.step(program.phases, {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9).values()
    # As in the first test, with gradient and value doubled: 3 - 0.1 · 4.
    assert value(model) == pytest.approx(2.6)
    assert report.values == {"distance": pytest.approx(8.0)}
    assert report.gradient_norm == pytest.approx(4.0)


def test_the_rate_given_is_the_rate_used():
    model = number("a", 3.0)
    runner = Runner(Program({"a": model}, [follow(model, "one")], ("one",)))
    for rate, expected in ((0.5, 2.0), (0.25, 1.75), (0.0, 1.75)):
        runner.step(runner.program.phases, {"one": tf.constant(1.0)}, SEED, {"one": rate}, 0.9)
        assert value(model) == pytest.approx(expected)


def test_clip_limits_the_norm():
    model = number("a", 11.0)
    runner = Runner(Program({"a": model}, [follow(model, "one")], ("one",)), clip=2.0)
    (report,) = runner.step(runner.program.phases, {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9).values()
    assert report.gradient_norm == pytest.approx(10.0)
    assert value(model) == pytest.approx(11.0 - 0.1 * 2.0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_never_reaches_the_weights(bad):
    first, second = number("a", 3.0), number("b", 3.0)
    phases = [follow(first, "bad"), follow(second, "good")]
    runner = Runner(Program({"a": first, "b": second}, phases, ("bad", "good")))
    batch = {"bad": tf.constant(bad), "good": tf.constant(1.0)}
    reports = runner.step(phases, batch, SEED, {"bad": 0.1, "good": 0.1}, 0.9)
    assert (value(first), value(second)) == (3.0, pytest.approx(2.8))
    assert (reports["bad"].applied, reports["good"].applied) == (False, True)


def test_a_gradient_that_is_not_finite_is_refused_too():
    model = number("a", 0.0)

    def losses(tensors, seed):  # sqrt has value 0 and slope infinity at 0
        return {"root": Term(ops.mean(ops.sqrt(ops.abs(model(tensors["x"])))))}

    phase = Phase("root", losses, model.trainable_variables, keras.optimizers.SGD(), rate=0.1)
    runner = Runner(Program({"a": model}, [phase], ("x",)))
    (report,) = runner.step([phase], {"x": tf.ones((1, 1))}, SEED, {"root": 0.1}, 0.9).values()
    assert report.values["root"] == 0.0
    assert not report.applied
    assert value(model) == 0.0


def test_phases_see_the_updates_of_those_before_them_but_share_what_forward_made():
    maker, judge = number("maker", 2.0), number("judge", 1.0)

    def judge_losses(tensors, seed):
        return {"judge": Term(ops.mean(judge(ops.stop_gradient(tensors["made"]))))}

    def maker_losses(tensors, seed):
        return {"maker": Term(ops.mean(judge(tensors["made"])))}

    phases = [
        Phase("judge", judge_losses, judge.trainable_variables, keras.optimizers.SGD(), 0.1),
        Phase("maker", maker_losses, maker.trainable_variables, keras.optimizers.SGD(), 0.1),
    ]
    program = Program({}, phases, ("x",), forward=lambda batch, seed: {"made": maker(batch["x"])})
    Runner(program).step(phases, {"x": tf.fill((1, 1), 3.0)}, SEED, {"judge": 0.1, "maker": 0.1}, 0.9)
    # made = 2·3 = 6. Judge: 1 - 0.1·6 = 0.4. Maker, through the judge as it is now: 2 - 0.1·(0.4·3) = 1.88.
    assert value(judge) == pytest.approx(0.4)
    assert value(maker) == pytest.approx(1.88)


def test_moving_average():
    model, average = number("a", 3.0), number("b", 3.0)
    program = Program({}, [follow(model, "one")], ("one",), averages=[(model, average)])
    Runner(program).step(program.phases, {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, average_decay=0.75)
    assert value(average) == pytest.approx(0.75 * 3.0 + 0.25 * 2.8)


def test_when_a_phase_is_due():
    phase = follow(number("a", 0.0), "one", start=2, stop=4, every=3)
    due = [(epoch, step) for epoch in range(6) for step in range(4) if phase.due(epoch, step)]
    assert due == [(2, 0), (2, 3), (3, 0), (3, 3)]


def test_losses_update_nothing():
    model = number("a", 3.0)
    runner = Runner(Program({"a": model}, [follow(model, "one")], ("one",)))
    assert runner.losses(runner.program.phases, {"one": tf.constant(1.0)}, SEED) == {"one": {"distance": 4.0}}
    assert value(model) == 3.0


def test_float16_scales_the_loss_and_not_the_step():
    model = number("a", 3.0)
    runner = Runner(Program({"a": model}, [follow(model, "one")], ("one",)), precision="float16")
    (report,) = runner.step(runner.program.phases, {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9).values()
    assert value(model) == pytest.approx(2.8, rel=1e-3)
    assert report.gradient_norm == pytest.approx(2.0, rel=1e-3)
    assert report.values["distance"] == pytest.approx(4.0)


def test_a_term_of_weight_zero_is_reported_and_pulls_nothing():
    model = number("a", 3.0)

    def losses(tensors, seed):
        distance = ops.mean(ops.square(model(ops.ones((1, 1))) - tensors["one"]))
        return {"distance": Term(distance, 0.5), "watched": Term(100.0 * distance, 0.0)}

    phase = Phase("one", losses, model.trainable_variables, keras.optimizers.SGD(), 0.1)
    (report,) = (
        Runner(Program({}, [phase], ("one",)))
        .step([phase], {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9)
        .values()
    )
    assert value(model) == pytest.approx(2.8)
    assert report.values["watched"] == pytest.approx(400.0)


def test_a_phase_without_weights_is_refused():
    phase = dataclasses.replace(follow(number("a", 3.0), "one"), losses=lambda tensors, seed: {"content": Term(1.0, 0)})
    with pytest.raises(UserError, match="phase 'one' has no loss left: the weights of content are all 0"):
        Runner(Program({}, [phase], ("one",))).step([phase], {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9)


def test_float16_gradient_that_never_fits_is_refused_in_the_end():
    model = number("a", 0.0)

    def losses(tensors, seed):
        return {"root": Term(ops.mean(ops.sqrt(ops.abs(model(tensors["x"])))))}

    phase = Phase("root", losses, model.trainable_variables, keras.optimizers.SGD(), rate=0.1)
    runner = Runner(Program({"a": model}, [phase], ("x",)), precision="float16")
    applied = [
        runner.step([phase], {"x": tf.ones((1, 1))}, SEED, {"root": 0.1}, 0.9)["root"].applied for _ in range(20)
    ]
    # The scale starts at 2¹⁵ and halves: fifteen overflows are its own affair, those after them are not.
    assert applied == [True] * 15 + [False] * 5
    assert value(model) == 0.0


def test_a_variable_that_no_loss_reaches_is_a_mistake_said_aloud():
    reached, unreached = number("a", 3.0), number("unreached", 1.0)
    phase = follow(reached, "one")
    phase = Phase("one", phase.losses, unreached.trainable_variables, keras.optimizers.SGD(), 0.1)
    with pytest.raises(ValueError, match="no loss of this phase depends on.*unreached"):
        Runner(Program({}, [phase], ("one",))).step([phase], {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9)


def test_phases_by_epochs_and_by_steps():
    phase = follow(number("a", 3.0), "one", start=2, stop=9, every=2, every_epochs=3)
    due = [(epoch, step) for epoch in range(12) for step in range(4) if phase.due(epoch, step)]
    assert due == [(2, 0), (2, 2), (5, 0), (5, 2), (8, 0), (8, 2)]


def test_what_comes_after_an_update_comes_only_if_it_was_made():
    model = number("a", 3.0)
    weight = model.trainable_variables[0]
    phase = follow(model, "one", after=lambda tensors, seed: weight.assign(ops.clip(weight, -1.0, 2.5)))
    runner = Runner(Program({"a": model}, [phase], ("one",)))
    runner.step([phase], {"one": tf.constant(float("nan"))}, SEED, {"one": 0.1}, 0.9)
    assert value(model) == 3.0
    runner.step([phase], {"one": tf.constant(1.0)}, SEED, {"one": 0.1}, 0.9)
    assert value(model) == 2.5
