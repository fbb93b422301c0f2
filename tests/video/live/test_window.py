"""The window, on a screen in memory where Xvfb is installed: what it shows is read back from that screen."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from japananime.base.errors import UserError
from japananime.video.live import window as live_window
from japananime.video.live.feed import Feed
from japananime.video.live.inputs import Machine, understand
from japananime.video.live.window import Window, fitting

pytest.importorskip("tkinter")
WIDTH, HEIGHT = 640, 480


@pytest.mark.parametrize(
    ("shape", "room", "expected"),
    [
        ((36, 64), (72, 128), (72, 128)),
        ((36, 64), (100, 128), (72, 128)),
        ((36, 64), (72, 1000), (72, 128)),
        ((360, 640), (36, 20), (11, 20)),
        ((1000, 10), (50, 50), (50, 1)),  # half a pixel is one
    ],
)
def test_a_picture_fits_by_hand(shape, room, expected):
    assert fitting(*shape, room) == expected


@pytest.fixture(scope="module")
def screen():
    """The name of a screen in memory."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture
def on_screen(screen, monkeypatch):
    monkeypatch.setenv("DISPLAY", screen)
    return Machine("linux", {"DISPLAY": screen})


def seen(machine):
    """What is on the screen, uint8 (height, width, 3)."""
    with Feed(understand("screen", machine=machine)) as feed:
        return feed.picture(feed._first, 10_000)


def test_the_window_shows_the_picture_as_large_as_it_is(on_screen):
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[:, :50], picture[:, 50:] = (200, 40, 10), (10, 90, 220)
    with Window("a title", 120, 200) as display:
        display.show(picture[::2, ::2], 0.0)
        display._root.geometry("+100+50")
        for _ in range(20):
            display.idle()
        display.show(picture, 0.1)
        found = seen(on_screen)
        left, top = display._canvas.winfo_rootx(), display._canvas.winfo_rooty()
        assert (display._canvas.winfo_height(), display._canvas.winfo_width()) == (120, 200)
        assert not display.closed
    shown = found[top : top + 120, left : left + 200]
    assert (shown[:, :98] == (200, 40, 10)).all() and (shown[:, 102:] == (10, 90, 220)).all()


def test_what_is_larger_than_the_screen_is_made_smaller(on_screen):
    with Window("a title", 3000, 4000) as display:
        # 0.8 of 480 is 384 pixels, and four thirds of that 512.
        assert (display._canvas.winfo_reqheight(), display._canvas.winfo_reqwidth()) == (384, 512)


def test_it_follows_its_size_and_can_be_closed(on_screen):
    with Window("a title", 60, 100) as display:
        display._root.geometry("300x60")
        for _ in range(20):
            display.idle()
        display.show(np.full((60, 100, 3), 255, np.uint8), 0.0)
        assert display._canvas.coords(display._item) == [100.0, 0.0]  # in the middle, black at both sides
        display._root.focus_force()
        display._root.update()
        display._root.event_generate("<Key>", keysym="q")
        display.idle()
        assert display.closed


def test_the_screen_can_be_watched_in_part(on_screen):
    given = understand("screen:64x48+10+20", machine=on_screen)
    with Feed(given) as feed:
        assert (feed.width, feed.height) == (64, 48)
        assert feed.picture(feed._first, 48).max() == 0  # an empty screen is black


def test_without_a_screen_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setenv("DISPLAY", "")
    if sys.platform == "linux":
        with pytest.raises(UserError, match=r"--out is window, and there is none to be had here \(.*\); --out FILE"):
            Window("a title", 60, 100)
    monkeypatch.setitem(sys.modules, "tkinter", None)
    with pytest.raises(UserError, match="this Python lacks tkinter .*apt install python3-tk"):
        Window("a title", 60, 100)
    assert "--out camera" in live_window.WAY_OUT
