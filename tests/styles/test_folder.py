import json

import keras
import numpy as np
import pytest

from japananime import evaluate, stylize
from japananime.base import cli
from japananime.base.errors import UserError, disk_is_full
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators, graph
from japananime.training.program import Exportable

RECIPE = {"width": 4, "residual_blocks": 1, "activation": "leaky_relu", "upsampling": "resize"}


@pytest.fixture
def generator():
    return residual_generator.build(**RECIPE)


@pytest.fixture
def folder(tmp_path, generator):
    generators.save(tmp_path / "style", Exportable("residual", RECIPE, generator), name="mine", license="CC0-1.0")
    return tmp_path / "style"


def test_a_saved_style_makes_the_same_pictures(folder, generator, random):
    photo = random.uniform(-1, 1, (1, 32, 40, 3)).astype("float32")
    difference = np.abs(np.asarray(generators.load(style_folder.find(folder))(photo)) - np.asarray(generator(photo)))
    assert difference.max() < 0.02  # half precision: about one level of 255


def test_weights_are_stored_in_half_precision(folder, generator):
    size = (folder / style_folder.WEIGHTS_FILE).stat().st_size
    generator.save_weights(folder / "full.weights.h5")
    full = (folder / "full.weights.h5").stat().st_size
    # Two bytes less for every number, less some padding of the file format.
    assert full - size == pytest.approx(2 * generator.count_params(), rel=0.1)


@pytest.mark.parametrize("error", [RuntimeError, OSError])
def test_a_full_disk_is_told_though_hdf5_buries_it(folder, generator, monkeypatch, error):
    def full(path):
        raise error(f"Disable slist on flush dest failure failed (filename = '{path}', errno = 28, error message = '')")

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(generator, "save_weights", full)
    with pytest.raises(OSError, match="No space left on device: .*style/generator.weights.h5'") as told:
        generators.save(folder, Exportable("residual", RECIPE, generator), name="mine")
    assert disk_is_full(told.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_style_says_of_itself(folder):
    style = style_folder.describe(folder)
    assert (style.name, style.network, style.arguments, style.license) == ("mine", "residual", RECIPE, "CC0-1.0")
    assert style_folder.find(folder).title == "mine"
    assert sorted(path.name for path in folder.iterdir()) == [
        style_folder.WEIGHTS_FILE,
        graph.GRAPH_FILE,
        style_folder.DESCRIPTION_FILE,
    ]


@pytest.mark.parametrize(
    ("trained", "size"),
    [
        ({}, 0),
        ({"size": 96, "framing": "crop"}, 0),
        ({"size": 96, "framing": "whole"}, 96),
        ({"size": 96, "framing": "anime proportions"}, 96),
        ({"framing": "bust"}, 0),
    ],
)
def test_the_squares_that_a_style_has_learnt(tmp_path, generator, trained, size):
    generators.save(tmp_path / "style", Exportable("residual", RECIPE, generator), name="mine", trained=trained)
    assert json.loads((tmp_path / "style" / style_folder.DESCRIPTION_FILE).read_text())["trained"] == trained
    found = style_folder.find(tmp_path / "style")
    assert (found.whole_size, found.bends_faces) == (size, trained.get("framing") == "anime proportions")


def test_styles_without_a_framing_have_learnt_crops(folder, tmp_path):
    described = json.loads((folder / style_folder.DESCRIPTION_FILE).read_text())
    del described["trained"]
    (folder / style_folder.DESCRIPTION_FILE).write_text(json.dumps(described))
    assert style_folder.find(folder).whole_size == 0
    assert {style_folder.find(name).whole_size for name in style_folder.bundled_for_photos()} == {0}
    (tmp_path / "one.keras").write_bytes(b"PK\x03\x04")
    assert style_folder.find(tmp_path / "one.keras").whole_size == 0


@pytest.mark.parametrize("size", [None, "128", 8, 4096, 99.5])
def test_squares_of_a_size_that_cannot_be(folder, size):
    described = json.loads((folder / style_folder.DESCRIPTION_FILE).read_text())
    described["trained"] = {"framing": "whole", "size": size}
    (folder / style_folder.DESCRIPTION_FILE).write_text(json.dumps(described))
    with pytest.raises(UserError, match="trained on whole squares of .* pixels; accepted: 16 to 2048"):
        style_folder.find(folder)


def test_found_by_folder_by_run_and_by_file(folder, generator):
    assert style_folder.find(str(folder)).path == folder
    assert style_folder.find(str(folder.parent)).path == folder
    file = folder.parent / "whole.keras"
    generator.save(file)
    assert style_folder.find(str(file)).path == file
    assert style_folder.find(file).title == "whole"
    photo = np.zeros((1, 16, 16, 3), "float32")
    np.testing.assert_allclose(
        np.asarray(generators.load(style_folder.find(file))(photo)), np.asarray(generator(photo)), atol=1e-6
    )


def test_bundled_default_is_there_and_whole():
    assert style_folder.DEFAULT in style_folder.bundled()
    for name in style_folder.bundled():
        style = style_folder.find(name).description
        assert style.name == name
        assert style.description
        assert style.license
        assert (style_folder.find(name).path / "card.md").is_file()


@pytest.mark.parametrize("name", ["nowhere", "checkpoints/nowhere"])
def test_unknown_names_are_answered_with_the_known(name):
    with pytest.raises(UserError, match=f"--style is '{name}'.*{style_folder.DEFAULT}"):
        style_folder.find(name)


def test_a_folder_that_is_no_style(tmp_path):
    with pytest.raises(UserError, match="a folder without style.json"):
        style_folder.find(str(tmp_path))


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ("{", "not a style's description"),
        ('{"name": "x"}', "not a style's description"),
        (json.dumps({"name": "x", "network": "evil", "arguments": {}}), "unknown network 'evil'; accepted: residual"),
        (json.dumps({"name": "x", "network": [], "arguments": {}}), "'network' is a list of 0; it must be a text"),
        (json.dumps({"name": "/../../evil", "network": "residual", "arguments": {}}), "the name is '/../../evil'"),
    ],
)
def test_a_broken_description(folder, description, message):
    (folder / style_folder.DESCRIPTION_FILE).write_text(description)
    with pytest.raises(UserError, match=message):
        generators.load(style_folder.find(folder))


