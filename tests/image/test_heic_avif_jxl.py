"""HEIC, AVIF and JPEG XL: read like any other photo, under any name, and named where they cannot be."""

import importlib.util

import numpy as np
import pytest
from PIL import Image, features

from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.image import heic_avif_jxl


def needs(there, reason):
    return pytest.mark.skipif(not there, reason=reason)


def installed(package):
    return importlib.util.find_spec(package) is not None


WAYS = {
    "HEIF": pytest.param(heic_avif_jxl.HEIF, marks=needs(installed("pillow_heif"), "pillow-heif is not installed")),
    "AVIF": pytest.param(heic_avif_jxl.AVIF, marks=needs(features.check("avif"), "this Pillow has no AVIF")),
    "JXL": pytest.param(heic_avif_jxl.JXL, marks=needs(installed("pillow_jxl"), "pillow-jxl-plugin is missing")),
}


@pytest.fixture
def write(tmp_path):
    """(format, name, options) -> path of a photo: 48 by 32 pixels, red above blue."""

    def go(kind, name, **options):
        if kind.package:
            package = __import__(kind.package)
            getattr(package, "register_heif_opener", lambda: None)()
        pixels = np.zeros((32, 48, 3), np.uint8)
        pixels[:16, :, 0] = pixels[16:, :, 2] = 200
        Image.fromarray(pixels).save(tmp_path / name, format=kind.name, quality=95, **options)
        return tmp_path / name

    return go


def corners(rgb):
    return [[int(round(value, -2)) for value in rgb[place].tolist()] for place in ((3, 3), (-4, 3))]


@pytest.mark.parametrize("kind", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("ending", [".own", ".jpg"])
def test_read_by_what_it_is(write, kind, ending):
    path = write(kind, "photo" + (ending if ending == ".jpg" else f".{kind.words[-4:].lower()}"))
    picture = image_files.read(path)
    assert picture.rgb.shape == (32, 48, 3) and picture.rgb.dtype == np.uint8
    assert corners(picture.rgb) == [[200, 0, 0], [0, 0, 200]]
    assert image_files.size(path) == (48, 32)


@pytest.mark.parametrize("kind", WAYS.values(), ids=WAYS)
def test_turned_once(write, kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right: what was on the left is above
    rgb = image_files.read_rgb(write(kind, "photo.heic", exif=exif.tobytes()))
    assert rgb.shape == (48, 32, 3)
    assert [[int(round(value, -2)) for value in rgb[place].tolist()] for place in ((3, 3), (3, -4))] == [
        [0, 0, 200],
        [200, 0, 0],
    ]


def test_without_the_package_the_way_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(heic_avif_jxl.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(heic_avif_jxl.features, "check", lambda name: False)
    for beginning, words in (
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC, which takes a further package: pip install"),
        (b"\xff\x0a\xfa\x1f\x01\0\0\0\0\0\0\0", "JPEG XL, which takes a further package: pip install"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF, which this Pillow does not read; 11.3"),
    ):
        (tmp_path / "a.heic").write_bytes(beginning)
        with pytest.raises(UserError, match=words):
            image_files.read(tmp_path / "a.heic")


@pytest.mark.parametrize("beginning", [b"", b"\0\0\0\x18ftypqt  \0\0\0\0", b"\xff\xd8\xff\xe0", b"GIF89a"])
def test_what_is_none_of_them(beginning):
    assert heic_avif_jxl.of(beginning) is None


def test_other_kinds_are_counted(tmp_path, capsys):
    for name in ("a.jpg", "b.HEIC", "c.CR2", "d.cr2", "notes.txt", "README", ".hidden"):
        (tmp_path / name).touch()
    assert [path.name for path in image_files.images(tmp_path)] == ["a.jpg", "b.HEIC"]
    assert capsys.readouterr().err == (
        f"note: {tmp_path}: 4 files of other kinds are passed over: 2 .cr2, 1 without an ending, 1 .txt\n"
    )
    for name in ("c.CR2", "d.cr2", "notes.txt", "README"):
        (tmp_path / name).unlink()
    for name in ("frames.csv", "state.json"):
        (tmp_path / name).touch()  # what the tools keep themselves is no news
    image_files.images(tmp_path)
    assert capsys.readouterr().err == ""
