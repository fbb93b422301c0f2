"""Faces in a style and the rest as it was: around engines of arithmetic, and through the command."""

from pathlib import Path

import numpy as np
import pytest
from film_samples import film, frames
from PIL import Image
from samples import paint, wild

from japananime import stylize
from japananime.base.errors import UserError
from japananime.faces import detectors, proportions, skin, squares
from japananime.faces import engine as faces_engine
from japananime.faces.engine import FacesEngine
from japananime.image import files as image_files
from japananime.inference.loading import EngineOptions
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

ASTRONAUT = Path(__file__).resolve().parents[2] / "Pretrain" / "origin" / "astronaut.jpg"
# Her face with a margin of a fifth lies inside of this, and what its mask shows in full around the other.
AROUND, MIDDLE = (slice(30, 200), slice(140, 310)), (slice(90, 140), slice(200, 250))
RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


class Inverter:
    """An engine that can be followed by hand and notes what it is shown."""

    def __init__(self):
        self.shown = []

    def __call__(self, rgb):
        self.shown.append(rgb)
        return 255 - rgb


def detector(*boxes):
    return lambda rgb: np.array(boxes, np.float64).reshape(-1, len(boxes[0]) if boxes else 4)


@pytest.fixture
def style(tmp_path):
    """A style of two directions that was trained on faces of 24 pixels."""
    folder = tmp_path / "tiny"
    generator = wild(residual_generator.build(**RECIPE))
    words = {"name": "tiny", "trained": {"size": 24, "framing": "whole"}}
    generators.save(folder, Exportable("residual", RECIPE, generator), **words)
    generators.save(folder / "anime2photo", Exportable("residual", RECIPE, generator), **words)
    return str(folder)


def run(style, *arguments):
    return stylize.main(["--style", style, "--faces", *map(str, arguments)])


def changed(photo, picture):
    return np.any(photo != picture, axis=-1)


def test_every_face_is_shown_at_its_size_and_nothing_else_is_touched(random):
    photo = random.integers(0, 256, (100, 160, 3)).astype(np.uint8)
    engine = Inverter()
    # With a fifth of the size on every side: rows 24 to 66 and columns 24 to 66, and a small face in the corner.
    made = FacesEngine(engine, detector((30, 30, 30, 0.9), (140, 80, 20, 0.8)), size=16)(photo)
    assert [shown.shape for shown in engine.shown] == [(16, 16, 3)] * 2
    there = changed(photo, made)
    assert there[44:46, 44:46].all()
    assert there[90, 150]
    assert there[99, 150]
    there[24:66, 24:66] = there[76:, 136:] = False
    assert not there.any()


def test_as_found_a_face_is_shown_to_the_pixel(random):
    photo = random.integers(0, 256, (100, 160, 3)).astype(np.uint8)
    engine = Inverter()
    made = FacesEngine(engine, detector((30, 40, 30, 0.9)), margin=0.5)(photo)
    assert np.array_equal(engine.shown[0], photo[25:85, 15:75])
    assert np.array_equal(made[50:60, 40:50], 255 - photo[50:60, 40:50])


def test_the_surest_of_two_lies_on_top_and_both_are_of_the_photo():
    photo = np.full((60, 80, 3), 200, np.uint8)
    made = FacesEngine(Inverter(), detector((20, 20, 20, 0.9), (24, 20, 20, 0.8)), margin=0)(photo)
    assert np.unique(made[28:32, 28:36]).tolist() == [55]


def test_an_engine_that_changes_nothing_gives_the_photo_back(random):
    photo = random.integers(0, 256, (50, 60, 3)).astype(np.uint8)
    assert np.array_equal(FacesEngine(lambda rgb: rgb, detector((10, 10, 31, 0.9)))(photo), photo)


def test_without_a_face_there_is_nothing_to_make():
    assert FacesEngine(Inverter(), detector())(np.zeros((50, 60, 3), np.uint8)) is None


