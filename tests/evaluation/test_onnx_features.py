"""Features that somebody brings: prepared as the card says, whatever their layout, and what is refused."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from japananime.base.errors import UserError
from japananime.evaluation import keras_features, onnx_features

CARD = {"name": "means", "size": 8, "mean": [0.5, 0.25, 0.0], "deviation": [0.5, 0.25, 2.0], "layout": "nchw"}


def write(folder, nodes, shape, outputs=(("features", None),), **changes):
    """An ONNX file of these nodes from "picture", with its card; changes of None leave a field out."""
    path = folder / "net.onnx"
    given = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)]
    found = [helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes) for name, sizes in outputs]
    graph = helper.make_graph(nodes, "net", given, found)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
    card = {name: value for name, value in (CARD | changes).items() if value is not None}
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def mean(axes, keep=0):
    """Means over axes: a vector for each picture."""
    return [helper.make_node("ReduceMean", ["picture"], ["features"], axes=axes, keepdims=keep)]


def same():
    return [helper.make_node("Identity", ["picture"], ["features"])]


@pytest.fixture
def picture(random):
    return random.integers(0, 256, (8, 8, 3)).astype(np.uint8)


def prepared(picture):
    return (picture / 255.0 - CARD["mean"]) / CARD["deviation"]


@pytest.mark.parametrize(
    ("layout", "axes", "shape"), [("nchw", [2, 3], ("batch", 3, "height", "width")), ("nhwc", [1, 2], (1, 8, 8, 3))]
)
def test_a_vector_is_one_place_and_pictures_are_prepared_as_the_card_says(tmp_path, picture, layout, axes, shape):
    network = onnx_features.read(write(tmp_path, mean(axes), shape, layout=layout))
    assert network.name == "means (net.onnx), whole pictures at 8 pixels"
    (found,) = network(picture, None)
    assert found.shape == (1, 1, 1, 3)
    np.testing.assert_allclose(found[0, 0, 0], prepared(picture).mean(axis=(0, 1)), atol=1e-5)


@pytest.mark.parametrize(("layout", "shape"), [("nchw", (1, 3, 8, 8)), ("nhwc", (1, 8, 8, 3))])
def test_a_map_is_turned_to_channels_last(tmp_path, picture, layout, shape):
    (found,) = onnx_features.read(write(tmp_path, same(), shape, layout=layout))(picture, None)
    np.testing.assert_allclose(found[0], prepared(picture), atol=1e-5)


def test_tokens_are_a_row(tmp_path, picture):
    nodes = mean([3])  # nhwc: the channels' mean (1, 8, 8), which is 8 tokens of 8 numbers
    (found,) = onnx_features.read(write(tmp_path, nodes, (1, 8, 8, 3), layout="nhwc"))(picture, None)
    assert found.shape == (1, 1, 8, 8)
    np.testing.assert_allclose(found[0, 0], prepared(picture).mean(axis=2), atol=1e-5)


def test_an_output_is_taken_by_its_name(tmp_path, picture):
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["first"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceMax", ["picture"], ["second"], axes=[2, 3], keepdims=0),
    ]
    outputs = (("first", None), ("second", None))
    (found,) = onnx_features.read(write(tmp_path, nodes, (1, 3, 8, 8), outputs, output="second"))(picture, None)
    np.testing.assert_allclose(found[0, 0, 0], prepared(picture).max(axis=(0, 1)), atol=1e-5)
    with pytest.raises(UserError, match="net.onnx', which does not take one picture of 8 by 8 pixels"):
        onnx_features.read(write(tmp_path, nodes, (1, 3, 8, 8), outputs, output="third"))


@pytest.mark.parametrize(
    ("features", "headings"),
    [
        (None, {}),
        ("other", {}),
        ("clip", {"gaussian_anime": "CMMD to anime ×1000"}),
        ("inception", {"frechet_anime": "FID to anime", "frechet_photos": "FID to photos"}),
    ],
)
def test_only_inceptions_features_make_it_an_fid(tmp_path, features, headings):
    assert onnx_features.read(write(tmp_path, mean([2, 3]), (1, 3, 8, 8), features=features)).headings == headings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": None}, "net.json: not a card of features .no field 'mean'"),
        ({"mean": [0.5, 0.5]}, "'mean' is a list of 2; it must be a list of 3 values, each a number of -1000 to 1000"),
        ({"deviation": [1, 0, 1]}, "'deviation' is a list of 3; it must be .* each a number of 1e-06 to 1000"),
        ({"size": 4}, "'size' is 4; it must be a whole number of 8 to 2048"),
        ({"layout": "hwc"}, "'layout' is 'hwc'; it must be one of nchw, nhwc"),
        ({"layout": ["nchw"]}, "'layout' is a list of 1; it must be one of nchw, nhwc"),
        ({"features": "vgg"}, "'features' is 'vgg'; it must be one of inception, clip, other"),
    ],
)
def test_a_wrong_card_is_told(tmp_path, changes, message):
    path = write(tmp_path, mean([2, 3]), (1, 3, 8, 8), **changes)
    with pytest.raises(UserError, match=message):
        onnx_features.read(path)


def test_a_network_of_another_size_is_told(tmp_path):
    weights = helper.make_tensor("weights", TensorProto.FLOAT, (8, 8), np.eye(8).ravel())
    nodes = [
        helper.make_node("Constant", [], ["weights"], value=weights),
        helper.make_node("MatMul", ["picture", "weights"], ["features"]),
    ]
    with pytest.raises(UserError, match="which does not take one picture of 9 by 9 pixels as its card says"):
        onnx_features.read(write(tmp_path, nodes, (1, 3, 8, 8), size=9))


def test_files_that_are_not_there_or_no_networks_are_told(tmp_path):
    with pytest.raises(UserError, match="gone.onnx': no such file; accepted: an ONNX file with a card beside it"):
        keras_features.asked_for(str(tmp_path / "gone.onnx"), None)
    path = write(tmp_path, mean([2, 3]), (1, 3, 8, 8))
    with pytest.raises(UserError, match="'w.h5'; leave it out, since '.*net.onnx' holds its own weights"):
        keras_features.asked_for(str(path), "w.h5")
    path.write_text("text")
    with pytest.raises(UserError, match="net.onnx', which does not take one picture"):
        onnx_features.read(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(UserError, match="its card '.*net.json' does not exist; it must say name, size, mean"):
        onnx_features.read(path)


def test_one_number_a_picture_is_no_feature(tmp_path):
    with pytest.raises(UserError, match="whose output has 0 axes; features have 2, 3 or 4"):
        onnx_features.read(write(tmp_path, mean([0, 1, 2, 3]), (1, 3, 8, 8)))
