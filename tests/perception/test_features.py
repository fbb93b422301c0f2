import keras
import numpy as np
import pytest

from japananime.base.errors import UserError
from japananime.perception import features


@pytest.fixture(scope="module")
def saved_backbone(tmp_path_factory):
    """A VGG19 of random weights and its official kind of file."""
    keras.utils.set_random_seed(3)
    backbone = keras.applications.VGG19(weights=None, include_top=False)
    path = tmp_path_factory.mktemp("vgg") / "vgg19_notop.weights.h5"
    backbone.save_weights(path)
    return backbone, path


def test_preparation_is_that_of_keras(random):
    levels = random.integers(0, 256, (1, 4, 5, 3)).astype("float32")
    expected = keras.applications.vgg19.preprocess_input(levels.copy())
    prepared = np.asarray(features._prepare(levels / 127.5 - 1.0))
    np.testing.assert_allclose(prepared, expected, atol=1e-4)


def test_features_are_those_of_the_file_before_activation(random, saved_backbone):
    backbone, path = saved_backbone
    model = features.vgg19(str(path), ("block2_conv2", "block4_conv4"))
    picture = random.uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    early, late = (np.asarray(tensor) for tensor in model(picture))
    prepared = keras.applications.vgg19.preprocess_input((picture + 1) * 127.5)
    activated = keras.Model(
        backbone.input, [backbone.get_layer(name).output for name in ("block2_conv2", "block4_conv4")]
    )
    for found, after in zip((early, late), activated(prepared), strict=True):
        assert found.min() < 0
        np.testing.assert_allclose(np.maximum(found, 0), np.asarray(after), rtol=2e-4, atol=2e-3)


def test_one_tap_gives_one_frozen_tensor(random):
    model = features.vgg19("random")
    assert model(random.uniform(-1, 1, (1, 16, 24, 3)).astype("float32")).shape == (1, 2, 3, 512)
    assert model.trainable_variables == []


def test_where_weights_come_from(tmp_path, monkeypatch):
    monkeypatch.delenv(features.VGG19.variable, raising=False)
    file = tmp_path / "vgg.h5"
    file.touch()
    assert features.find_weights(features.VGG19) == "imagenet"
    assert features.find_weights(features.VGG19, str(file)) == str(file)
    monkeypatch.setenv(features.VGG19.variable, str(file))
    assert features.find_weights(features.VGG19) == str(file)
    assert features.find_weights(features.VGG19, "random") == "random"


def test_missing_file_names_its_source(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="--vgg-weights is 'nowhere.h5'"):
        features.find_weights(features.VGG19, "nowhere.h5")
    monkeypatch.setenv(features.VGG19.variable, "elsewhere.h5")
    with pytest.raises(UserError, match=f"{features.VGG19.variable} is 'elsewhere.h5'"):
        features.find_weights(features.VGG19)


def test_wrong_file_is_named(tmp_path):
    file = tmp_path / "vgg.h5"
    file.write_text("not weights")
    with pytest.raises(UserError, match="vgg.h5' is not VGG19's no-top weights"):
        features.vgg19(str(file))


def test_failed_download_says_what_to_do(monkeypatch):
    def fail(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    with pytest.raises(UserError, match=f"--vgg-weights FILE.*{features.VGG19.variable}.*URL fetch failure"):
        features.vgg19("imagenet")


def test_unknown_tap():
    with pytest.raises(ValueError, match="block9_conv1"):
        features.vgg19("random", ("block9_conv1",))
