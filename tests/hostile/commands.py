"""Whole commands as processes of their own: each ends within 20 seconds and 1.5 GB, in one line or with what was asked.

Those that are watched take what time they need: they ask nothing of another computer, and write where they should.

Takes minutes, so `make test` leaves it out: `make hostile`.
"""

import os
import resource
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from film_samples import film, scene
from PIL import Image
from samples import paint
from watching import Watch, calls

from .test_pictures import chunk

ROOT = Path(__file__).resolve().parents[2]
SECONDS, BYTES = 20, 1_500_000_000


class Ended:
    """What came of a process: its status, what it said on either stream, seconds and bytes."""

    def __init__(self, process, out, err, before):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.seconds, self.bytes = time.monotonic() - before, usage.ru_maxrss * 1024
        self.out, self.err = (stream.read_bytes().decode("utf-8", "surrogateescape") for stream in (out, err))


@pytest.fixture
def run(tmp_path):
    """A function that runs a command of japananime with limits, and holds it to what must be true of all."""

    def start(*arguments, file_size=None, module="stylize", wait=None, **environment):
        out, err = tmp_path / "out.txt", tmp_path / "err.txt"

        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if file_size:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        before = time.monotonic()
        with out.open("wb") as told, err.open("wb") as complained:
            process = subprocess.Popen(
                [sys.executable, "-m", f"japananime.{module}", *map(os.fspath, arguments)],
                cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=told, stderr=complained, preexec_fn=limit,
            )  # fmt: skip
        late = [False]
        signal.signal(signal.SIGALRM, lambda *_: (late.__setitem__(0, True), process.kill()))
        signal.alarm(SECONDS)
        if wait:
            wait(process)
        ended = Ended(process, out, err, before)
        signal.alarm(0)
        assert not late[0], "it took too long"
        assert ended.bytes < BYTES
        assert "Traceback" not in ended.err and "\x1b" not in ended.err + ended.out and "\r" not in ended.err
        problems = [line for line in ended.err.splitlines() if not line.startswith("note: ")]
        # Whoever ends a film is told how it goes on, and that it was ended.
        assert len(problems) == {0: 0, 128 + signal.SIGTERM: 2}.get(ended.status, 1), ended.err
        return ended

    return start


def one_bit(path, side):
    rows = zlib.compressobj(9)
    row = bytes(1 + -(-side // 8))
    packed = b"".join([*(rows.compress(row) for _ in range(side)), rows.flush()])
    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def flat(path, side, **options):
    Image.new(options.pop("mode", "RGB"), (side, side), options.pop("color", None)).save(path, **options)


LARGE = {
    "bits.png": lambda path: one_bit(path, 13_000),
    "flat.webp": lambda path: flat(path, 12_700, lossless=True, method=0, quality=0),
    "flat.gif.png": lambda path: flat(path, 12_700, mode="P", format="GIF"),
    "flat.jpg": lambda path: flat(path, 12_700),
    "gray.png": lambda path: flat(path, 12_700, mode="L"),
    "flat.tif": lambda path: flat(path, 12_700, compression="tiff_lzw"),
    "inks.tif": lambda path: flat(path, 8_000, mode="CMYK", compression="tiff_lzw"),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_pictures_are_refused_unread(run, tmp_path, name):
    LARGE[name](tmp_path / name)
    ended = run(name, "--out", "out", "--max-memory", "900M")
    assert ended.status == 1 and "may be used (--max-memory" in ended.err
    assert ended.bytes < 600_000_000


def test_a_picture_that_fits_is_made_within_what_may_be_used(run, tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).resize((4000, 3000)).save(tmp_path / "photo.jpg")
    ended = run("photo.jpg", "--out", "made.jpg", "--max-memory", "300M")
    assert ended.status == 0
    with Image.open(tmp_path / "made.jpg") as made:
        assert made.size == (4000, 3000)


def test_a_file_that_cannot_be_written_is_named(run, tmp_path):
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (400, 500, 3), np.uint8)).save(tmp_path / "photo.png")
    ended = run("photo.png", "--out", "made.png", file_size=100_000)
    assert ended.status in (1, 2) and "made.png: cannot be written (File too large)" in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["err.txt", "out.txt", "photo.png"]


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9", "av1", "prores", "ffv1"])
def test_encoders_say_nothing(run, tmp_path, codec):
    film(tmp_path / "film.mkv", 3)
    ended = run("film.mkv", "--out", "made.mkv" if codec != "vp9" else "made.webm", "--codec", codec)
    assert ended.status == 0 and ended.err == "" and ended.out.count("\n") == 1


def test_a_film_that_is_ended_goes_on(run, tmp_path):
    film(tmp_path / "film.mkv", 400, size=(96, 128), picture=scene)

    def end(process):
        while not list(tmp_path.glob("made.mkv.parts/made/*.json")) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)

    ended = run("film.mkv", "--out", "made.mkv", "--codec", "ffv1", wait=end)
    assert ended.status == 143
    ended = run("film.mkv", "--out", "made.mkv", "--codec", "ffv1")
    assert ended.status == 0 and "of them made before" in ended.out
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("module", ["stylize", "generate", "evaluate", "export"])
@pytest.mark.parametrize("style", ["pipe", "zero", "photo.jpg", "empty", "gone", "\x1b[2J", "text.keras"])
def test_what_is_no_style_is_told_at_once(run, tmp_path, module, style):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.keras").write_text("hello")
    flat(tmp_path / "photo.jpg", 8)
    arguments = {
        "stylize": ["photo.jpg"],
        "generate": ["--out", "out"],
        "evaluate": ["--photos", ".", "--anime", ".", "--out", "out"],
        "export": ["--to", "onnx", "--out", "made.onnx"],
    }[module]
    ended = run(*arguments, "--style", style, module=module)
    assert ended.status == 2 and ended.seconds < 10