def test_weights_of_another_network(folder):
    described = json.loads((folder / style_folder.DESCRIPTION_FILE).read_text())
    described["arguments"]["width"] = 8
    (folder / style_folder.DESCRIPTION_FILE).write_text(json.dumps(described))
    with pytest.raises(UserError, match="does not hold the weights") as error:
        generators.load(style_folder.find(folder))
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04\x95pickle"])
def test_a_file_that_is_no_model(tmp_path, content):
    path = tmp_path / "style.keras"
    path.write_bytes(content)
    with pytest.raises(UserError, match="style.keras': not a Keras model file"):
        generators.load(style_folder.find(path))


def test_a_model_that_makes_no_pictures(tmp_path):
    numbers = keras.Input((4,))
    keras.Model(numbers, keras.layers.Dense(2)(numbers)).save(tmp_path / "dense.keras")
    with pytest.raises(UserError, match="it must make pictures"):
        generators.load(style_folder.find(tmp_path / "dense.keras"))


def test_older_formats_are_refused_unread(tmp_path):
    path = tmp_path / "style.h5"
    path.write_bytes(b"")
    with pytest.raises(UserError, match="style.h5'; accepted as a file: a Keras model that ends in .keras"):
        generators.load(style_folder.find(path))


def test_a_model_file_that_would_run_code_is_refused(tmp_path):
    photo = keras.Input((None, None, 3))
    model = keras.Model(photo, keras.layers.Lambda(lambda x: x)(photo))
    model.save(tmp_path / "evil.keras")
    with pytest.raises(UserError, match="not a Keras model file"):
        generators.load(style_folder.find(tmp_path / "evil.keras"))


def test_one_bad_style_hides_no_other(tmp_path, monkeypatch, capsys):
    bundle = tmp_path / "checkpoints"
    for name, text in (
        ("a", '{"name": "a", "network": "n", "arguments": {}, "description": "words\\u001b"}'),
        ("b", "["),
    ):
        (bundle / name).mkdir(parents=True)
        (bundle / name / "style.json").write_text(text)
    monkeypatch.setattr(style_folder, "bundled_folder", lambda: bundle)
    assert stylize.main(["--list-styles"]) == 0
    told = capsys.readouterr()
    assert told.out == "a: words\\x1b\n"
    assert told.err.startswith(f"skipped: {bundle / 'b' / 'style.json'}: not a style's description (")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("photo.jpg", b"\xff\xd8\xff", "accepted as a file: a Keras model that ends in .keras"),
        ("model.h5", b"\x89HDF", "accepted as a file: a Keras model that ends in .keras"),
        ("model.keras", b"\x89HDF", "not a Keras model file"),
        ("model.keras", b"", "not a Keras model file"),
    ],
)
def test_the_wrong_kind_of_file_is_told_before_tensorflow_is_imported(tmp_path, monkeypatch, name, content, message):
    monkeypatch.setattr(cli, "load_tensorflow", lambda *besides: pytest.fail("TensorFlow"))
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        style_folder.find(path)


@pytest.mark.parametrize("command", ["stylize", "faces", "evaluate"])
def test_the_wrong_kind_of_style_is_told_before_tensorflow_is_imported(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(cli, "load_tensorflow", lambda *besides: pytest.fail("TensorFlow"))
    (tmp_path / "style.json").write_text('{"name": "x", "network": "n", "arguments": {}, "takes": "latent"}')
    (tmp_path / "photo.png").write_bytes(b"")
    photo, style = str(tmp_path / "photo.png"), str(tmp_path)
    main, arguments = {
        "stylize": (stylize.main, [photo, "--style", style]),
        "faces": (stylize.main, [photo, "--faces", style]),
        "evaluate": (evaluate.main, ["--photos", style, "--anime", style, "--out", f"{style}/out", "--style", style]),
    }[command]
    assert main(arguments) == 2
    said = "makes its pictures of no photo" if command == "evaluate" else "it makes characters from scratch"
    assert said in capsys.readouterr().err
