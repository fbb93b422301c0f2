"""What draws for the page: faces in a style of their own, and one call at a time."""

from pathlib import Path

import numpy as np
import pytest
from samples import wild

from japananime.base.errors import UserError
from japananime.faces import proportions
from japananime.image import files as image_files
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable
from japananime.web.engines import Engines, Look

ASTRONAUT = Path(__file__).resolve().parents[2] / "Pretrain" / "origin" / "astronaut.jpg"
RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


class Inverse:
    def __call__(self, rgb):
        return 255 - rgb


@pytest.fixture
def engines(tmp_path, monkeypatch):
    recipe = Exportable("residual", RECIPE, wild(residual_generator.build(**RECIPE)))
    generators.save(tmp_path / "people", recipe, name="people", trained={"size": 24, "framing": "anime proportions"})
    monkeypatch.setattr(style_folder, "DEFAULT_FACES", str(tmp_path / "people"))
    return Engines(None, lambda style, **options: Inverse(), minutes=5)


def test_faces_are_drawn_in_their_own_style_and_the_rest_in_the_one_asked_for(engines):
    rgb = image_files.read_rgb(ASTRONAUT)
    plain = engines.drawing(Look("cel"))(rgb)
    drawing = engines.drawing(Look("cel", faces=True))
    made = drawing(rgb)
    assert np.array_equal(plain, 255 - rgb)
    (box,) = drawing.detect(rgb)
    square = proportions.around(box)
    bent = proportions.bend(rgb, square)
    there = np.any(made != 255 - bent, axis=-1)
    middle = slice(round(square.y) - 10, round(square.y) + 10), slice(round(square.x) - 10, round(square.x) + 10)
    assert there[middle].mean() > 0.9
    half = square.side // 2 + 1
    there[round(square.y) - half : round(square.y) + half, round(square.x) - half : round(square.x) + half] = False
    assert not there.any()


def test_where_nobody_is_the_photo_is_drawn_as_without(engines, random):
    rgb = random.integers(100, 120, (60, 80, 3)).astype(np.uint8)
    assert np.array_equal(engines.drawing(Look("cel", faces=True))(rgb), 255 - rgb)


@pytest.mark.parametrize("faces", [False, True])
def test_nothing_is_drawn_or_looked_for_after_its_time(engines, faces):
    drawing = engines.drawing(Look("cel", faces=faces))
    engines.stop_if_late = lambda deadline: (_ for _ in ()).throw(UserError("stopped after 5 minutes"))
    with pytest.raises(UserError, match="stopped after 5 minutes"):
        drawing(np.zeros((40, 40, 3), np.uint8))
