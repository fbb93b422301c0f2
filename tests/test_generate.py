"""Characters on the command line: the same for the same seed, sheets, ways between them, and what is refused."""

import av
import numpy as np
import pytest

from japananime import generate, stylize
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.image.sheets import grid
from japananime.inference import latent_search
from japananime.inference.characters import Characters
from japananime.networks import LATENT_GENERATORS, dcgan_generator, pixels, residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators, latents
from japananime.training.program import Exportable
from japananime.video import clips

RECIPE = {"latent": 6, "size": 16, "width": 2}
PHOTO_RECIPE = {"width": 2, "residual_blocks": 0}


@pytest.fixture
def style(tmp_path):
    model = dcgan_generator.build(**RECIPE)
    for variable in model.trainable_variables:
        variable.assign(20 * variable)  # so that characters differ by more than rounding
    generators.save(tmp_path / "faces", Exportable("dcgan", RECIPE, model, takes="latent"), name="faces")
    return tmp_path / "faces"


def test_latents_do_not_depend_on_their_number():
    assert np.array_equal(latents.draw(5, 4, 1)[:2], latents.draw(2, 4, 1))
    assert not np.array_equal(latents.draw(1, 4, 1), latents.draw(1, 4, 2))
    numbers = latents.draw(500, 4, 3)
    assert abs(numbers.mean()) < 0.1
    assert numbers.std() == pytest.approx(1, abs=0.1)


def test_the_way_is_an_arc():
    way = latents.between([1.0, 0.0], [0.0, 1.0], 3)
    np.testing.assert_allclose(way, [[1, 0], [np.sqrt(0.5), np.sqrt(0.5)], [0, 1]], atol=1e-6)
    way = latents.between([2.0, 0.0], [0.0, 1.0], 4)  # a third of a right angle: sin 60° · 2 and sin 30° · 1
    np.testing.assert_allclose(way[1], [np.sqrt(3), 0.5], rtol=1e-6)
    np.testing.assert_allclose(latents.between([1.0, 2.0], [1.0, 2.0], 3), [[1, 2]] * 3)
    np.testing.assert_allclose(latents.between([0.0, 0.0], [1.0, 1.0], 2), [[0, 0], [1, 1]])


def test_same_seed_same_characters_whatever_their_number(style):
    characters = Characters(style_folder.find(style))
    few, many = characters(3, seed=5), characters(20, seed=5)
    assert few.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(few, many[:3])
    assert len({picture.tobytes() for picture in many}) == 20
    assert not np.array_equal(few, characters(3, seed=6))
    ways = characters.between(3, seed=5, steps=4)
    assert ways.shape == (2, 4, 16, 16, 3)
    np.testing.assert_array_equal(ways[:, 0], few[:2])
    np.testing.assert_array_equal(ways[:, -1], few[1:])


def test_the_command_writes_characters_a_sheet_and_ways(style, tmp_path, capsys):
    out = tmp_path / "new" / "faces"
    arguments = ["--style", str(style), "--count", "6", "--seed", "2", "--interpolate", "--steps", "3"]
    assert generate.main([*arguments, "--out", str(out)]) == 0
    assert "6 characters, sheet.png, interpolation.png, interpolation.mp4 written" in capsys.readouterr().out
    names = [f"character-{number:04d}.png" for number in range(1, 7)]
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [*names, "interpolation.mp4", "interpolation.png", "sheet.png"]
    )
    made = np.stack([image_files.read_rgb(out / name) for name in names])
    np.testing.assert_array_equal(made, Characters(style_folder.find(style))(6, seed=2))
    sheet = grid(made, 2, list("123456"), line=generate.NUMBERS, letters=generate.NUMBERS - 2)
    np.testing.assert_array_equal(image_files.read_rgb(out / "sheet.png"), sheet)
    assert image_files.read_rgb(out / "interpolation.png").shape == (5 * 16, 3 * 16, 3)
    with av.open(str(out / "interpolation.mp4")) as film:
        stream = film.streams.video[0]
        shapes = [frame.to_ndarray(format="rgb24").shape for frame in film.decode(stream)]
        assert shapes == [(16, 16, 3)] * 15
        assert stream.average_rate == generate.RATE


@pytest.mark.parametrize(
    ("network", "recipe"),
    [
        ("dcgan", RECIPE),
        ("dcgan", {**RECIPE, "upsampling": "resize"}),
        ("skip_excitation", {"latent": 6, "size": 32, "width": 4}),
    ],
)
def test_characters_are_those_of_keras(network, recipe, tmp_path, random):
    """To a level: OpenVINO adds in another order."""
    model = LATENT_GENERATORS[network](**recipe)
    for variable in model.variables:
        value = np.abs(random.normal(1, 0.2, variable.shape)) if "variance" in variable.path else None
        variable.assign(random.normal(0, 0.5, variable.shape) if value is None else value)
    generators.save(tmp_path, Exportable(network, recipe, model, takes="latent"), name="faces")
    numbers = latents.draw(5, 6, 1)
    kept = generators.load_latent(style_folder.find(tmp_path))
    expected = np.asarray(pixels.to_bytes(kept(numbers, training=False)))
    made = Characters(style_folder.find(tmp_path)).make(numbers)
    assert np.ptp(expected) > 100
    assert np.abs(made.astype(int) - expected).max() <= 1


