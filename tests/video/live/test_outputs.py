"""Where live pictures go: films and streams with the times at which pictures came, and a virtual camera's stand-in."""

import os
import sys
import threading
from fractions import Fraction

import av
import numpy as np
import pytest

from japananime.base.errors import UserError
from japananime.video.live import outputs as live_outputs
from japananime.video.live.outputs import Nowhere, Stream, VirtualCamera
from japananime.video.writing.codecs import CODECS

TIMES = (1000.0, 1000.1, 1000.1004, 1000.35)  # of which two are in one millisecond


def flat(level, height=36, width=64):
    return np.full((height, width, 3), level, np.uint8)


def frames(path, format=None):
    """[(time in milliseconds, mean level, height, width)] of a film."""
    with av.open(path, format=format) as container:
        return [
            (round(1000 * frame.time), round(float(frame.to_ndarray(format="rgb24").mean())), frame.height, frame.width)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "h264"), ("a.mp4", "h264"), ("a.mkv", "ffv1"), ("a.webm", "vp9")]
)
def test_a_film_has_pictures_of_one_size_at_the_times_they_came(tmp_path, name, codec):
    target = tmp_path / name
    with live_outputs.film(target, CODECS[codec], 36, 64) as display:
        for number, time in enumerate(TIMES):
            display.show(flat(50 * number, *((36, 64) if number % 2 else (18, 32))), time)
        assert not target.exists()
    found = frames(target)
    assert [time for time, *_ in found] == [0, 100, 101, 350]
    assert [one[2:] for one in found] == [(36, 64)] * 4
    assert np.abs(np.array([level for _, level, *_ in found]) - [0, 50, 100, 150]).max() <= 2
    assert list(tmp_path.iterdir()) == [target]


def test_a_film_without_loss_has_the_very_pictures(tmp_path):
    picture = np.random.default_rng(3).integers(0, 256, (37, 61, 3)).astype(np.uint8)
    with live_outputs.film(tmp_path / "a.mkv", CODECS["ffv1"], 37, 61) as display:
        display.show(picture, 0.0)
    with av.open(tmp_path / "a.mkv") as container:
        assert (next(container.decode(video=0)).to_ndarray(format="rgb24") == picture).all()


def test_where_nothing_came_there_is_no_film(tmp_path):
    with (
        pytest.raises(UserError, match=r"a.mp4: not written, since not one picture was made"),
        live_outputs.film(tmp_path / "a.mp4", CODECS["h264"], 36, 64),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_long_ago_is_removed(tmp_path):
    left, young = tmp_path / ".japananime-abcdefgh.part", tmp_path / ".japananime-abcdefgi.part"
    for path in (left, young):
        path.touch()
    os.utime(left, (0, 0))
    with live_outputs.film(tmp_path / "a.mkv", CODECS["h264"], 36, 64) as display:
        display.show(flat(1), 0.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [young.name, "a.mkv"]


def test_a_film_is_not_kept_where_something_went_wrong(tmp_path):
    with pytest.raises(ZeroDivisionError), live_outputs.film(tmp_path / "a.mkv", CODECS["h264"], 36, 64) as display:
        display.show(flat(1), 0.0)
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_stream_can_be_read_while_it_is_written(tmp_path):
    near, far = os.pipe()
    found = []

    def read():
        with os.fdopen(near, "rb") as stream:
            (tmp_path / "read").write_bytes(stream.read())
        found.extend(frames(tmp_path / "read"))

    reader = threading.Thread(target=read)
    reader.start()
    with Stream(f"pipe:{far}", "nut", 36, 64) as display:
        for number, time in enumerate(TIMES):
            display.show(flat(50 * number), time)
    os.close(far)
    reader.join(30)
    assert found == [(0, 0, 36, 64), (100, 50, 36, 64), (101, 100, 36, 64), (350, 150, 36, 64)]


def test_where_nobody_reads_any_more_it_ends():
    near, far = os.pipe()
    os.close(near)
    with pytest.raises(BrokenPipeError), Stream(f"pipe:{far}", "nut", 36, 64) as display:
        for _ in range(100):
            display.show(flat(0), 0.0)
    os.close(far)


class Camera:
    """pyvirtualcam's, as far as it is used."""

    def __init__(self, width, height, fps, device=None):
        if device == "/dev/video9":
            raise RuntimeError("'v4l2loopback' backend: not found\nsee the documentation")
        self.asked, self.device, self.sent, self.closed = (width, height, fps), device or "/dev/video7", [], False

    def send(self, picture):
        self.sent.append(picture)

    def close(self):
        self.closed = True


@pytest.fixture
def pyvirtualcam(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", type("Package", (), {"Camera": Camera}))


def test_a_virtual_camera_gets_pictures_of_its_size(pyvirtualcam):
    with VirtualCamera(36, 64, Fraction(25)) as display:
        display.show(flat(7), 0.0)
        display.show(flat(9, 18, 32), 0.1)
        display.idle()
    camera = display._camera
    assert (camera.asked, camera.closed, display.name) == ((64, 36, 25), True, "/dev/video7")
    assert [(one.shape, int(one.min()), int(one.max())) for one in camera.sent] == [
        ((36, 64, 3), 7, 7),
        ((36, 64, 3), 9, 9),
    ]
    assert VirtualCamera(36, 64, Fraction(1000), "mine")._camera.asked == (64, 36, 60)


def test_without_a_virtual_camera_one_line_says_what_to_do(pyvirtualcam, monkeypatch):
    with pytest.raises(
        UserError, match=r"there is no virtual one here \('v4l2loopback' backend: not found\); Linux: mod"
    ):
        VirtualCamera(36, 64, Fraction(25), "/dev/video9")
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(
        UserError, match=r"needs pyvirtualcam, which is not installed; install with: pip install .*\[live\]"
    ):
        VirtualCamera(36, 64, Fraction(25))


def test_nowhere():
    with Nowhere() as display:
        display.show(flat(0), 0.0)
        display.idle()
        assert display.closed is False
