"""The command `live`: from a generated picture to a film, a stream and nowhere, and how it ends."""

import os
import signal
import sys
import threading

import av
import numpy as np
import pytest

from japananime import live
from japananime.inference.loading import EngineOptions
from japananime.stylizing import live as live_stylizing
from japananime.video.live import feed as live_feed
from japananime.video.live.inputs import Camera

GENERATED = ("testsrc2=size=96x72:rate=20:duration=0.5", "--input-format", "lavfi")
ENDLESS = ("testsrc2=size=96x72:rate=20", "--input-format", "lavfi")


@pytest.fixture(autouse=True)
def inverse(monkeypatch):
    """In place of a network: light is dark."""
    monkeypatch.setattr(EngineOptions, "load", lambda options, style: lambda rgb: 255 - rgb)


def pictures(path, format=None):
    with av.open(path, format=format) as container:
        return [
            (frame.pts, live_feed.to_picture(frame, live_feed.colors_of(frame), alpha=False).rgb)
            for frame in container.decode(video=0)
        ]


def test_a_film_of_what_was_drawn(tmp_path, capsys):
    target = tmp_path / "new" / "made.mkv"
    assert live.main([*GENERATED, "--out", str(target), "--codec", "ffv1"]) == 0
    source = [rgb for _, rgb in pictures(GENERATED[0], "lavfi")]
    made = [255 - rgb for _, rgb in pictures(target)]
    # Frames may have been dropped on a busy machine; those that were drawn are the source's own, in their order.
    numbers = [next(number for number, rgb in enumerate(source) if (rgb == one).all()) for one in made]
    assert numbers[0] == 0 and numbers == sorted(set(numbers))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{len(made)} pictures in ")
    assert said.err.endswith(f"drawn at 96×72, {10 - len(made)} dropped\n")


def test_a_stream_for_another_program(tmp_path, capfd):
    near, far = os.pipe()
    kept = os.dup(1)
    os.dup2(far, 1)
    os.close(far)
    found = []

    def read():
        with os.fdopen(near, "rb") as stream:
            found.append(stream.read())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        status = live.main([*GENERATED, "--out", "-"])
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    reader.join(30)
    (tmp_path / "a.nut").write_bytes(found[0])
    made = pictures(tmp_path / "a.nut")
    assert (status, made[0][0], made[0][1].shape) == (0, 0, (72, 96, 3))
    first = 255 - pictures(GENERATED[0], "lavfi")[0][1].astype(int)
    assert np.median(np.abs(made[0][1] - first)) <= 2


def test_where_nobody_reads_any_more_it_ends_quietly(capfd):
    near, far = os.pipe()
    os.close(near)
    kept = os.dup(1)
    os.dup2(far, 1)
    os.close(far)
    try:
        status = live.main([*ENDLESS, "--out", "-"])
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert (status, capfd.readouterr().err) == (141, "")


@pytest.mark.parametrize("way", ["seconds", "signal"])
def test_it_ends_when_it_is_told_to_and_keeps_the_film(tmp_path, way, monkeypatch):
    end = ["--seconds", "0.3"]
    if way == "signal":
        end, show = [], live_stylizing.Meter.add

        def add(meter, *facts):
            show(meter, *facts)
            if meter.drawn == 3:
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(live_stylizing.Meter, "add", add)
    assert live.main([*ENDLESS, "--out", str(tmp_path / "a.mp4"), *end]) == 0
    made = pictures(tmp_path / "a.mp4")
    assert len(made) >= 1
    if way == "signal":
        assert len(made) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_what_breaks_off_is_told_and_what_came_is_kept(tmp_path, monkeypatch, capsys):
    decode = live_feed._images_of

    def torn(packet):
        if packet.pts == 4:
            raise av.error.OSError(5, "Input/output error")
        return decode(packet)

    monkeypatch.setattr(live_feed, "_images_of", torn)
    assert live.main([*GENERATED, "--out", str(tmp_path / "a.mkv")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"error: {GENERATED[0]} breaks off (Input/output error); what came before has been shown"
    assert 1 <= len(pictures(tmp_path / "a.mkv")) <= 4


def test_the_cameras_are_named(monkeypatch, capsys):
    seen = [Camera("/dev/video0", "Front"), Camera("/dev/video2", "Back\x1b[2J")]
    monkeypatch.setattr(live.live_inputs, "listed", lambda device: seen)
    assert live.main(["--list"]) == 0
    seen.clear()
    assert live.main(["--list"]) == 0
    assert capsys.readouterr().out == "Front: /dev/video0\nBack\\x1b[2J: /dev/video2\nno camera is seen here\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["flim.mp4"], "'flim.mp4' is neither a file nor camera, screen, test or an address"),
        (["test", "--rate", "0"], "--rate is 0.0; it must be 0.1 to 240"),
        (["test", "--out", "a.txt"], "--out is 'a.txt', which cannot hold --codec h264"),
        (["test", "--style", "portraits", "--out", "none"], "portraits"),
        (["/dev/video97", "--out", "none"], "the camera at /dev/video97 cannot be opened (No such file or directory)"),
        (["test", "--out", "camera"], "needs pyvirtualcam, which is not installed; install with: pip install"),
    ],
)
def test_what_cannot_be_is_one_line(arguments, message, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    assert live.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and message in said and said.count("\n") == 1
