"""A folder is held by one process at a time, and by none that has ended."""

import contextlib
import errno
import os
import subprocess
import sys

import pytest

from japananime.base import locking
from japananime.base.errors import UserError

HELD = """
import sys, pathlib
from japananime.base import locking
with locking.exclusive_lock(pathlib.Path(sys.argv[1]), "--out"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_is_there(tmp_path):
    with locking.exclusive_lock(tmp_path, "--out"):
        with (
            pytest.raises(UserError, match=f"--out is '{tmp_path}', where process {os.getpid()} is at work"),
            locking.exclusive_lock(tmp_path, "--out"),
        ):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [locking.LOCK]
    assert not list(tmp_path.iterdir())
    with locking.exclusive_lock(tmp_path, "--out"):
        pass


def test_a_killed_process_holds_nothing(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    with (
        pytest.raises(UserError, match=f"process {process.pid} is at work"),
        locking.exclusive_lock(tmp_path, "--out"),
    ):
        pass
    process.kill()
    process.communicate()
    assert (tmp_path / locking.LOCK).exists()  # what it left is no hindrance
    with locking.exclusive_lock(tmp_path, "--out"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_is_held_on_a_full_disk_too(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full_disk, contextlib.ExitStack() as held:
        full_disk.setattr(os, "write", full)
        held.enter_context(locking.exclusive_lock(tmp_path, "--out"))
        with pytest.raises(UserError, match="another process is at work"), locking.exclusive_lock(tmp_path, "--out"):
            pytest.fail("not held")
    assert not list(tmp_path.iterdir())
