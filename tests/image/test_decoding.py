"""Pictures unpacked in strips: the same pixels as at once, in bounded memory."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from japananime.base.errors import UserError
from japananime.image import decoding
from japananime.image import files as image_files
from japananime.image.color import Finish, blend, keep_colors


@pytest.mark.parametrize("orientation", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_every_orientation(tmp_path, random, orientation):
    image = Image.fromarray(random.integers(0, 256, (5, 7, 3), np.uint8))
    exif = Image.Exif()
    exif[decoding.ORIENTATION] = orientation
    image.save(tmp_path / "photo.png", exif=exif)
    with Image.open(tmp_path / "photo.png") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    assert np.array_equal(image_files.read(tmp_path / "photo.png").rgb, expected)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
def test_strips_make_the_whole(tmp_path, random, mode, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS", 4)
    image = Image.fromarray(random.integers(0, 256, (11, 6, 4), np.uint8), "RGBA").convert(
        "RGB" if mode == "P" else mode
    )
    image = image.quantize(16) if mode == "P" else image
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    image.save(path)
    picture = image_files.read(path)
    assert np.array_equal(picture.rgb, np.asarray(image.convert("RGBA" if "A" in mode else "RGB"))[..., :3])
    assert (picture.alpha is None) == ("A" not in mode)
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, np.asarray(image.getchannel("A")))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 0.25, 0.25], [0, 64, 64]),
        ([0.0, 1.0, 4.0], [0, 64, 255]),
        ([0.0, 100.0, 200.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([np.nan, np.inf, -np.inf], [0, 255, 0]),
        ([np.nan, np.inf, 2.0], [0, 255, 255]),
    ],
)
def test_fractions_are_as_light_as_their_range_says(tmp_path, levels, expected):
    Image.fromarray(np.array([levels], np.float32)).save(tmp_path / "photo.tif")
    assert image_files.read(tmp_path / "photo.tif").rgb[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("kind", "mode", "bytes_a_pixel"), [("png", "1", 16), ("png", "RGB", 16), ("webp", "RGB", 20), ("gif", "P", 16)]
)
def test_the_bound_is_on_bytes_as_worked_on(tmp_path, monkeypatch, kind, mode, bytes_a_pixel):
    monkeypatch.setattr(decoding, "LEAST", 0)
    path = tmp_path / f"photo.{kind}"
    Image.new(mode, (50, 40)).save(path)
    assert image_files.read(path, 2000 * bytes_a_pixel).rgb.shape == (40, 50, 3)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("unpacked"))
    with pytest.raises(UserError, match=r"50×40 pixels take about 0\.00 GB of memory, .*--max-memory") as error:
        image_files.read(path, 2000 * bytes_a_pixel - 1)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_finish_in_strips_is_the_finish(random):
    photo, picture = random.integers(0, 256, (2, 300, 5, 3), np.uint8)
    assert np.array_equal(Finish(0.3, True)(photo, picture), blend(photo, keep_colors(photo, picture), 0.3))
    assert np.array_equal(Finish(0.3)(photo, picture), blend(photo, picture, 0.3))
    assert Finish()(photo, picture) is picture
