"""Live pictures into a style: always the newest, as large as the machine can draw them, until somebody ends it."""

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import Settings, setting
from japananime.image.color import Finish
from japananime.stylizing import filtering
from japananime.stylizing.film_work import FilmEngine
from japananime.stylizing.live_size import WorkingSize
from japananime.video.live import outputs as live_outputs
from japananime.video.live.feed import Arrival, Feed
from japananime.video.live.inputs import Input
from japananime.video.live.mailbox import Mailbox
from japananime.video.live.outputs import Display
from japananime.video.live.window import Window
from japananime.video.writing.codecs import CODECS

# Where pictures go, in words; all else is a film's name.
WINDOW, CAMERA, NOWHERE, STREAM = "window", "camera", "none", "-"
RECENT = 20  # pictures over which speed and delay are told
IDLE = 0.05  # seconds without a picture after which a window is let see its keys


@dataclass(frozen=True)
class Watching(Settings):
    """What is drawn, for how long, and what is written where that is a film."""

    codec: str = setting("h264", "of a film", choices=CODECS)
    rate: float = setting(12.0, "pictures a second to hold by drawing smaller", least=0.1, most=240)
    largest: int = setting(720, "short side to draw at, at most", least=64, most=4320)
    smallest: int = setting(144, "and at least, however slow that is", least=64, most=4320)
    seconds: float = setting(0.0, "end after so many; 0: never", least=0, most=1e9)


@dataclass
class Meter:
    """What the status line tells. shape: (height, width) of the last picture as it was drawn. delays: in seconds.

    seconds: how long it has gone on.
    """

    drawn: int = 0
    dropped: int = 0
    seconds: float = 0.0
    shape: tuple[int, int] = (0, 0)
    delays: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    times: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, came: float, shown: float, shape: tuple[int, int], dropped: int) -> None:
        """Note a picture that came and was shown at these times; dropped: how many have been so far."""
        self.drawn += 1
        self.dropped, self.shape = dropped, shape
        self.delays.append(shown - came)
        self.times.append(shown)

    @property
    def rate(self) -> float:
        """Pictures a second lately; 0 as long as it cannot be told."""
        seconds = self.times[-1] - self.times[0] if self.times else 0.0
        return (len(self.times) - 1) / seconds if seconds > 0 else 0.0

    @property
    def delay(self) -> float:
        """Mean time lately from a picture's coming to its being shown, in milliseconds."""
        return 1000 * sum(self.delays) / len(self.delays) if self.delays else 0.0

    def __str__(self) -> str:
        height, width = self.shape
        return (
            f"{self.rate:.1f} pictures/s, delay {self.delay:.0f} ms, drawn at {width}×{height}, {self.dropped} dropped"
        )


class LiveStylizer:
    """Draws photos that follow each other, uint8 (height, width, 3), of whatever sizes. mirrored: left and right."""

    def __init__(self, engine: FilmEngine, finish: Finish, mirrored: bool = False) -> None:
        self._draw, self._finish, self._mirrored = filtering.applied(engine), finish, mirrored

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        """The photo in the style, of the same shape."""
        if self._mirrored:
            photo = np.ascontiguousarray(photo[:, ::-1])
        return self._finish(photo, self._draw(photo))


def check(out: str, codec: str, given: Input) -> None:
    """Raise UserError where pictures cannot go to a place, as far as that can be told before any work."""
    word = out.partition(":")[0]
    if out in (WINDOW, NOWHERE) or word == CAMERA:
        return
    if out == STREAM:
        if sys.stdout.isatty():
            raise UserError("--out - is a terminal here; put a program behind it, such as ... | ffplay -")
        return
    CODECS[codec].check_target(Path(out))
    if given.kind == "file" and Path(out).resolve() == Path(given.address).resolve():
        raise UserError(f"--out would overwrite '{out}'; give another name")


@contextlib.contextmanager
def open_display(out: str, codec: str, feed: Feed, title: str) -> Iterator[Display]:
    """The Display of a place, for pictures of a Feed. Raises UserError where there is none to be had."""
    size = feed.height, feed.width
    word, _, device = out.partition(":")
    with contextlib.ExitStack() as opened:
        display: Display
        if out == WINDOW:
            display = opened.enter_context(Window(title, *size))
        elif out == NOWHERE:
            display = live_outputs.Nowhere()
        elif word == CAMERA:
            camera = live_outputs.VirtualCamera(*size, feed.rate, device or None)
            display = opened.enter_context(camera)
            print(f"the pictures are at the camera {camera.name}", file=sys.stderr)
        elif out == STREAM:
            _, outgoing = opened.enter_context(filtering.own_streams())
            display = opened.enter_context(live_outputs.Stream(f"pipe:{outgoing.fileno()}", "nut", *size))
        else:
            target = Path(out)
            make_folders([target.parent])
            display = opened.enter_context(live_outputs.film(target, CODECS[codec], *size))
        yield display


def run(
    mailbox: Mailbox[Arrival],
    unpack: Callable[[av.VideoFrame, int], np.ndarray],
    draw: Callable[[np.ndarray], np.ndarray],
    display: Display,
    size: WorkingSize,
    ended: Callable[[], bool] = lambda: False,
    report: Callable[[Meter], None] = lambda meter: None,
    clock: Callable[[], float] = time.monotonic,
) -> Meter:
    """Draw and show the newest picture of a mailbox, over and over, until it or the display ends, or `ended` says so.

    unpack: (image, short side) -> uint8 (height, width, 3), as Feed.picture. draw: photo -> the same in the style.
    report: called after each picture. clock: that of the arrivals.
    """
    meter, started = Meter(), clock()
    while not (mailbox.over or display.closed or ended()):
        arrival = mailbox.take(IDLE)
        if arrival is None:
            display.idle()
            continue
        begun = clock()
        picture = draw(unpack(arrival.image, size.side))
        display.show(picture, arrival.time)
        shown = clock()
        size.took(shown - begun)
        meter.add(arrival.time, shown, picture.shape[:2], mailbox.dropped)
        meter.seconds = shown - started
        report(meter)
    return meter
