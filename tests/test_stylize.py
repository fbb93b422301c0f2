"""The command as a person uses it: files in, files out, through `main`."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageCms
from samples import paint, wild

from japananime import Stylizer, stylize
from japananime.image import files as image_files
from japananime.inference.loading import EngineOptions
from japananime.inference.two_passes import resize
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


@pytest.fixture
def style(tmp_path):
    folder = tmp_path / "tiny"
    generators.save(folder, Exportable("residual", RECIPE, residual_generator.build(**RECIPE)), name="tiny")
    return str(folder)


@pytest.fixture
def photos(tmp_path, random):
    folder = tmp_path / "photos"
    paint(folder / "a.jpg", random)
    paint(folder / "deep" / "京都.PNG", random, size=(33, 21))
    return folder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_keeps_its_tree_and_every_size(photos, style, capsys):
    assert stylize.main(["--in", str(photos), "--style", style]) == 0
    out = photos.with_name("photos-tiny")
    assert files(out) == ["a.jpg", "deep/京都.PNG"]
    for name in files(out):
        with Image.open(photos / name) as photo, Image.open(out / name) as picture:
            assert picture.size == photo.size
            assert np.abs(np.asarray(picture, int) - np.asarray(photo, int)).mean() > 5
    assert "2 of 2 pictures made" in capsys.readouterr().out


@pytest.fixture
def whole(tmp_path):
    """A style that has learnt whole squares of 24 pixels."""
    generator = wild(residual_generator.build(**RECIPE))
    trained = {"size": 24, "framing": "whole"}
    generators.save(tmp_path / "whole", Exportable("residual", RECIPE, generator), name="whole", trained=trained)
    return str(tmp_path / "whole")


def test_squares_go_through_a_style_of_squares_at_its_size(tmp_path, random, whole, capsys):
    rgb = image_files.read(paint(tmp_path / "face.png", random, size=(90, 96))).rgb
    assert stylize.main(["--in", str(tmp_path / "face.png"), "--style", whole]) == 0
    assert "--faces" not in capsys.readouterr().out
    alone = EngineOptions().load_tiling(style_folder.find(whole), margin=0)
    expected = resize(alone(resize(rgb, (24, 24))), rgb.shape)
    assert np.array_equal(image_files.read(tmp_path / "face-whole.png").rgb, expected)
    assert np.array_equal(Stylizer(whole)(rgb), expected)


def test_what_is_not_made_or_not_as_asked_is_told(tmp_path, random, style, capsys):
    """Earlier results of the style, photos where a preview is asked for, and a style that has learnt faces alone."""
    paint(tmp_path / "in" / "a.png", random, size=(48, 48))
    title = style_folder.find(style).title
    assert stylize.main([str(tmp_path / "in" / "a.png"), "--style", style, "--preview", "2"]) == 0
    assert "note: --preview is for films; photos are made whole" in capsys.readouterr().err
    assert stylize.main([str(tmp_path / "in"), "--style", style]) == 0
    made = tmp_path / "in" / f"a-{title}.png"
    assert f"note: 1 file was made earlier in this style, '{made}' for one, and passed over" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / f"in-{title}").iterdir()] == ["a.png"]
    assert stylize.main([str(tmp_path / "in" / "a.png"), "--style", "people"]) == 0
    told = "the style 'people' has learnt faces alone; --faces people draws those in a photo with it"
    assert told in capsys.readouterr().out


def test_other_shapes_go_through_it_as_they_are_and_are_told_of_faces(tmp_path, random, whole, style, capsys):
    for name, size in {"face": (48, 48), "wide": (40, 60), "tall": (60, 40)}.items():
        paint(tmp_path / "in" / f"{name}.png", random, size=size)
    assert stylize.main(["--in", str(tmp_path / "in"), "--style", whole]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "--faces" in line]
    assert told == [
        f"the style has learnt whole squares of 24 pixels, and 2 of 3 photos are of another shape, "
        f"'{tmp_path / 'in' / 'tall.png'}' for one; if they show people, --faces turns the faces in them alone"
    ]
    wide = image_files.read(tmp_path / "in" / "wide.png").rgb
    alone = EngineOptions().load_tiling(style_folder.find(whole))
    assert np.array_equal(image_files.read(tmp_path / "in-whole" / "wide.png").rgb, alone(wide))
    assert stylize.main(["--in", str(tmp_path / "in"), "--style", style]) == 0
    assert "--faces" not in capsys.readouterr().out


def test_one_file_goes_beside_itself(photos, style):
    assert stylize.main(["--in", str(photos / "a.jpg"), "--style", style]) == 0
    assert files(photos) == ["a-tiny.jpg", "a.jpg", "deep/京都.PNG"]


def test_paths_follow_the_command_and_in_adds_to_them(photos, style, capsys, random):
    for name in ("b.png", "c.png", "d.png"):
        paint(photos / name, random)
    a, b, c, d = (str(photos / name) for name in ("a.jpg", "b.png", "c.png", "d.png"))
    assert stylize.main([a, "--style", style]) == 0
    assert f"1 of 1 pictures made: {photos / 'a-tiny.jpg'}\n" in capsys.readouterr().out
    assert stylize.main([a, "--in", b, c, "--style", style, "--in", d, "--out", str(photos / "out"), a]) == 0
    assert files(photos / "out") == ["a-tiny.jpg", "b-tiny.png", "c-tiny.png", "d-tiny.png"]
    assert f"4 of 4 pictures made, in {photos / 'out'}\n" in capsys.readouterr().out


def test_one_file_to_a_name(photos, style):
    assert stylize.main(["--in", str(photos / "a.jpg"), "--style", style, "--out", str(photos / "b.webp")]) == 0
    with Image.open(photos / "b.webp") as picture:
        assert picture.format == "WEBP"


def test_again_gives_the_same_and_takes_no_output_for_input(photos, style):
    out = photos / "made"
    arguments = ["--in", str(photos), "--style", style, "--out", str(out)]
    assert stylize.main(arguments) == 0
    first = {name: (out / name).read_bytes() for name in files(out)}
    assert stylize.main(arguments) == 0
    assert {name: (out / name).read_bytes() for name in files(out)} == first


def test_a_bad_file_is_reported_and_the_rest_is_done(photos, style, capsys):
    (photos / "bad.jpg").write_text("no picture")
    assert stylize.main(["--in", str(photos), "--style", style]) == 1
    assert files(photos.with_name("photos-tiny")) == ["a.jpg", "deep/京都.PNG"]
    captured = capsys.readouterr()
    assert f"skipped: {photos / 'bad.jpg'}: not an image" in captured.err
    assert "2 of 3 pictures made" in captured.out


def test_strength_zero_gives_the_photo_back(photos, style):
    photo = photos / "deep" / "京都.PNG"
    out = photos / "same.png"
    assert stylize.main(["--in", str(photo), "--style", style, "--out", str(out), "--strength", "0"]) == 0
    assert np.array_equal(image_files.read(out).rgb, image_files.read(photo).rgb)


def test_compare_writes_both_side_by_side(photos, style):
    photo, out = photos / "deep" / "京都.PNG", photos / "out.png"
    assert stylize.main(["--in", str(photo), "--style", style, "--out", str(out), "--compare"]) == 0
    both = image_files.read(photos / "out-compare.png").rgb
    assert np.array_equal(both[:, :21], image_files.read(photo).rgb)
    assert np.array_equal(both[:, 21:], image_files.read(out).rgb)


def test_keep_colors_of_a_gray_photo_gives_gray(tmp_path, style, random):
    gray = Image.fromarray(random.integers(0, 256, (30, 30)).astype(np.uint8))
    gray.save(tmp_path / "gray.png")
    arguments = ["--in", str(tmp_path / "gray.png"), "--style", style, "--out", str(tmp_path / "out.png")]
    assert stylize.main([*arguments, "--keep-colors"]) == 0
    made = image_files.read(tmp_path / "out.png").rgb.astype(int)
    assert np.abs(made - made[..., :1]).max() == 0


def test_transparency_profile_and_rotation(tmp_path, style, random):
    image = Image.fromarray(random.integers(0, 256, (20, 30, 4)).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 3
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(tmp_path / "glass.png", exif=exif, icc_profile=profile)
    assert stylize.main(["--in", str(tmp_path / "glass.png"), "--style", style]) == 0
    made = image_files.read(tmp_path / "glass-tiny.png")
    assert made.profile == profile
    assert np.array_equal(made.alpha, np.asarray(image)[::-1, ::-1, 3])


def test_formats_that_are_not_written_become_png(tmp_path, style, random):
    for name in ("scan.tif", "scan.bmp"):
        paint(tmp_path / "in" / name, random)
    assert stylize.main(["--in", str(tmp_path / "in"), "--style", style]) == 0
    assert files(tmp_path / "in-tiny") == ["scan.bmp.png", "scan.tif.png"]


def test_nothing_is_overwritten(photos, style, capsys):
    before = (photos / "a.jpg").read_bytes()
    assert stylize.main(["--in", str(photos), "--style", style, "--out", str(photos)]) == 2
    assert "would overwrite" in capsys.readouterr().err
    assert stylize.main(["--in", str(photos / "a.jpg"), "--style", style, "--out", str(photos / "a.jpg")]) == 2
    assert (photos / "a.jpg").read_bytes() == before


def test_a_comparison_overwrites_nothing_either(photos, style, capsys, random):
    paint(photos / "a-tiny-compare.jpg", random)
    before = (photos / "a-tiny-compare.jpg").read_bytes()
    arguments = ["--in", str(photos / "a.jpg"), str(photos / "a-tiny-compare.jpg"), "--style", style, "--compare"]
    assert stylize.main(arguments) == 2
    assert "would overwrite" in capsys.readouterr().err
    assert (photos / "a-tiny-compare.jpg").read_bytes() == before


def test_a_picture_too_wide_for_its_format_is_skipped(tmp_path, style, capsys, random):
    paint(tmp_path / "wide.png", random, size=(8, 9000))
    arguments = ["--in", str(tmp_path / "wide.png"), "--style", style, "--out", str(tmp_path / "out.webp"), "--compare"]
    assert stylize.main(arguments) == 1
    assert "18000×8 pixels cannot be written so" in capsys.readouterr().err


def test_the_bundled_styles_are_listed(capsys):
    assert stylize.main(["--list-styles"]) == 0
    assert f"{style_folder.DEFAULT}: " in capsys.readouterr().out


def test_bfloat16_gives_nearly_the_same_picture_or_says_that_it_does_nothing(photos, style, capsys):
    for precision in ("float32", "bfloat16"):
        arguments = ["--in", str(photos / "a.jpg"), "--style", style, "--precision", precision]
        assert stylize.main([*arguments, "--out", str(photos / f"{precision}.png")]) == 0
    exact, fast = (image_files.read(photos / f"{name}.png").rgb.astype(int) for name in ("float32", "bfloat16"))
    assert np.abs(exact - fast).mean() < 3
    told = "note: --precision bfloat16 has no effect" in capsys.readouterr().err
    assert told == np.array_equal(exact, fast)


def test_a_processor_without_bfloat16_is_told_about_and_computes_in_float32(photos, style):
    arguments = ["--style", style, "--engine", "openvino", "--out", str(photos / "out.png")]
    made = {}
    for precision in ("float32", "bfloat16", "auto"):
        done = subprocess.run(
            [sys.executable, "-m", "japananime.stylize", str(photos / "a.jpg"), *arguments, "--precision", precision],
            env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("note: --precision bfloat16 has no effect") == (precision == "bfloat16")
        made[precision] = image_files.read(photos / "out.png").rgb
    assert np.array_equal(made["float32"], made["bfloat16"]) and np.array_equal(made["float32"], made["auto"])


def test_both_engines_make_the_same_picture(photos, style):
    for engine in ("openvino", "tensorflow"):
        arguments = ["--in", str(photos / "a.jpg"), "--style", style, "--engine", engine, "--precision", "float32"]
        assert stylize.main([*arguments, "--out", str(photos / f"{engine}.png")]) == 0
    one, other = (image_files.read(photos / f"{name}.png").rgb.astype(int) for name in ("openvino", "tensorflow"))
    assert np.abs(one - other).max() <= 1


def test_a_picture_needs_neither_tensorflow_nor_keras(photos, style):
    arguments = ["--in", str(photos / "a.jpg"), "--style", style]
    code = "import sys; from japananime import stylize; status = stylize.main(sys.argv[1:]); "
    code += "print(status, sorted({'tensorflow', 'keras', 'cv2', 'matplotlib', 'torch'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "0 []"


def test_two_inputs_for_one_output(photos, style, capsys, random):
    paint(photos / "other" / "a.jpg", random)
    arguments = ["--in", str(photos / "a.jpg"), str(photos / "other" / "a.jpg"), "--style", style]
    assert stylize.main([*arguments, "--out", str(photos / "out")]) == 2
    assert "would both become" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--in", "nowhere.jpg"], "--in is 'nowhere.jpg', which does not exist"),
        (["--in", "EMPTY"], "a folder without photos"),
        (["--in", "PHOTOS", "--style", "nothing"], "--style is 'nothing', neither a bundled style"),
        (["--in", "PHOTOS", "--strength", "1.5"], "--strength is 1.5; it must be 0 to 1"),
        (["--in", "PHOTOS", "--strength", "nan"], "--strength is nan; it must be a finite number"),
        (["--in", "PHOTOS", "--strength", "much"], "--strength is 'much'; it must be a number"),
        (["--in", "PHOTOS", "--precision", "int8"], "--precision is 'int8'; accepted: auto, float32, bfloat16"),
        (["--in", "PHOTOS", "--max-memory", "much"], "argument --max-memory: 'much' is not a size"),
        (["--in", "PHOTOS", "--max-memory", "1K"], "argument --max-memory: '1K' is not a size; accepted: 1M or more"),
        (["--in", "PHOTOS", "--engine", "abacus"], "--engine is 'abacus'; accepted: auto, openvino"),
        (["--in", "PHOTOS", "--nonsense"], "unrecognized arguments: --nonsense (--help tells what is accepted)"),
        (["--in", "PHOTOS/a.jpg", "--out", "PHOTOS/a.bmp"], "a picture can be written as .jpg, .png or .webp"),
        (["--in", "PHOTOS/a.jpg", "--out", "PHOTOS/b.jpg", "--format", "png"], "they must agree"),
        (["--in", "PHOTOS", "--quality", "0"], "--quality is 0; it must be 1 to 100"),
        (["--in", "PHOTOS", "--out", "PHOTOS/a.jpg"], "which is a file; it must be a folder"),
        (["--in", "PHOTOS", "--out", "PHOTOS/a.jpg/deep"], "cannot be written to"),
        (["PHOTOS", "--out", "PHOTOS/b.png"], "b.png', the name of one file, and 'PHOTOS' is given"),
        (["PHOTOS/a.jpg", "PHOTOS", "--out", "PHOTOS/b.png"], "the name of one file, and 2 inputs are given"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(tmp_path, photos, style, capsys, arguments, message):
    (tmp_path / "empty").mkdir()
    arguments = [a.replace("PHOTOS", str(photos)).replace("EMPTY", str(tmp_path / "empty")) for a in arguments]
    message = message.replace("PHOTOS", str(photos))
    before = files(tmp_path)
    assert stylize.main([*(() if "--style" in arguments else ("--style", style)), *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1
    assert files(tmp_path) == before
