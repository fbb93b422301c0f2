"""A moving picture through the network: reading, the network and writing at the same time, in bounded memory."""

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from fractions import Fraction

from japananime.image.files import Picture

# Pictures that wait between reading, network and writing. More only cost memory: the slowest sets the pace.
WAITING = 3
END = object()


@dataclass
class Made:
    """What came of a film. frames: in it; new: made in this run, in so many seconds; repeated: broken ones.

    end: time at which its last frame is over, in seconds.
    """

    frames: int = 0
    new: int = 0
    repeated: int = 0
    seconds: float = 0.0
    end: Fraction = Fraction(0)


def run(moments, sinks, apply, combine, tick=lambda new: None):
    """Every Moment through `apply` and into every sink; returns Made.

    apply: (number, uint8 (height, width, 3)) -> the same in the style. combine: (photo, made) -> the picture for
    each sink, in their order. A broken moment is given the picture made before it. Sinks say by `done` which frames
    they have: what they all have is not made again. tick: called after every frame with whether it was made.
    """
    done = min(sink.done for sink in sinks)
    made, last = Made(), None
    before, after = queue.Queue(WAITING), queue.Queue(WAITING)
    stop, enough, failures = threading.Event(), threading.Event(), []

    def read():
        for moment in moments:
            made.frames += 1
            made.repeated += moment.broken
            made.end = moment.time + moment.duration
            if moment.number >= done:
                put(before, (moment, moment.load()))
            else:
                tick(False)
            if stop.is_set() or enough.is_set():
                return
        put(before, END)

    def write():
        while (item := get(after)) is not END:
            moment, pictures = item
            for sink, picture in zip(sinks, pictures, strict=True):
                sink.write(moment, picture)
            tick(True)

    def put(line, item):
        while not stop.is_set() and not (line is before and enough.is_set()):
            with contextlib.suppress(queue.Full):
                line.put(item, timeout=0.1)
                return

    def get(line):
        while not stop.is_set():
            try:
                return line.get(timeout=0.1)
            except queue.Empty:
                pass
        return END

    def guarded(work):
        def guard():
            try:
                work()
            except BaseException as error:  # handed on to the caller's thread
                failures.append(error)
                stop.set()

        return threading.Thread(target=guard, daemon=True)

    threads = [guarded(read), guarded(write)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    try:
        while (item := get(before)) is not END:
            moment, photo = item
            if not moment.broken or last is None:
                last = combine(photo, Picture(apply(moment.shown, photo.rgb), photo.alpha, photo.profile))
            made.new += 1
            put(after, (moment, last))
    finally:
        # What is made already is written, also after Ctrl-C.
        enough.set()
        put(after, END)
        threads[1].join()
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    made.seconds = time.monotonic() - started
    return made
