"""One photo in every style on one sheet."""

import numpy as np
import pytest
from PIL import Image

from japananime import stylize
from japananime.image.color import Finish
from japananime.image.files import read_rgb
from japananime.styles import folder as style_folder
from japananime.stylizing import contact_sheets
from japananime.stylizing.contact_sheets import LABEL


def flat(level, height=40, width=60):
    return np.full((height, width, 3), level, np.uint8)


def test_cells_lie_in_rows_with_their_names_below():
    made = contact_sheets.sheet({"one": flat(10), "two": flat(20), "three": flat(30), "four": flat(40)}, across=3)
    assert made.shape == (2 * (40 + LABEL), 3 * 60, 3)
    cells = [made[top : top + 40, left : left + 60] for top in (0, 40 + LABEL) for left in (0, 60, 120)]
    assert [np.unique(cell).tolist() for cell in cells] == [[10], [20], [30], [40], [255], [255]]
    names = made[40 : 40 + LABEL]
    assert all((names[:, left : left + 60] < 128).any() for left in (0, 60, 120))


def test_large_pictures_are_shrunk_and_keep_their_proportions():
    assert contact_sheets.sheet({"a": flat(1, 200, 400)}, width=100, across=2).shape == (50 + LABEL, 200, 3)


def test_each_engine_sees_the_photo_and_is_finished_as_asked():
    engines = {"dark": lambda rgb: rgb // 2, "white": lambda rgb: np.full_like(rgb, 255)}
    made = contact_sheets.in_every_style(engines, Finish(strength=0.5))(flat(100))
    assert [made[20, left].tolist() for left in (30, 90, 150)] == [[100] * 3, [75] * 3, [178] * 3]


def test_the_command_makes_a_sheet_of_every_bundled_photo_style(tmp_path, capsys):
    rng = np.random.default_rng(3)
    pixels = np.concatenate([rng.integers(0, 256, (32, 48, 3)), np.full((32, 48, 1), 9)], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert stylize.main([str(tmp_path / "a.png"), "--style", "all", "--drawn-at", "0"]) == 0
    made = read_rgb(tmp_path / "a-all.png")
    names = style_folder.bundled_for_photos()
    assert made.shape == (-(-(1 + len(names)) // 3) * (32 + LABEL), 3 * 48, 3)
    alone = tmp_path / "alone.png"
    assert stylize.main([str(tmp_path / "a.png"), "--style", names[1], "--out", str(alone), "--drawn-at", "0"]) == 0
    place = made[:32, 2 * 48 : 3 * 48]  # the photo, the first, the second
    with Image.open(alone) as picture:
        np.testing.assert_array_equal(place, np.asarray(picture)[..., :3])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--preview", "3"], "--preview does not work with --style all"),
        (["--compare"], "--compare does not work with --style all"),
        (["--cluster", "local:2"], "--cluster does not work"),
    ],
)
def test_what_makes_no_sense_with_all(tmp_path, save, capsys, flags, message):
    path = save(tmp_path / "a.png", flat(3))
    assert stylize.main([str(path), "--style", "all", *flags]) == 2
    assert message in capsys.readouterr().err
