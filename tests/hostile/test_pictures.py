"""Pictures that lie, are broken, or are no pictures: one line, or the right picture."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from .conftest import DAMAGES, damaged, write

SIZE = (40, 24)
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP", "tif": "TIFF"}


def photo(kind, mode="RGB", **options):
    """A small photo's file."""
    pixels = np.random.default_rng(5).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(content, FORMATS.get(kind, kind), **options)
    return content.getvalue()


def right(command, source):
    """Whether what was made is the source's picture turned round, as Pillow alone reads it."""
    (product,) = command.products
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(source) as before, Image.open(product) as after:
            assert after.size == before.size
            if product.suffix == ".png":
                assert np.array_equal(np.asarray(after.convert("RGB")), 255 - np.asarray(before.convert("RGB")))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged(command, kind, damage):
    source = write(command.inside / f"photo.{kind}", damaged(photo(kind), damage))
    if command(source) == 0:
        right(command, source)
    else:
        assert command.products == []
        assert str(source) in command.said


def chunk(kind, content, checksum=None):
    total = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", total)


def png(width, height, depth=8, color=2, rows=b"", before=b"", interlace=0):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    parts = (chunk(b"IHDR", header), before, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(*tags, order=b"II", first=8):
    """A TIFF of one directory; tags: (number, type, count, value)."""
    mark = "<" if order == b"II" else ">"
    entries = b"".join(struct.pack(f"{mark}HHII", *tag) for tag in sorted(tags))
    return order + struct.pack(f"{mark}HI", 42, first) + struct.pack(f"{mark}H", len(tags)) + entries + bytes(4)


def bmp(width, height, bits=24, offset=54):
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, offset, 40, width, height, 1, bits, 0, 0, 0, 0, 0, 0)


def gif(width, height, frames=b""):
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frames + b";"


def webp(width, height):
    size = (width - 1) | ((height - 1) << 14)
    body = b"\x2f" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body


def jpeg(width, height):
    plain = photo("jpg")
    place = plain.index(b"\xff\xc0")
    return plain[: place + 5] + struct.pack(">HH", height, width) + plain[place + 9 :]


