"""Live pictures: always the newest, as large as they can be drawn; by a clock that only the drawing moves."""

import numpy as np
import pytest

from japananime.base.errors import UserError
from japananime.image.color import Finish
from japananime.stylizing import live
from japananime.stylizing.live import LiveStylizer, Meter
from japananime.stylizing.live_size import WorkingSize, ladder
from japananime.video.live.feed import Arrival
from japananime.video.live.inputs import Input
from japananime.video.live.mailbox import Mailbox

CAMERA_RATE = 32  # whose parts are exact in binary


class World:
    """A camera, a network and a display in one thread: time passes while a picture is drawn, and frames come then.

    A frame is its number. cost: short side -> seconds that drawing takes. count: frames until the camera ends.
    """

    def __init__(self, cost, count):
        self.now, self.came, self.count, self.cost = 0.0, 0, count, cost
        self.mailbox, self.closed, self.shown = Mailbox(), False, []
        self.sides, self.lines = [], []

    def clock(self):
        return self.now

    def pass_on(self, seconds):
        """Let time pass, and what comes in it come."""
        self.now += seconds
        while self.came < self.count and self.came / CAMERA_RATE <= self.now:
            self.mailbox.put(Arrival(self.came, self.came / CAMERA_RATE))
            self.came += 1
        if self.came == self.count:
            self.mailbox.close()

    def unpack(self, number, side):
        self.sides.append(side)
        return np.full((side, 2 * side, 3), number, np.uint8)

    def draw(self, photo):
        self.pass_on(self.cost(photo.shape[0]))
        return photo

    def show(self, picture, time):
        self.shown.append((int(picture[0, 0, 0]), time))

    def idle(self):
        self.pass_on(self.came / CAMERA_RATE - self.now)

    def run(self, size, **more):
        self.pass_on(0.0)

        def report(meter):
            self.lines.append(str(meter))

        return live.run(self.mailbox, self.unpack, self.draw, self, size, report=report, clock=self.clock, **more)


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    monkeypatch.setattr(live, "IDLE", 0)


def test_frames_that_come_while_one_is_drawn_give_way_to_the_newest():
    """Thirty-two frames a second, and an eighth of a second for one: every fourth is drawn, as soon as it is there."""
    world = World(lambda side: 1 / 8, 33)
    meter = world.run(WorkingSize([8], 10))
    assert world.shown == [(number, number / 32) for number in range(0, 33, 4)]
    assert (meter.drawn, meter.dropped, meter.seconds) == (9, 24, 9 / 8)
    assert (meter.rate, meter.delay) == (8, 125)
    assert world.lines[-1] == "8.0 pictures/s, delay 125 ms, drawn at 16×8, 24 dropped"
    assert len(world.lines) == 9


def test_the_newest_may_have_waited_for_a_moment():
    """As long as one and a half frames for each: frames 0, 1, 3, 4, 6, ..., every other begun half a frame late."""
    world = World(lambda side: 3 / 64, 12)
    meter = world.run(WorkingSize([8], 10))
    assert [number for number, _ in world.shown] == [0, 1, 3, 4, 6, 7, 9, 10, 11]
    assert list(meter.delays)[:4] == [3 / 64, 4 / 64, 3 / 64, 4 / 64]
    assert meter.dropped == 3


def test_a_network_that_is_quicker_than_the_camera_drops_nothing():
    world = World(lambda side: 1 / 64, 20)
    meter = world.run(WorkingSize([8], 10))
    assert [number for number, _ in world.shown] == list(range(20))
    assert (meter.dropped, meter.delay, meter.rate) == (0, 1000 / 64, 32)


def test_pictures_get_smaller_until_the_rate_is_held():
    """0.3 s at 720: by the pixels 304 is the largest that takes less than 0.8 of a twelfth of a second."""
    world = World(lambda side: 0.3 * (side / 720) ** 2, 200)
    meter = world.run(WorkingSize(ladder(720, 144), 12))
    assert world.sides[:6] == [720] * 5 + [304]
    assert set(world.sides[5:]) == {304}
    assert meter.shape == (304, 608)
    # 0.0535 s each.
    assert meter.rate == pytest.approx(1 / (0.3 * (304 / 720) ** 2))
    assert meter.drawn + meter.dropped == 200


def test_it_ends_when_the_display_is_closed_or_somebody_says_so():
    world = World(lambda side: 0.125, 1000)
    shown = world.show

    def show(picture, time):
        shown(picture, time)
        world.closed = len(world.shown) == 4

    world.show = show
    assert world.run(WorkingSize([8], 10)).drawn == 4
    world = World(lambda side: 0.125, 1000)
    assert world.run(WorkingSize([8], 10), ended=lambda: world.now >= 2).drawn == 16


def test_what_the_meter_tells_by_hand():
    meter = Meter()
    assert (meter.rate, meter.delay) == (0, 0)
    for number in range(40):
        # The first twenty are slow and late; the last twenty come every quarter of a second, an eighth of one late.
        seconds, late = (1.0 * number, 0.5) if number < 20 else (20 + 0.25 * (number - 20), 0.125)
        meter.add(seconds - late, seconds, (90, 160), 3 * number)
    assert (meter.rate, meter.delay, meter.drawn, meter.dropped) == (4.0, 125.0, 40, 117)


class Measured:
    """A network that normalises: pictures less what was measured last."""

    def __init__(self):
        self.measured = []

    def measure(self, pictures):
        (picture,) = pictures
        self.measured.append((picture.shape[0], int(picture.mean())))
        return {"one": (picture.mean((0, 1)), picture.var((0, 1)))}

    def apply(self, rgb, statistics):
        return (rgb - statistics["one"][0] + 100).astype(np.uint8)


def test_a_network_that_normalises_is_measured_anew_at_another_size_and_in_another_shot():
    engine = Measured()
    draw = LiveStylizer(engine, Finish())
    sizes_and_levels = [(70, 10), (70, 12), (70, 14), (80, 14), (80, 15), (80, 16), (80, 220)]
    drawn = [int(draw(np.full((side, side, 3), level, np.uint8))[0, 0, 0]) for side, level in sizes_and_levels]
    assert engine.measured == [(64, 0), (70, 10), (80, 14), (80, 220)]  # the first to see whether it normalises
    assert drawn == [100, 102, 104, 100, 101, 102, 100]


def test_strength_and_mirror():
    photo = np.zeros((1, 3, 3), np.uint8)
    photo[0, :, 0] = 10, 20, 30
    draw = LiveStylizer(lambda rgb: rgb + np.uint8(100), Finish(strength=0.5), mirrored=True)
    assert draw(photo)[0, :, 0].tolist() == [80, 70, 60]


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (
            "film.txt",
            "--out is 'film.txt', which cannot hold --codec h264; give a name ending in .mp4, .m4v, .mov, .mkv",
        ),
        ("windw", "--out is 'windw', which cannot hold"),
        ("in.mkv", "--out would overwrite 'in.mkv'"),
    ],
)
def test_places_that_cannot_be(out, message):
    with pytest.raises(UserError, match=message):
        live.check(out, "h264", Input("in.mkv", "file", "in.mkv"))


def test_a_stream_is_not_for_a_terminal(monkeypatch):
    monkeypatch.setattr(live.sys.stdout, "isatty", lambda: True)
    with pytest.raises(UserError, match="--out - is a terminal here"):
        live.check("-", "h264", Input("test", "test", ""))
    for out in ("window", "camera", "camera:/dev/video9", "none", "film.mkv"):
        live.check(out, "h264", Input("test", "test", ""))
