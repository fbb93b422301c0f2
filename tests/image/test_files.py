import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from japananime.base import files
from japananime.base.errors import UserError
from japananime.image import files as image_files

COLOR = (200, 100, 50)


def save(path, image, **options):
    image.save(path, **options)
    return path


def test_exif_rotation_is_applied(tmp_path):
    image = Image.new("RGB", (30, 20), "white")
    image.putpixel((0, 0), (0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned a quarter to the right
    picture = image_files.read(save(tmp_path / "turned.png", image, exif=exif))
    assert picture.rgb.shape == (30, 20, 3)
    assert picture.rgb[0, 19].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("mode", "fill", "expected"),
    [
        ("L", 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
        ("RGB", COLOR, COLOR),
        ("P", None, COLOR),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 257 * 100, (100, 100, 100)),
    ],
)
def test_modes(tmp_path, mode, fill, expected):
    if mode == "P":
        image = Image.new("RGB", (5, 4), COLOR).quantize(4)
    elif mode == "I;16":
        image = Image.fromarray(np.full((4, 5), fill, np.uint16))
    else:
        image = Image.new(mode, (5, 4), fill)
    picture = image_files.read(save(tmp_path / "picture.png", image))
    assert picture.rgb.shape == (4, 5, 3)
    assert picture.alpha is None
    assert (picture.rgb == expected).all()


def test_cmyk(tmp_path):
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    picture = image_files.read(save(tmp_path / "print.jpg", image, quality=100))
    assert np.abs(picture.rgb.astype(int) - [255, 0, 0]).max() < 4


def test_transparency_is_kept(tmp_path):
    image = Image.new("RGBA", (6, 5), (*COLOR, 255))
    image.putpixel((2, 1), (*COLOR, 40))
    picture = image_files.read(save(tmp_path / "glass.png", image))
    assert picture.alpha[1, 2] == 40
    assert (picture.rgb == COLOR).all()
    image_files.write(tmp_path / "again.png", picture)
    again = image_files.read(tmp_path / "again.png")
    assert np.array_equal(again.alpha, picture.alpha)


def test_palette_transparency_is_kept(tmp_path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([*COLOR, 0, 0, 0])
    picture = image_files.read(save(tmp_path / "icon.png", image, transparency=0))
    assert (picture.alpha == 0).all()


def test_opaque_alpha_is_no_transparency(tmp_path):
    assert image_files.read(save(tmp_path / "solid.png", Image.new("RGBA", (4, 4), COLOR))).alpha is None


def test_transparency_is_laid_on_white_for_jpeg_and_for_training(tmp_path):
    image = Image.new("RGBA", (16, 16), (0, 0, 0, 51))
    path = save(tmp_path / "shade.png", image)
    assert (image_files.read_rgb(path) == 204).all()  # 255 · (1 - 51/255)
    image_files.write(tmp_path / "shade.jpg", image_files.read(path))
    assert np.abs(image_files.read(tmp_path / "shade.jpg").rgb.astype(int) - 204).max() <= 1


def test_color_profile_travels(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = image_files.read(save(tmp_path / "photo.jpg", Image.new("RGB", (9, 9), COLOR), icc_profile=profile))
    assert picture.profile == profile
    for kind in ("jpg", "png", "webp"):
        image_files.write(tmp_path / f"out.{kind}", picture)
        assert image_files.read(tmp_path / f"out.{kind}").profile == profile


def truncated_jpeg(tmp_path):
    whole = save(tmp_path / "whole.jpg", Image.effect_noise((64, 64), 80).convert("RGB"))
    path = tmp_path / "truncated.jpg"
    path.write_bytes(whole.read_bytes()[:600])
    return path, "cannot be read"


def text(tmp_path):
    path = tmp_path / "text.png"
    path.write_text("hello")
    return path, r"not an image \(5 bytes\)"


def empty(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    return path, r"not an image \(0 bytes\)"


def header_bomb(tmp_path):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path, "megapixels"


def missing(tmp_path):
    return tmp_path / "missing.jpg", "no such file"


def folder(tmp_path):
    path = tmp_path / "folder.jpg"
    path.mkdir()
    return path, "cannot be read"


@pytest.mark.parametrize("make", [truncated_jpeg, text, empty, header_bomb, missing, folder])
def test_a_bad_file_is_named_with_the_reason(tmp_path, make):
    path, reason = make(tmp_path)
    with pytest.raises(UserError, match=reason) as error:
        image_files.read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_tiny_and_thin(tmp_path, size):
    assert image_files.read(save(tmp_path / "thin.png", Image.new("RGB", size, COLOR))).rgb.shape == (
        size[1],
        size[0],
        3,
    )


def test_find_sees_every_extension_in_any_case_and_any_name(tmp_path):
    wanted = ["a.jpg", "b.JPEG", "c.Png", "deep/d.webp", "deep/京都の駅.bmp", "name with spaces.TIFF"]
    others = ["notes.txt", "deep/film.mp4"]
    for name in [*wanted, *others, ".hidden.png", ".git/e.png"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    images, rest = image_files.find(tmp_path)
    assert images == sorted(tmp_path / name for name in wanted)
    assert rest == sorted(tmp_path / name for name in others)


def test_nothing_half_written(tmp_path, monkeypatch):
    path = tmp_path / "out.png"
    image_files.write(path, image_files.Picture(np.zeros((4, 4, 3), np.uint8)))
    before = path.read_bytes()

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        image_files.write(path, image_files.Picture(np.ones((4, 4, 3), np.uint8)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_jpeg_keeps_full_color_resolution(tmp_path):
    image_files.write(tmp_path / "out.jpg", image_files.Picture(np.zeros((16, 16, 3), np.uint8)))
    with Image.open(io.BytesIO((tmp_path / "out.jpg").read_bytes())) as image:
        assert all(layer[1:3] == (1, 1) for layer in image.layer)


def test_a_file_that_only_another_program_could_draw_is_no_picture(tmp_path):
    path = tmp_path / "drawing.jpg"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with pytest.raises(UserError, match="not an image"):
        image_files.read(path)
