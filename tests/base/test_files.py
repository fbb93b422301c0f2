"""japananime.base.files: what a walk finds, whole files, names that fit."""

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from japananime.base import files, temporary
from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.video.reading import containers, film_frames

LONG = "a" * 250


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_walk_passes_by_what_is_hidden_and_what_is_unfinished(tmp_path):
    wanted = [tmp_path / name for name in ("a.mp4", "b/c.jpg", "b/d/e.mkv", "parts/f.mkv")]
    touch(*wanted, tmp_path / ".hidden" / "a.mkv", tmp_path / "b" / ".g.jpg")
    touch(tmp_path / "film-x.mp4.parts" / "made" / "000000.mkv")
    told = []
    assert files.walk(tmp_path, told.append) == wanted
    assert told == []
    assert containers.find(tmp_path) == [path for path in wanted if path.suffix != ".jpg"]
    assert image_files.find(tmp_path)[0] == [tmp_path / "b" / "c.jpg"]


def test_links_are_followed_once_and_in_no_circle(tmp_path):
    folder, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    touch(folder / "deep" / "a.jpg", elsewhere / "b.jpg")
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "other").symlink_to(elsewhere)
    (folder / "other again").symlink_to(elsewhere)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    assert files.walk(folder, pytest.fail) == [folder / "deep" / "a.jpg", folder / "other" / "b.jpg"]


def test_a_folder_that_cannot_be_read_is_one_line_and_the_rest_is_found(tmp_path, monkeypatch, capsys):
    touch(tmp_path / "a" / "1.jpg", tmp_path / "closed" / "2.jpg", tmp_path / "z" / "3.jpg")
    scandir = os.scandir

    def refusing(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(files.os, "scandir", refusing)
    assert files.walk(tmp_path) == [tmp_path / "a" / "1.jpg", tmp_path / "z" / "3.jpg"]
    assert capsys.readouterr().err == f"skipped: {tmp_path / 'closed'}: cannot be read (Permission denied)\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_pipes_and_sockets_are_refused_and_never_opened(tmp_path):
    pipe, door = tmp_path / "pipe.jpg", tmp_path / "door.mp4"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(door))
        told = []
        assert files.walk(tmp_path, told.append) == []
        assert told == [f"{door}: a socket, not a file", f"{pipe}: a pipe, not a file"]
        with pytest.raises(UserError, match="door.mp4: a socket; it must be a file"):
            film_frames.open_film(door)
    # In a process of its own, which reading the pipe would keep for ever.
    code = "import sys; from japananime.image import files as pictures; pictures.read(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, pipe], capture_output=True, text=True, timeout=60)
    assert "pipe.jpg: a pipe; it must be a file" in done.stderr


@pytest.mark.parametrize("name", ["a.png", LONG + ".png", "あ" * 83 + ".png"])
def test_a_file_of_any_legal_name_is_written_whole(tmp_path, name):
    path = tmp_path / name
    with files.whole(path) as unfinished:
        assert temporary.is_own(unfinished)
        assert not path.exists()
        unfinished.write_bytes(b"1")
    files.write_bytes(path, b"22")
    assert path.read_bytes() == b"22"
    with pytest.raises(ValueError), files.whole(path) as unfinished:
        unfinished.write_bytes(b"333")
        raise ValueError
    assert path.read_bytes() == b"22"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.ENOSPC, "No space left on device", "the source", None, "the other"),
        OSError(errno.EFBIG, "File too large"),
    ],
)
def test_what_could_not_be_written_is_named_by_its_own_name(tmp_path, error):
    path = tmp_path / "a.png"
    with pytest.raises(OSError, match=re.escape(f"{error.strerror}: '{path}'") + "$"), files.whole(path):
        raise error


def test_whatever_writes_to_a_folder_removes_what_a_killed_run_left_there(tmp_path):
    """An hour ago, under a name of japananime's own, marked or not; others' files and younger ones stay."""
    old = [".japananime-aaaaaaaa.part", ".japananime-0123abcd-aaaaaaaa.part", ".japananime-notmine.part", "mine.part"]
    touch(*(tmp_path / name for name in [*old, ".japananime-bbbbbbbb.part"]))
    for name in old:
        os.utime(tmp_path / name, (0, 0))
    files.write_bytes(tmp_path / "new", b"")
    assert {path.name for path in tmp_path.iterdir()} == {*old[2:], ".japananime-bbbbbbbb.part", "new"}


def test_what_is_marked_is_cleared_by_its_mark_alone(tmp_path):
    with temporary.marked("0123abcd"):
        mine, theirs = temporary.new_file(tmp_path), temporary.new_folder(tmp_path)
    other = temporary.new_file(tmp_path)
    for descriptor, _ in (mine, other):
        os.close(descriptor)
    temporary.clear(tmp_path, mark="89abcdef")
    assert mine[1].exists() and theirs.exists()
    temporary.clear(tmp_path, mark="0123abcd")
    assert list(tmp_path.iterdir()) == [other[1]]


def test_a_file_that_could_not_even_be_begun_is_named_too(tmp_path):
    path = tmp_path / "gone" / "a.png"
    with pytest.raises(FileNotFoundError, match=re.escape(f"'{path}'") + "$"):
        files.write_bytes(path, b"")


def test_an_error_over_another_file_names_that(tmp_path):
    with pytest.raises(FileNotFoundError, match="'other'$"), files.whole(tmp_path / "a.png"):
        raise FileNotFoundError(errno.ENOENT, "No such file", "other")


def test_a_fingerprint_is_of_place_size_and_time(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_bytes(b"1")
        os.utime(path, ns=(0, 0))
    first = files.fingerprint([one, other])
    assert files.fingerprint([other, one]) == first
    assert len({first, files.fingerprint([one]), files.fingerprint([other])}) == 3
    os.utime(one, ns=(0, 1))
    later = files.fingerprint([one, other])
    os.utime(one, ns=(0, 0))
    one.write_bytes(b"22")
    os.utime(one, ns=(0, 0))
    assert len({first, later, files.fingerprint([one, other])}) == 3
    # The first 16 digits of what sha256sum prints of an empty file.
    assert files.digest(b"") == "e3b0c44298fc1c14"


def test_names_fit():
    assert files.fitting("a", "-b.jpg") == "a-b.jpg"
    assert files.fitting("a" * 250, "b.jpg") == "a" * 250 + "b.jpg"
    long = [files.fitting(stem, "-new.jpg") for stem in ("a" * 250, "a" * 249 + "b", "あ" * 90)]
    assert len(set(long)) == 3
    assert all(252 < len(name.encode()) <= 255 and name.endswith("-new.jpg") for name in long)
    assert long[0].startswith("a" * 238 + "~")


def test_a_file_moved_to_another_disk_is_whole_in_one_of_the_two(tmp_path, monkeypatch):
    source, target = tmp_path / "a.png", tmp_path / "b.png"
    source.write_bytes(b"picture" * 1000)
    os.utime(source, ns=(10**18, 10**18))

    def elsewhere(self, other):
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(Path, "rename", elsewhere)

    def full(first, second):
        Path(second).write_bytes(b"pict")
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(shutil, "copy2", full)
        with pytest.raises(OSError, match="full"):
            files.move(source, target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    files.move(source, target)
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]
    assert target.read_bytes() == b"picture" * 1000 and target.stat().st_mtime_ns == 10**18


def test_a_move_that_is_refused_is_not_tried_another_way(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.move(tmp_path / "none", tmp_path / "b")
