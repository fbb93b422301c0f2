"""Names that act upon a terminal, are not UTF-8, are long, or are no files."""

import io
import os
import socket

import pytest
from PIL import Image

from .conftest import write

NAMES = [
    b"\x1b[2J.png",
    b"\x1b]0;title\x07.png",
    b"\x1b]8;;x:y\x1b\\.png",
    b"a\rb.png",
    b"a\nb.png",
    b"a\tb.png",
    b"\x9b31m.png",
    b"\xff\xfe.png",
    b"caf\xe9.png",
    "\u202egnp.exe.png".encode(),
    "\u2066a\u2069.png".encode(),
    "\u200f.png".encode(),
    "\u2028.png".encode(),
    "\ufeff.png".encode(),
    "京都の駅.png".encode(),
    b" .png",
    b"-rf.png",
    b"--out.png",
    b"%s%n%d.png",
    b"{0}{name}.png",
    b"$(touch x).png",
    b"'\"`;|&.png",
    b"~.png",
    b"*.png",
    b"CON.png",
    b"a.png.png",
    b"a" * 251 + b".png",
    "京".encode() * 83 + b".png",
]


def png():
    content = io.BytesIO()
    Image.new("RGB", (8, 6), (200, 100, 50)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:20]))
def test_a_photo_of_any_name_in_a_folder_is_made(command, name):
    write(command.inside / os.fsdecode(name), png())
    assert command(command.inside) == 0
    (product,) = command.products
    with Image.open(product) as made:
        assert made.getpixel((0, 0)) == (55, 155, 205)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:20]))
def test_a_photo_of_any_name_by_itself(command, name):
    assert command(write(command.inside / os.fsdecode(name), png())) == 0
    assert len(command.products) == 1


@pytest.mark.parametrize("name", NAMES[:14], ids=lambda name: ascii(name[:20]))
@pytest.mark.parametrize("kind", [b".png", b".mp4", b".gif"])
def test_a_bad_file_of_any_name_is_one_line(command, name, kind):
    path = write(command.inside / os.fsdecode(name.replace(b".png", kind)), b"hello")
    assert command(path) == 1 or kind == b".gif"
    assert command(command.inside) in (1, 2)


@pytest.mark.parametrize("kind", [".png", ".mp4", ".gif", ".webp", ".tif"])
def test_pipes_and_sockets(command, monkeypatch, kind):
    write(command.inside / "good.png", png())
    os.mkfifo(command.inside / f"pipe{kind}")
    assert command(command.inside / f"pipe{kind}") == 2
    assert "a pipe; it must be a file" in command.said
    monkeypatch.chdir(command.inside)  # a socket's path has a shorter longest length
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"socket{kind}")
    assert command(command.inside / f"socket{kind}") == 2


def test_devices(command):
    (command.inside / "zero.png").symlink_to("/dev/zero")
    (command.inside / "null.mp4").symlink_to("/dev/null")
    for name in ("zero.png", "null.mp4"):
        assert command(command.inside / name) == 2
        assert "a device; it must be a file" in command.said


def test_links_that_lead_nowhere_round_or_up(command):
    write(command.inside / "good.png", png())
    (command.inside / "nowhere.png").symlink_to("no such")
    (command.inside / "self.png").symlink_to("self.png")
    (command.inside / "round").symlink_to(command.inside)
    assert command(command.inside) == 0
    assert len(command.products) == 1


def test_files_that_would_be_one_are_told_apart(command):
    for name in ("a.png", "A.png", "a.bmp", "a.tif", "a.TIF"):
        Image.new("RGB", (8, 6)).save(command.inside / name)
    assert command(command.inside) == 0
    assert len({path.name.lower() for path in command.products}) == 5
