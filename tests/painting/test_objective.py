"""The distance against loops over single numbers, its gradient against finite differences."""

import keras
import numpy as np
import pytest
from keras import layers

from japananime.base.errors import UserError
from japananime.painting import objective, optimize
from japananime.painting.objective import Distance, TransferSettings

CONTENT, STYLE = {"second": 1.0}, {"first": 0.25, "second": 0.75}
WEIGHTS = {"content": 1.0, "style": 5.0, "smoothness": 0.5}


@pytest.fixture
def extract():
    """A network of two convolutions with 3 and 4 filters, the second at half the size."""
    picture = keras.Input((None, None, 3))
    first = layers.Conv2D(3, 3, padding="same", bias_initializer="normal")(picture)
    second = layers.Conv2D(4, 3, strides=2, padding="same")(keras.ops.relu(first))
    model = keras.Model(picture, [first, second])
    return lambda picture: dict(zip(("first", "second"), model(picture), strict=True))


def picture(random, height=6, width=8):
    return random.uniform(-1, 1, (1, height, width, 3)).astype("float32")


def activated(features):
    return np.maximum(np.asarray(features, np.float64)[0], 0)


def gram_energies(extract, layer, painted, style):
    """Gatys' energy of a layer, 1/(4 N² M²) Σ (G - A)², and its ¼ Σ A² / (N² M²), by loops over filters i and j."""
    ours, target = activated(extract(painted)[layer]), activated(extract(style)[layer])
    energy = scale = 0.0
    filters = ours.shape[-1]
    for i in range(filters):
        for j in range(filters):
            g = sum(a * b for a, b in zip(ours[..., i].ravel(), ours[..., j].ravel(), strict=True))
            a = sum(a * b for a, b in zip(target[..., i].ravel(), target[..., j].ravel(), strict=True))
            g, a = g / ours[..., i].size, a / target[..., i].size
            energy += (g - a) ** 2 / (4 * filters**2)
            scale += a**2 / (4 * filters**2)
    return energy, scale


def test_terms_are_gatys_energies_relative_to_their_targets(extract, random):
    content, style, painted = picture(random), picture(random, 10, 4), picture(random)
    terms = Distance(extract, CONTENT, STYLE, content, style)(painted)

    ours, target = activated(extract(painted)["second"]), activated(extract(content)["second"])
    energy = scale = 0.0
    for one, other in zip(ours.ravel(), target.ravel(), strict=True):
        energy += 0.5 * (one - other) ** 2
        scale += 0.5 * other**2
    assert float(terms["content"]) == pytest.approx(energy / scale, rel=1e-5)

    energies = {layer: gram_energies(extract, layer, painted, style) for layer in STYLE}
    expected = sum(weight * energies[layer][0] / energies[layer][1] for layer, weight in STYLE.items())
    assert float(terms["style"]) == pytest.approx(expected, rel=1e-5)

    down, right = np.diff(painted[0], axis=0), np.diff(painted[0], axis=1)
    assert float(terms["smoothness"]) == pytest.approx(((down**2).mean() + (right**2).mean()) / 2, rel=1e-5)


def test_nothing_to_pay_for_the_picture_itself(extract, random):
    content = picture(random)
    terms = Distance(extract, CONTENT, STYLE, content, content)(content)
    assert float(terms["content"]) == float(terms["style"]) == 0.0


def test_gradient_by_finite_differences(extract, random):
    evaluate = optimize.evaluation(Distance(extract, CONTENT, STYLE, picture(random), picture(random)), WEIGHTS)
    painted = picture(random)
    total, gradient, terms = evaluate(painted)
    assert total == pytest.approx(sum(WEIGHTS[name] * value for name, value in terms.items()), rel=1e-6)
    assert gradient.shape == painted.shape
    step = 1e-2
    for place in ((0, 0, 0, 0), (0, 3, 4, 1), (0, 5, 7, 2), (0, 2, 6, 0)):
        more, less = painted.copy(), painted.copy()
        more[place] += step
        less[place] -= step
        assert gradient[place] == pytest.approx(
            (evaluate(more)[0] - evaluate(less)[0]) / (2 * step), rel=0.03, abs=2e-3
        )


