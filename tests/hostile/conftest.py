"""The command in this process, watched: what it says, how it ends, and what it opens, writes and deletes."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from japananime import stylize
from japananime.inference import loading

CHANGING = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "shutil.rmtree"}
REACHING_OUT = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.exec",
    "os.system",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_watched = []


def _hook(event, arguments):
    if not _watched:
        return
    if event in ("os.remove", "os.rmdir") and arguments[1] != -1:
        return  # a part of shutil.rmtree, which is seen itself
    if event in CHANGING or event in REACHING_OUT:
        _watched[-1].append((event, _name(arguments[0])))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        kind = "write" if (arguments[2] or 0) & WRITING else "read"
        _watched[-1].append((kind, os.fsdecode(arguments[0])))


def _name(of):
    """The path of a file that is named by its path or, being open, by its number."""
    return str(Path(f"/proc/self/fd/{of}").readlink()) if isinstance(of, int) else str(of)


sys.addaudithook(_hook)


def inverse(rgb):
    """What stands for the network."""
    return 255 - rgb


inverse.measure = lambda pictures: {}


def acts(letter):
    """Whether a terminal does more with a character than show it, by Unicode's own tables."""
    category, direction = unicodedata.category(letter), unicodedata.bidirectional(letter)
    return letter != "\n" and (category in ("Cc", "Cs", "Zl", "Zp") or direction in TURNING or letter in "\u200e\u200f")


class Command:
    """`stylize` with an engine of a line of arithmetic, and a secret beside its input that nobody may read."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.inside, self.out, self.secret = folder / "in", folder / "out", folder / "secret"
        self.inside.mkdir()
        self.secret.write_text("secret")
        self.said = ""

    def __call__(self, *arguments, bad=1):
        """Run it; its exit status, after all that must hold of every run. bad: files that cannot be made, if any."""
        seen = []
        _watched.append(seen)
        try:
            status = stylize.main([*map(os.fspath, arguments), "--out", os.fspath(self.out)])
        finally:
            _watched.pop()
        told = self.capsys.readouterr()
        self.said = told.out + told.err
        assert status in (0, 1, 2)
        assert "Traceback" not in self.said
        assert not [letter for letter in self.said if acts(letter)]
        problems = [line for line in told.err.splitlines() if not line.startswith("note: ")]
        assert len(problems) == bad * (status != 0), told.err
        assert all(line.startswith(("skipped: ", "error: ")) and len(line) < 900 for line in problems)
        self._check(seen)
        return status

    def _check(self, seen):
        allowed = (str(self.out), os.devnull)
        for event, path in seen:
            assert event not in REACHING_OUT, (event, path)
            assert event == "read" or path.startswith(allowed) or path.startswith("<"), (event, path)
            assert path != str(self.secret), (event, path)
        assert self.secret.read_text() == "secret"
        made = [path for path in self.folder.rglob("*") if path.is_file() and self.inside not in path.parents]
        assert all(path == self.secret or self.out in path.parents for path in made)
        assert not [path for path in self.out.rglob("*") if path.name.endswith((".part", ".writing"))]

    @property
    def products(self):
        """What was made."""
        return sorted(path for path in self.out.rglob("*") if path.is_file())


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(loading.EngineOptions, "load", lambda options, style: inverse)
    return Command(tmp_path, capsys)


def damaged(content, kind):
    """Bytes of a whole file as a bad disk, a cut connection or a stranger could leave them."""
    half, length = len(content) // 2, len(content)
    mixed = bytearray(content)
    for place in range(97, length, max(1, length // 40)):
        mixed[place] ^= 0x5A
    return {
        "nothing": b"",
        "a byte": content[:1],
        "its beginning": content[:64],
        "a tenth": content[: length // 10],
        "half": content[:half],
        "all but the end": content[: -max(8, length // 20)],
        "a hole": content[: half // 2] + bytes(half) + content[half // 2 + half :],
        "flipped bits": bytes(mixed),
        "its end": content[half:],
        "rubbish behind": content + bytes(range(256)) * 40,
        "twice": content * 2,
        "a kind too much": b"\x00" * 16 + content,
    }[kind]


DAMAGES = [
    *("nothing", "a byte", "its beginning", "a tenth", "half", "all but the end", "a hole", "flipped bits"),
    *("its end", "rubbish behind", "twice", "a kind too much"),
]


def write(path: Path, content):
    path.write_bytes(content)
    return path