@pytest.mark.parametrize(
    "variables", [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"HOME": "/nowhere"}]
)
def test_other_surroundings(run, tmp_path, variables):
    flat(tmp_path / "京都\udcff.png", 8)
    ended = run("京都\udcff.png", "--out", "made", **variables)
    assert ended.status == 0 and len(list((tmp_path / "made").iterdir())) == 1


WATCHED = {
    "evaluate": [
        ("japananime.evaluate", "--style", "cel", "--photos", "photos", "--anime", "anime", "--films", "film.mp4",
         *("--features", "vgg19", "--features-weights", "random", "--shown", "2", "--out", "scores")),
    ],
    "evaluate, characters": [
        ("japananime.evaluate", "--style", "portraits", "--anime", "anime", "--training", "photos", "--count", "4",
         *("--features", "mobilenet_v2", "--features-weights", "random", "--shown", "2", "--out", "scores")),
    ],
    "generate": [
        ("japananime.generate", "--count", "3", "--interpolate", "--steps", "2", "--mix", "1", "2",
         *("--like", "photos/0.png", "--out", "made")),
    ],
    "neural_style": [
        ("japananime.neural_style", "--content", "photos/0.png", "--style", "anime/0.png", "--vgg-weights", "random",
         *("--size", "64", "--iterations", "2", "--scales", "1", "--preview", "1", "--out", "painted.jpg")),
    ],
    "devices": [("japananime.devices",)],
    "styles": [
        ("japananime.shared_styles", "list"),
        ("japananime.shared_styles", "card", "cel"),
        ("japananime.shared_styles", "pack", "cel", "--out", "cel.zip"),
        ("japananime.shared_styles", "add", "cel.zip", "--name", "mine"),
        ("japananime.stylize", "photos/0.png", "--style", "mine", "--out", "made.png"),
        ("japananime.shared_styles", "remove", "mine"),
    ],
    "export to Keras": [("japananime.export", "--to", "keras", "--out", "cel.keras")],
    "export to SavedModel": [("japananime.export", "--to", "savedmodel", "--out", "cel")],
}  # fmt: skip
# Where added styles lie; the folder stays when the last one goes.
ADDED = [".local", ".local/share", ".local/share/japananime", ".local/share/japananime/styles"]


@pytest.mark.parametrize("name", WATCHED)
def test_nothing_is_asked_of_another_computer_nor_left_elsewhere(tmp_path, name):
    watch, chance = Watch(tmp_path / "watch"), np.random.default_rng(7)
    for kind in ("photos", "anime"):
        for number in range(3):
            paint(watch.out / kind / f"{number}.png", chance, size=(300, 300))
    film(watch.out / "film.mp4", 6)
    before = {path: path.read_bytes() for path in watch.out.rglob("*") if path.is_file()}
    _, said = watch.run("-c", calls(*WATCHED[name]))
    assert said.splitlines()[-1] == f"statuses: {[0] * len(WATCHED[name])}", said
    assert watch.seen() == (ADDED if name == "styles" else []), said
    assert {path: path.read_bytes() for path in before} == before
    assert name == "devices" or {path for path in watch.out.rglob("*") if path.is_file()} > before.keys()