def test_a_term_of_weight_0_is_told_but_not_followed(extract, random):
    content = picture(random)
    evaluate = optimize.evaluation(
        Distance(extract, CONTENT, STYLE, content, picture(random)), {"content": 1.0, "style": 0.0, "smoothness": 0.0}
    )
    total, gradient, terms = evaluate(content)
    assert total == 0 and not gradient.any() and terms["style"] > 0


@pytest.mark.parametrize("method", optimize.METHODS)
def test_painting_lowers_the_loss_from_coarse_to_fine_and_twice_the_same(extract, random, method):
    content, style = picture(random, 16, 16), picture(random, 16, 16)
    start = random.uniform(-1, 1, (1, 8, 8, 3))

    def run():
        seen = []
        stages = [
            ((side, side), 8, Distance(extract, CONTENT, STYLE, content[:, :side, :side], style[:, :side, :side]))
            for side in (8, 16)
        ]
        made = optimize.paint(start, stages, method, WEIGHTS, lambda *args: seen.append(args))
        return made, seen

    made, seen = run()
    assert made.shape == (1, 16, 16, 3) and made.dtype == np.float32
    assert np.abs(made).max() <= 1.0
    assert [one[:2] for one in seen] == [(stage, count) for stage in (0, 1) for count in range(1, 9)]
    for stage in (0, 1):
        totals = [
            sum(WEIGHTS[name] * value for name, value in terms.items()) for at, _, _, terms in seen if at == stage
        ]
        assert totals[-1] < 0.8 * totals[0]
        if method == "lbfgs":
            assert totals == sorted(totals, reverse=True)
    assert np.array_equal(made, seen[-1][2])
    assert np.array_equal(made, run()[0])


def test_plan_halves_sizes_and_doubles_iterations(random):
    content, style = (random.integers(0, 256, size).astype(np.uint8) for size in ((96, 144, 3), (200, 50, 3)))
    asked = []

    def extract(picture):
        asked.append(picture.shape[1:3])
        return {"block4_conv2": picture, **{f"block{block}_conv1": picture for block in range(1, 6)}}

    settings = TransferSettings(size=128, scales=2, iterations=7)
    start, stages = objective.plan(content, style, settings, None, extract)
    assert start.shape == (1, 43, 64, 3)
    assert [stage[:2] for stage in stages] == [((43, 64), 14), ((85, 128), 7)]
    # The style's longer side is the content's, and no side gets too small for the network.
    assert asked == [(43, 64), (64, 32), (85, 128), (128, 32)]
    gray, _ = objective.plan(content, style, settings, "luminance", extract)
    assert np.array_equal(gray[..., 0], gray[..., 1]) and not np.array_equal(start[..., 0], start[..., 1])
    noise = [
        objective.plan(content, style, TransferSettings(start="noise", seed=seed), None, extract)[0]
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(noise[0], noise[1]) and not np.array_equal(noise[0], noise[2])


def test_a_loss_that_is_not_a_number_ends_the_painting():
    evaluate = optimize.evaluation(lambda picture: {"content": keras.ops.sum(picture) / 0.0}, {"content": 2.0})
    with pytest.raises(UserError, match="the loss is inf; lower the weights"):
        evaluate(np.ones((1, 2, 2, 3)))


def test_sizes_from_coarse_to_fine():
    assert objective.sizes(300, 451, 512, 3) == [(85, 128), (170, 256), (341, 512)]
    assert objective.sizes(1000, 10, 64, 1) == [(64, 1)]


def test_layers_are_read_as_papers_name_them():
    assert objective.layers("--style-layers", "conv1_1:3, conv5_4") == {"block1_conv1": 0.75, "block5_conv4": 0.25}
    for wrong in ("conv1_3", "conv6_1", "", "conv1_1;conv2_1", "conv1_1:-1", "conv1_1:0"):
        with pytest.raises(UserError, match="--style-layers is '"):
            TransferSettings(style_layers=wrong)
    with pytest.raises(UserError, match="nothing would be painted"):
        TransferSettings(style_weight=0, content_weight=0)


def test_the_full_size_is_not_spoken_of():
    assert objective.told_size(np.zeros((1, 30, 40, 3)), np.zeros((30, 40, 3))) == ""