def test_variety_scales_the_numbers_and_mixing_halves_the_way(style):
    characters = Characters(style_folder.find(style))
    numbers = latents.draw(3, 6, 4)
    np.testing.assert_array_equal(characters(3, 4, variety=0.5), characters.make(numbers * np.float32(0.5)))
    crossed = characters.mixed([3, 1], 4)
    assert crossed.shape == (2, 2, 16, 16, 3)
    np.testing.assert_array_equal(crossed[[0, 1], [0, 1]], characters.make(numbers[[2, 0]]))
    half = latents.between(numbers[2], numbers[0], 3)[1]
    np.testing.assert_array_equal(crossed[0, 1], characters.make(half[None])[0])


def test_a_character_is_found_again_by_its_picture(style):
    characters = Characters(style_folder.find(style))
    wanted = characters(1, seed=77)[0]
    steps = []
    found = characters.make(characters.like(wanted, 1, lambda: steps.append(1))[None])[0]
    others = characters(64, seed=1)
    distances = ((latent_search.looks(others) - latent_search.looks(wanted[None])) ** 2).mean(axis=1)
    distance = ((latent_search.looks(found[None]) - latent_search.looks(wanted[None])) ** 2).mean()
    assert distance < 0.2 * distances.min()
    assert len(steps) == latent_search.STEPS


def test_looks_are_means_of_blocks():
    picture = np.zeros((1, 8, 8, 3), np.uint8)
    picture[0, :2, :2] = 255
    found = latent_search.looks(picture)[0]
    assert found.shape == (4 * 4 * 3 + 8 * 8 * 3,)
    np.testing.assert_allclose(found[:4], [0.25, 0.25, 0.25, -0.25])  # 1 or -1 over 4 blocks a side
    np.testing.assert_allclose(found[48:57], [0.125] * 6 + [-0.125] * 3)


def test_a_clip_that_fails_leaves_nothing(tmp_path):
    def pictures():
        yield np.zeros((16, 16, 3), np.uint8)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        clips.write(tmp_path / "clip.mp4", pictures(), 12)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--style", "PHOTO"], "it makes pictures of photos; use it with python -m japananime.stylize"),
        (["--style", "nowhere"], "--style is 'nowhere', neither a bundled style"),
        (["--style", "FACES", "--count", "0"], "--count is 0; it must be 1 to 10000"),
        (
            ["--style", "FACES", "--count", "1", "--interpolate"],
            "--count is 1; with --interpolate it must be 2",
        ),
        (["--style", "FACES", "--seed", "-1"], "--seed is -1; it must be 0 to"),
        (["--style", "FACES", "--steps", "1"], "--steps is 1; it must be 2 to 64"),
        (["--style", "FACES", "--variety", "0"], "--variety is 0.0; it must be above 0 and at most 1"),
        (["--style", "FACES", "--mix", "3"], "--mix is 3; accepted: 2 to 12 numbers of characters, each 1 to 10000"),
        (["--style", "FACES", "--mix", "0", "3"], "--mix is 0 3; accepted: 2 to 12 numbers"),
        (["--style", "FACES", "--like", "FILE"], "file"),
        (["--style", "FACES", "--out", "FILE"], "which is a file; it must be a folder"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(style, tmp_path, capsys, arguments, message):
    generators.save(
        tmp_path / "photo", Exportable("residual", PHOTO_RECIPE, residual_generator.build(**PHOTO_RECIPE)), name="photo"
    )
    (tmp_path / "file").touch()
    names = {"PHOTO": tmp_path / "photo", "FACES": style, "FILE": tmp_path / "file"}
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "out")]
    assert generate.main([str(names.get(argument, argument)) for argument in arguments] + out) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_stylize_refuses_a_style_that_makes_characters(style, tmp_path, capsys):
    from PIL import Image

    Image.new("RGB", (32, 32)).save(tmp_path / "photo.png")
    assert stylize.main(["--in", str(tmp_path / "photo.png"), "--style", str(style)]) == 2
    assert "makes characters from scratch; use it with python -m japananime.generate" in capsys.readouterr().err
    with pytest.raises(UserError, match="makes characters"):
        generators.load(style_folder.find(style))


def test_with_no_flag_the_bundled_style_makes_characters_of_many_colours(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert generate.main(["--count", "16"]) == 0
    assert capsys.readouterr().out == "16 characters, sheet.png written to characters\n"
    made = np.stack([image_files.read_rgb(path) for path in sorted((tmp_path / "characters").glob("character-*.png"))])
    assert made.shape == (16, 64, 64, 3)
    # All different, and none of one colour.
    means = made.mean(axis=(1, 2))
    assert np.linalg.norm(means[:, None] - means, axis=2)[~np.eye(16, dtype=bool)].min() > 2
    assert made.std(axis=(1, 2)).min() > 20