def test_the_rest_is_drawn_by_another_engine_and_passes_over_softly():
    photo = np.full((100, 120, 3), 60, np.uint8)
    photo[:, ::2] = 70
    engine = Inverter()
    picture = FacesEngine(engine, detector((30, 30, 40, 0.9)), margin=0, rest=lambda rgb: rgb // 2)(photo)
    assert np.array_equal(engine.shown[0], photo[30:70, 30:70])
    assert np.array_equal(picture[48:52, 40:60], 255 - photo[48:52, 40:60])
    outside = picture.copy()
    outside[30:70, 30:70] = (photo // 2)[30:70, 30:70]
    assert np.array_equal(outside, photo // 2)
    # From the face down to what is below it every step is small: 150 levels over six rows, none a jump.
    steps = np.diff(picture[50:72, 50, 0].astype(int))
    assert steps.min() > -60 and (steps <= 0).all() and steps.sum() == 35 - 185


def test_without_a_face_the_rest_is_drawn_all_the_same():
    photo = np.full((50, 60, 3), 100, np.uint8)
    assert np.array_equal(FacesEngine(Inverter(), detector(), rest=lambda rgb: rgb // 2)(photo), photo // 2)


def test_a_large_picture_is_looked_through_in_small():
    seen = []

    def detect(rgb):
        seen.append(rgb.shape)
        return np.array([[100.0, 200.0, 40.0, 0.9]])

    engine = Inverter()
    FacesEngine(engine, detect, margin=0)(np.zeros((2160, 2700, 3), np.uint8))
    assert seen == [(1080, 1350, 3)]
    assert engine.shown[0].shape == (80, 80, 3)


def test_a_large_photos_faces_are_drawn_as_small_first_as_the_photo_would_be():
    photo, engine = np.full((600, 800, 3), 60, np.uint8), Inverter()
    made = FacesEngine(engine, detector((200, 200, 100, 0.9)), margin=0.1, drawn_at=300)(photo)
    assert [shown.shape for shown in engine.shown] == [(60, 60, 3), (120, 120, 3)]
    # Turned round twice, and half of the tone of the first time: (60 + 195) / 2.
    assert made[250, 250].tolist() == [128, 128, 128]
    engine.shown.clear()
    FacesEngine(engine, detector((200, 200, 100, 0.9)), margin=0.1, drawn_at=700)(photo)
    FacesEngine(engine, detector((200, 200, 100, 0.9)), margin=0.1, drawn_at=300, size=64)(photo)
    # A photo that is hardly smaller than what is drawn first is drawn again enlarged, and so is its face.
    assert [shown.shape for shown in engine.shown] == [(120, 120, 3), (240, 240, 3), (64, 64, 3)]


def test_a_turned_face_is_shown_upright():
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[np.arange(100), np.arange(100)] = photo[np.arange(99), np.arange(1, 100)] = 255
    engine = Inverter()
    face = (30, 30, 40, 0.9, 42, 46, 58, 46 + 16 * np.tan(np.radians(15)))
    FacesEngine(engine, lambda rgb: np.array([face]))(photo)
    rows, columns = np.nonzero(engine.shown[0][..., 0] > 128)
    # A line that falls by 45 degrees falls by 30 when the picture is turned back by 15.
    assert np.degrees(np.arctan(np.polyfit(columns, rows, 1)[0])) == pytest.approx(30, abs=0.5)


# Her eyes 28 pixels apart: the square around them has a side of 100, from (50, 47) on.
WITH_MARKS = (60, 60, 60, 0.9, 86, 80, 114, 80, 100, 108)


def test_a_style_that_has_learnt_bent_faces_is_shown_bent_ones(random):
    photo = random.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    engine, rest = Inverter(), Inverter()
    made = FacesEngine(engine, detector(WITH_MARKS), rest=rest, bent=True)(photo)
    box = np.array(WITH_MARKS, float)
    assert np.array_equal(engine.shown[0], proportions.cut(photo, box))
    # What is not a face is drawn from the bent photo too, so that both fit along the edge.
    bent = proportions.bend(photo, proportions.around(box))
    assert np.array_equal(rest.shown[0], bent) and np.any(bent != photo)
    shown = engine.shown[0]
    drawn = squares.put_back(255 - bent, skin.keep(shown, 255 - shown), proportions.around(box))
    assert np.array_equal(made, drawn)


def test_a_face_turned_away_is_not_bent_but_drawn_as_the_rest(random):
    photo = random.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    turned = (60, 60, 60, 0.9, 92, 80, 108, 80, 104, 108)
    made = FacesEngine(Inverter(), detector(turned), rest=lambda rgb: rgb // 2, bent=True)(photo)
    assert np.array_equal(made, photo // 2)
    assert FacesEngine(Inverter(), detector(turned), bent=True)(photo) is None
    assert FacesEngine(Inverter(), detector(turned))(photo) is not None


def test_what_a_style_has_learnt_decides_whether_faces_are_bent(tmp_path):
    recipe = Exportable("residual", RECIPE, wild(residual_generator.build(**RECIPE)))
    options = EngineOptions("openvino", "float32", drawn_at=0)
    for framing, bent in (("whole", False), ("anime proportions", True)):
        generators.save(tmp_path / framing, recipe, name="tiny", trained={"size": 24, "framing": framing})
        there = faces_engine.load(style_folder.find(tmp_path / framing), options)
        assert (there.bent, there.size) == (bent, 24)
    with pytest.raises(UserError, match="--face-margin is 0.3; .* leave it out"):
        faces_engine.load(style_folder.find(tmp_path / "anime proportions"), options, margin=0.3)


def test_either_direction_looks_for_its_own_kind_of_faces(style):
    options, found = EngineOptions("openvino", "float32", drawn_at=0), style_folder.find(style)
    there = faces_engine.load(found, options)
    assert isinstance(there.detect, detectors.PhotoFaces)
    assert there.size == 24
    shown = []
    there.engine = lambda rgb: shown.append(rgb.shape) or rgb
    there.detect = detector((20, 20, 40, 0.9))
    there(np.zeros((100, 100, 3), np.uint8))
    assert shown == [(24, 24, 3)]
    back = faces_engine.load(found.in_direction("anime2photo"), options, size=0, margin=0.5)
    assert isinstance(back.detect, detectors.AnimeFaces)
    assert (back.size, back.margin) == (0, 0.5)


@pytest.mark.parametrize(
    "flags", [[], ["--face-size", "0"], ["--face-size", "64", "--face-margin", "0.3"], ["--max-memory", "1M"]]
)
def test_her_face_and_nothing_else(style, tmp_path, capsys, flags):
    out = tmp_path / "out.png"
    assert run(style, "--in", ASTRONAUT, "--out", out, *flags) == 0
    assert f"1 of 1 pictures made: {out}" in capsys.readouterr().out
    there = changed(image_files.read(ASTRONAUT).rgb, image_files.read(out).rgb)
    assert there[MIDDLE].mean() > 0.9
    there[AROUND] = False
    assert not there.any()


def test_the_bundled_style_makes_a_face_too(tmp_path):
    assert run("daylight", "--in", ASTRONAUT, "--out", tmp_path / "out.png", "--faces", "daylight", "--rest=photo") == 0
    photo, made = image_files.read(ASTRONAUT).rgb, image_files.read(tmp_path / "out.png").rgb
    assert np.abs(made[MIDDLE].astype(int) - photo[MIDDLE]).mean() > 5
    # Drawn, and still her face in her colours.
    assert np.abs(made[MIDDLE].mean((0, 1)) - photo[MIDDLE].mean((0, 1))).max() < 30


def test_one_style_for_faces_and_another_for_the_rest(style, tmp_path):
    photo = image_files.read(ASTRONAUT).rgb
    for name, flags in {
        "rest": ["--style", "daylight"],
        "faces": ["--style", style, "--faces"],
        "both": ["--style", "daylight", "--faces", style],
    }.items():
        arguments = ["--in", ASTRONAUT, "--out", tmp_path / f"{name}.png", *flags]
        assert stylize.main([str(argument) for argument in arguments]) == 0
    rest, faces, both = (image_files.read(tmp_path / f"{name}.png").rgb for name in ("rest", "faces", "both"))
    assert np.array_equal(both[MIDDLE], faces[MIDDLE])
    assert changed(photo, faces)[MIDDLE].mean() > 0.9
    there = changed(both, rest)
    there[AROUND] = False
    assert not there.any()


def test_strength_and_colors_work_on_faces(style, tmp_path):
    photo = image_files.read(ASTRONAUT).rgb.astype(int)
    for name, flags in {"full": [], "half": ["--strength", "0.5"], "gray": ["--keep-colors"]}.items():
        assert run(style, "--in", ASTRONAUT, "--out", tmp_path / f"{name}.png", *flags) == 0
    full, half, gray = (image_files.read(tmp_path / f"{name}.png").rgb.astype(int) for name in ("full", "half", "gray"))
    assert np.abs((photo + full) / 2 - half).max() <= 0.5
    inside = (gray - photo)[AROUND]
    free = np.all((gray[AROUND] > 0) & (gray[AROUND] < 255), axis=-1)
    assert inside[free].any()
    assert np.ptp(inside[free], axis=-1).max() <= 1
    assert np.array_equal(np.delete(gray, np.s_[30:200], 0), np.delete(photo, np.s_[30:200], 0))


def test_a_film_has_its_faces_drawn_and_nothing_else(style, tmp_path):
    whole = np.asarray(Image.open(ASTRONAUT).convert("RGB"))

    def panned(number, height, width):
        return whole[4 * number : 4 * number + height, 60 + 6 * number : 60 + 6 * number + width]

    source = film(tmp_path / "film.mkv", 6, size=(260, 320), codec="ffv1", kind="bgr0", picture=panned)
    assert run(style, "--in", source, "--codec", "ffv1") == 0
    for number, (_, made) in enumerate(frames(tmp_path / "film-tiny-faces.mkv")):
        there = changed(panned(number, 260, 320), made)
        top, left = 4 * number, 60 + 6 * number
        assert there[90 - top : 140 - top, 200 - left : 250 - left].mean() > 0.9
        there[30 - top if top < 30 else 0 : 200 - top, 140 - left : 310 - left] = False
        assert not there.any()


def test_turned_by_exif_and_transparent(style, tmp_path):
    upright = Image.open(ASTRONAUT).convert("RGBA")
    upright.putalpha(Image.linear_gradient("L").resize(upright.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    assert run(style, "--in", tmp_path / "turned.png") == 0
    made = image_files.read(tmp_path / "turned-tiny-faces.png")
    assert np.array_equal(made.alpha, np.asarray(upright)[..., 3])
    there = changed(np.asarray(upright)[..., :3], made.rgb)
    assert there[MIDDLE].mean() > 0.9
    there[AROUND] = False
    assert not there.any()


def test_a_picture_without_a_face_is_left_as_it_is_and_counted(style, tmp_path, capsys, random):
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "her.jpg").write_bytes(ASTRONAUT.read_bytes())
    paint(folder / "empty.jpg", random)
    paint(folder / "deep" / "void.PNG", random)
    paint(folder / "scan.bmp", random)
    assert run(style, "--in", folder, "--compare") == 0
    told = capsys.readouterr().out
    assert f"4 of 4 pictures made, 3 without a face, in {tmp_path / 'people-tiny-faces'}" in told
    out = tmp_path / "people-tiny-faces"
    for name in ("empty.jpg", "deep/void.PNG"):
        assert f"no face found, left unchanged: {folder / name}" in told
        assert (out / name).read_bytes() == (folder / name).read_bytes()
    assert np.array_equal(image_files.read(out / "scan.png").rgb, image_files.read(folder / "scan.bmp").rgb)
    both = image_files.read(out / "scan-compare.png").rgb
    assert np.array_equal(both, np.concatenate([image_files.read(folder / "scan.bmp").rgb] * 2, axis=1))
    assert changed(image_files.read(out / "her.jpg").rgb, image_files.read(ASTRONAUT).rgb)[MIDDLE].mean() > 0.9


def test_without_a_face_the_format_asked_for_is_written(style, tmp_path, random):
    paint(tmp_path / "empty.png", random)
    assert run(style, "--in", tmp_path / "empty.png", "--format", "webp") == 0
    with Image.open(tmp_path / "empty-tiny-faces.webp") as made:
        assert made.format == "WEBP"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--faces", "--in", "FOLDER/a.png", "--face-size", "8"], "--face-size is 8; it must be 0, or 16 to 2048"),
        (
            ["--faces", "--in", "FOLDER/a.png", "--face-margin", "nan"],
            "--face-margin is nan; it must be a finite",
        ),
        (["--in", "FOLDER/a.png", "--face-size", "64"], "--face-size is 64, which says something about --faces"),
        (["--in", "FOLDER/a.png", "--face-margin", "0"], "--face-margin is 0, which says something about --faces"),
    ],
)
def test_what_cannot_be_done_is_one_line(style, tmp_path, random, capsys, arguments, message):
    paint(tmp_path / "in" / "a.png", random)
    (tmp_path / "in" / "clip.mp4").touch()
    folder = str(tmp_path / "in")
    assert stylize.main(["--style", style, *(text.replace("FOLDER", folder) for text in arguments)]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert message.replace("FOLDER", folder) in error
    assert len(error.splitlines()) == 1
