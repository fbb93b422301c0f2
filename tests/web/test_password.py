"""What may be a password of the page; whether it is given, `test_headers` asks."""

import os

import pytest

from japananime.base.errors import UserError
from japananime.web import password


@pytest.mark.parametrize("content", ["geheim", "geheim\n", "geheim\r\nnote to myself\n", "g e:h\n", "京都"])
def test_the_first_line_is_the_password(tmp_path, content):
    (tmp_path / "file").write_bytes(content.encode())
    assert password.read(tmp_path / "file") == content.splitlines()[0]


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\nsecond", b"\xff", b"a" * 1001])
def test_what_is_none(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UserError, match=f"--password-file is '{tmp_path}/file'.* its first line must be the password"):
        password.read(tmp_path / "file")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read \(No such file"):
        password.read(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="a pipe; it must be a file"):
        password.read(tmp_path / "pipe")
