import json

import numpy as np
import pytest
from samples import wild

from japananime.base.errors import UserError
from japananime.networks import light_generator, residual_generator
from japananime.styles import graph, keras_to_graph


def test_reach_by_hand():
    # The published generator: 7x7 in (3); twice 3x3 to a half (1 + 2), twice to a quarter (2 + 4); 16 of 3x3 at a
    # quarter (64); transposed and 3x3 at a half (4 + 2) and at full size (2 + 1); 7x7 out (3).
    found = keras_to_graph.describe(residual_generator.build(width=1))
    assert found.reach == 3 + 3 + 6 + 64 + 6 + 3 + 3
    assert found.multiple == 4
    assert len(found.normalised) == 3 + 16 + 2


def test_nothing_beyond_the_reach_counts(random):
    generator = wild(light_generator.build(width=2, residual_blocks=2))
    reach = keras_to_graph.describe(generator).reach
    photo = random.uniform(-1, 1, (1, 160, 8, 3)).astype("float32")
    changed = photo.copy()
    changed[:, :4] = -changed[:, :4]
    difference = np.abs(np.asarray(generator(photo)) - np.asarray(generator(changed))).max(axis=(0, 2, 3))
    assert difference[4 + reach :].max() == 0
    assert np.nonzero(difference)[0].max() > 4 + reach // 2  # and it is no idle number


def test_live_channels_by_hand():
    node = graph.Node
    convolution = {"kernel_size": [1, 1], "strides": [2, 2]}
    found = graph.Graph(
        (
            node("photo", "InputLayer"),
            node("a", "Conv2D", ("photo",), {**convolution, "filters": 8}),  # 8 at a half: 2 a pixel
            node("b", "Conv2D", ("a",), {**convolution, "filters": 16}),  # 16 at a quarter: 1
            node("c", "UpSampling2D", ("b",), {"size": [4, 4], "interpolation": "nearest"}),  # 16, with the 1 and the 3
            node("d", "Concatenate", ("c", "photo")),  # 19, with 16 and 3
        )
    )
    assert found.live_channels == 19 + 16 + 3


def test_written_and_read(tmp_path):
    found = keras_to_graph.describe(residual_generator.build(width=2, residual_blocks=1))
    (tmp_path / graph.GRAPH_FILE).write_text(graph.to_json(found))
    assert graph.read(tmp_path) == found
    assert graph.read(tmp_path / "elsewhere") is None


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "[]",
        '{"nodes": []}',
        json.dumps({"nodes": [{"name": "a", "kind": "Add", "inputs": ["b"], "settings": {}}]}),
        json.dumps({"nodes": [{"name": "a", "kind": "Add"}]}),
    ],
)
def test_what_is_no_graph_is_refused(tmp_path, text):
    (tmp_path / graph.GRAPH_FILE).write_text(text)
    with pytest.raises(UserError, match=r"graph\.json: not a network's description"):
        graph.read(tmp_path)