BOMB = zlib.compress(bytes(30_000_000))
FAR = b"\x2c" + struct.pack("<HHHHB", 9, 9, 60_000, 60_000, 0) + b"\2\0"
SIDES = [(256, 3, 1, 60_000), (257, 3, 1, 60_000), (262, 3, 1, 2), (273, 4, 1, 8), (277, 3, 1, 3), (279, 4, 1, 9)]
LIARS = {
    "png of 40,000 pixels a side": ("png", png(40_000, 40_000)),
    "png of 2^31 pixels a side": ("png", png(2**31 - 1, 2**31 - 1)),
    "png of no width": ("png", png(0, 10)),
    "png without rows": ("png", png(30, 20)),
    "png of 3 bits": ("png", png(30, 20, depth=3)),
    "png of color 7": ("png", png(30, 20, color=7)),
    "png of rows too long": ("png", png(4, 4, rows=bytes(100_000))),
    "png with a wrong checksum": ("png", png(4, 4, before=chunk(b"gAMA", b"\0\0\0\1", 7))),
    "png with a text bomb": ("png", png(4, 4, rows=bytes(52), before=chunk(b"zTXt", b"a\0\0" + BOMB))),
    "png with a profile bomb": ("png", png(4, 4, rows=bytes(52), before=chunk(b"iCCP", b"a\0\0" + BOMB))),
    "png with a palette of no colours": ("png", png(4, 4, color=3, rows=bytes(20), before=chunk(b"PLTE", b""))),
    "png interlaced in an unknown way": ("png", png(4, 4, rows=bytes(52), interlace=9)),
    "png of a chunk longer than the file": ("png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR"),
    "jpeg of 65,000 pixels a side": ("jpg", jpeg(65_000, 65_000)),
    "jpeg of no height": ("jpg", jpeg(30, 0)),
    "jpeg of markers alone": ("jpg", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 1000 + b"\xff\xd9"),
    "jpeg of comments without end": ("jpg", b"\xff\xd8\xff\xfe\xff\xff" + b"x" * 1000),
    "gif of 65,535 pixels a side": ("gif", gif(65_535, 65_535)),
    "gif without frames": ("gif", gif(10, 10)),
    "gif of a frame outside of it": ("gif", gif(10, 10, FAR)),
    "webp of 16,384 pixels a side": ("webp", webp(16_384, 16_384)),
    "webp of a size that its file has not": ("webp", b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"\xff" * 30),
    "bmp of 100,000 pixels a side": ("bmp", bmp(100_000, 100_000)),
    "bmp of less than no height": ("bmp", bmp(10, -(2**31))),
    "bmp of 7 bits": ("bmp", bmp(10, 10, bits=7)),
    "bmp that begins behind its end": ("bmp", bmp(10, 10, offset=2**31)),
    "tiff of 60,000 pixels a side": ("tif", tiff(*SIDES)),
    "tiff whose directory is its own": ("tif", tiff((256, 3, 1, 4))[:-4] + struct.pack("<I", 8)),
    "tiff whose directory is nowhere": ("tif", tiff(first=2**31)),
    "tiff of a tag of 2^32 values": ("tif", tiff((256, 3, 2**32 - 1, 0), (257, 3, 1, 4))),
    "tiff of no channels": ("tif", tiff((256, 3, 1, 4), (257, 3, 1, 4), (277, 3, 1, 0))),
    "tiff of 65,535 channels": ("tif", tiff((256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (277, 3, 1, 65_535))),
    "tiff the other way round": ("tif", tiff((256, 3, 1, 4), order=b"MM")),
    "a drawing in PostScript": ("jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n"),
    "a page in PDF": ("png", b"%PDF-1.7\n1 0 obj<<>>endobj\n"),
    "a drawing in SVG": ("png", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    "a page of the web": ("webp", b"<!DOCTYPE html><img src=http://localhost/x.png>"),
    "a picture as text": ("bmp", b"P3\n99999 99999\n255\n"),
    "a picture as C": ("png", b"#define x_width 99999\n#define x_height 99999\nstatic char x_bits[] = {\n"),
    "an icon": ("png", b"\0\0\1\0\1\0" + bytes(16)),
    "a picture of a telescope": ("tif", b"SIMPLE  =                    T" + b" " * 2850),
    "an archive": ("png", b"PK\x03\x04" + bytes(60)),
    "a pickle": ("jpg", b"\x80\x04cos\nsystem\n(S'touch /tmp/x'\ntR."),
    "a program": ("jpg", b"\x7fELF\x02\x01\x01" + bytes(60)),
    "a file of letters": ("tiff", b"hello\n" * 50),
}  # fmt: skip


@pytest.mark.parametrize("name", LIARS)
def test_liars(command, name):
    kind, content = LIARS[name]
    # A GIF is read as a film if it moves, and as a picture by any other name.
    source = write(command.inside / f"photo.{'png' if kind == 'gif' else kind}", content)
    if command("--max-memory", "1500M", source) == 0:
        right(command, source)
    else:
        assert command.products == [] and str(source) in command.said


BROKEN_EXIF = {
    "nothing": b"",
    "no header": b"Exif\0\0",
    "a wrong order": b"Exif\0\0XX*\0\x08\0\0\0\0\0",
    "a directory that is nowhere": b"Exif\0\0II*\0\xff\xff\xff\x7f",
    "a directory of 65,535 tags": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(64),
    "an orientation that is a text": b"Exif\0\0" + tiff((0x0112, 2, 4, 0x58585858)),
    "an orientation of 2^31": b"Exif\0\0" + tiff((0x0112, 4, 1, 2**31)),
    "an orientation of many": b"Exif\0\0" + tiff((0x0112, 3, 60_000, 8)),
    "a directory inside of itself": b"Exif\0\0" + tiff((0x8769, 4, 1, 8), (0x0112, 3, 1, 1)),
}


@pytest.mark.parametrize("name", BROKEN_EXIF)
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_what_a_camera_says_may_be_broken_and_the_picture_is_whole(command, kind, name):
    source = write(command.inside / f"photo.{kind}", photo(kind, exif=BROKEN_EXIF[name]))
    assert command(source) == 0
    right(command, source)


@pytest.mark.parametrize("profile", [b"", b"x", b"\0" * 128, b"\xff" * 4000])
@pytest.mark.parametrize(("kind", "mode"), [("jpg", "RGB"), ("jpg", "CMYK"), ("png", "RGB"), ("tif", "CMYK")])
def test_a_broken_profile(command, kind, mode, profile):
    source = write(command.inside / f"photo.{kind}", photo(kind, mode, icc_profile=profile))
    assert command(source) == 0
    (product,) = command.products
    with Image.open(product) as made:
        assert made.size == SIZE


def test_one_bad_photo_stops_no_others(command):
    for damage in DAMAGES[:4]:
        write(command.inside / f"{damage}.png", damaged(photo("png"), damage))
    for kind in FORMATS:
        write(command.inside / f"good.{kind}", photo(kind))
    assert command(command.inside, bad=4) == 1
    assert len(command.products) == len(FORMATS)
    assert all(path.name.startswith("good") for path in command.products)
