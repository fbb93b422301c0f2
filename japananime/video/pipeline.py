"""A moving picture through the network: reading, the network and writing at the same time, in bounded memory."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from japananime.image.files import Picture
from japananime.video.frames import FrameWriter, TimedFrame

# Pictures that wait between reading, network and writing. More only cost memory: the slowest sets the pace.
WAITING = 3
END = object()


@dataclass
class Outcome:
    """What came of a film. frames: in it; new: made in this run, in so many seconds; repeated: broken ones.

    end: time at which its last frame is over, in seconds.
    """

    frames: int = 0
    new: int = 0
    repeated: int = 0
    seconds: float = 0.0
    end: Fraction = Fraction(0)


def run(
    frames: Iterable[TimedFrame],
    sinks: Sequence[FrameWriter],
    apply: Callable[[int, np.ndarray], np.ndarray],
    combine: Callable[[Picture, Picture], Sequence[Picture]],
    tick: Callable[[bool], None] = lambda new: None,
    needed: Callable[[int], int] = lambda done: done,
) -> Outcome:
    """Every frame through `apply` and into every sink.

    apply: (number, uint8 (height, width, 3)) -> the same in the style. combine: (photo, stylized) -> the picture for
    each sink, in their order. A broken frame is given the picture made before it. What all sinks have is not made
    again, but for what `apply` has to see before: needed: number of the first frame to be made -> of the first that is
    given to `apply`. tick: called for every frame with whether it was made now.
    """
    outcome, last = Outcome(), None
    decoded, stylized = _Line(), _Line()
    failures: list[BaseException] = []

    def guarded(work: Callable[..., None], *arguments: Any) -> threading.Thread:
        def guard() -> None:
            try:
                work(*arguments)
            except BaseException as error:  # handed on to the caller's thread
                failures.append(error)
                decoded.close()
                stylized.close()

        thread = threading.Thread(target=guard, daemon=True)
        thread.start()
        return thread

    done = min(sink.done for sink in sinks)
    reader = guarded(_read, frames, (done, needed(done)), decoded, outcome, tick)
    writer = guarded(_write, stylized, sinks)
    started = time.monotonic()
    try:
        while (item := decoded.get()) is not END:
            frame, photo = item
            if not frame.broken or last is None:
                last = combine(photo, Picture(apply(frame.shown, photo.rgb), photo.alpha, photo.profile))
            stylized.put((frame, last))
            if frame.number >= done:
                outcome.new += 1
                tick(True)
    finally:
        # What is made already is written, also after Ctrl-C.
        decoded.close()
        stylized.put(END)
        writer.join()
        reader.join()
    if failures:
        raise failures[0]
    outcome.seconds = time.monotonic() - started
    return outcome


def _read(
    frames: Iterable[TimedFrame],
    begin: tuple[int, int],
    decoded: "_Line",
    outcome: Outcome,
    tick: Callable[[bool], None],
) -> None:
    done, needed = begin
    for frame in frames:
        outcome.frames += 1
        outcome.repeated += frame.broken
        outcome.end = frame.time + frame.duration
        if frame.number < done:
            tick(False)
        if frame.number >= needed:
            decoded.put((frame, frame.load()))
        if decoded.closed:
            return
    decoded.put(END)


def _write(stylized: "_Line", sinks: Sequence[FrameWriter]) -> None:
    while (item := stylized.get()) is not END:
        frame, pictures = item
        for sink, picture in zip(sinks, pictures, strict=True):
            sink.write(frame, picture)


class _Line:
    """A short queue between two threads; once it is closed, nobody waits at it any more."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(WAITING)
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def close(self) -> None:
        self._closed.set()

    def put(self, item: Any) -> None:
        """Add an item as soon as there is room; in a closed line it is lost."""
        while not self.closed:
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=0.1)
                return

    def get(self) -> Any:
        """The next item, or END from a closed line."""
        while not self.closed:
            with contextlib.suppress(queue.Empty):
                return self._queue.get(timeout=0.1)
        return END
