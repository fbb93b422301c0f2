"""Which frames of a film to keep, decided in one pass: the published key frames, scenes, or one every few seconds.

Each way of choosing offers `prepare(frame)`, which may run on any thread and ahead of time, and, called frame by frame
in order, `push(frame, prepared)` and at last `finish()`; these two return the frames chosen by then, as Scored.
"""

import math
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from japananime.base.late_imports import cv2, scenedetect
from japananime.video.reading.film_frames import Frame

# PySceneDetect compares colours, for which a small copy serves as well.
SCENE_WIDTH = 256
# A scene is shown by a frame a little after its cut, past a dissolve or flash; scenes are longer than that.
INTO_SCENE = 10
LEAST_SCENE = 15
# Decoded frames that wait to be looked at.
READ_AHEAD = 4


@dataclass(frozen=True)
class Scored:
    """A frame, its difference score, the smoothed score by which it is chosen, and the frame before it."""

    frame: Frame
    score: float = 0.0
    level: float = 0.0
    before: Frame | None = None


def prepare(bgr, blur=3):
    """The picture that is compared: uint8 (height, width, 3) BGR to gray (height, width), blurred by a Gaussian."""
    gray = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    return cv2.GaussianBlur(gray, (blur, blur), 0, dst=gray) if blur > 1 else gray


def changed(before, now):
    """How many pixels of two prepared pictures differ by more than Otsu's threshold. The score is 255 for each."""
    if before.shape != now.shape:  # broadcasts may change their size on the way
        before = cv2.resize(before, now.shape[::-1])
    away = cv2.absdiff(before, now)
    # In its own place: a second picture of fresh memory costs as much as the arithmetic.
    return cv2.countNonZero(cv2.threshold(away, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU, dst=away)[1])


def checksum(prepared):
    """A number that tells prepared pictures apart."""
    return zlib.crc32(np.ascontiguousarray(prepared).data)


class Peaks:
    """Items whose level is the highest of the window around them, found while the levels come in.

    As published: item i of n is a peak if none of the levels i - window // 2 up to, and without, i + window // 2 is
    higher, where the last level of all never counts; of equal ones all are peaks. Standardising the levels, as is
    published, changes none of this. Only items that may still become peaks are held: they are equal, so mostly one.
    """

    def __init__(self, window, levels=()):
        self.half = window // 2
        # The levels before the next one, as far as they matter.
        self.recent = deque(levels, maxlen=self.half)
        self.open: deque = deque()
        self.number = 0
        self.newest = None

    def push(self, level, item):
        """The items found to be peaks by this level."""
        # The newest level is judged when the next is known: the last of all is an exception.
        found = self._judge(*self.newest) if self.newest else []
        self.newest = (level, item)
        return found

    def finish(self):
        """The items that are peaks now that there are no more."""
        if not self.newest:
            return []
        level, item = self.newest
        found = [held for _, _, held in self.open]
        return [*found, item] if level >= max(self.recent, default=level) else found

    def undecided(self):
        """The oldest item that may still become a peak, or None."""
        return self.open[0][2] if self.open else self.newest and self.newest[1]

    def _judge(self, level, item):
        found = []
        while self.open and self.number - self.open[0][0] >= self.half:
            found.append(self.open.popleft()[2])
        if self.open and level > self.open[0][1]:
            self.open.clear()
        if level >= max(self.recent, default=level):
            self.open.append((self.number, level, item))
        self.recent.append(level)
        self.number += 1
        return found


@dataclass(frozen=True)
class Past:
    """What a choice must know of the frames before those it decides on, to go on in the middle of a film.

    number, stamp: of the last frame before, as in Frame. picture: checksum of what was compared of it. score, level:
    its own. levels: its and earlier ones, as many as a window needs.
    """

    number: int
    stamp: int | None
    picture: int
    score: float
    level: float
    levels: tuple[float, ...]


class KeyFrames:
    """The published choice: frames at the peaks of the difference from frame to frame.

    window: in frames. alpha: of the exponential smoothing of the scores, None for none. blur: side of the Gaussian.
    log: called with a Scored for every frame. past: to go on from there; the first frame pushed is then the one before,
    for comparison alone.
    """

    def __init__(self, window=100, alpha=None, blur=3, log=None, past=None):
        self.alpha, self.blur, self.log, self.past = alpha, blur, log, past
        self.peaks = Peaks(window, past.levels if past else ())
        # (number, score, level) of the newest frames and of as many before the oldest that is undecided.
        self.history: deque = deque(maxlen=2 * self.peaks.half + 2)
        self.newest = None
        self.picture = None

    def prepare(self, frame):
        """The frame's blurred gray picture."""
        return prepare(frame.bgr(), self.blur)

    def push(self, frame, prepared):
        """The frames chosen by now."""
        if self.newest is None and self.past:
            past, self.newest, self.picture = self.past, frame, prepared
            numbers = range(past.number - len(past.levels) + 1, past.number + 1)
            self.history.extend((number, past.score, level) for number, level in zip(numbers, past.levels, strict=True))
            return []
        score = 255.0 * changed(prepared if self.picture is None else self.picture, prepared)
        if score == 0 and self.newest:
            # Equal pictures share their memory: a still of any length holds one.
            frame = replace(frame, image=self.newest.image)
        scored = Scored(frame, score, self._level(score), self.newest)
        self.newest, self.picture = frame, prepared
        self.history.append((frame.number, score, scored.level))
        if self.log:
            self.log(scored)
        return self.peaks.push(scored.level, scored)

    def finish(self):
        """The last frames chosen."""
        return self.peaks.finish()

    def decided(self):
        """Past up to the first frame that may still be chosen, or None where the film has just begun."""
        first = self.peaks.undecided()
        if not first or not first.before:
            return None
        before = first.before
        known = [entry for entry in self.history if entry[0] <= before.number]
        return Past(
            before.number,
            before.stamp,
            checksum(self.prepare(before)),
            score=known[-1][1],
            level=known[-1][2],
            levels=tuple(level for _, _, level in known[-self.peaks.half :]),
        )

    def _level(self, score):
        if self.alpha is None or not self.history:
            return score
        # As published: a level follows from the score before it, not from its own.
        _, before, level = self.history[-1]
        return self.alpha * before + (1 - self.alpha) * level


class Scenes:
    """One frame a scene, scenes as PySceneDetect's adaptive detector tells them. rate: frames per second."""

    def __init__(self, rate):
        self.rate = rate
        self.detector = scenedetect.AdaptiveDetector(min_scene_len=LEAST_SCENE)
        self.wanted = 1 + INTO_SCENE
        self.newest = None

    def prepare(self, frame):
        """A small copy, in colour."""
        return frame.bgr(width=min(SCENE_WIDTH, frame.image.width))

    def push(self, frame, prepared):
        """The frame chosen, if it is this one."""
        self.newest = frame
        # A cut is told a few frames late, yet before the frame wanted of its scene.
        for cut in self.detector.process_frame(scenedetect.FrameTimecode(frame.number - 1, self.rate), prepared):
            self.wanted = cut.frame_num + 1 + INTO_SCENE
        return [Scored(frame)] if frame.number == self.wanted else []

    def finish(self):
        """The film's last frame, if the last scene ended before the frame wanted of it."""
        return [Scored(self.newest)] if self.newest and self.newest.number < self.wanted else []


class Regular:
    """The first frame of every `seconds`."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.due = 0.0

    def prepare(self, frame):
        """Nothing."""

    def push(self, frame, prepared):
        """The frame chosen, if it is this one."""
        if frame.time < self.due:
            return []
        self.due = (math.floor(frame.time / self.seconds) + 1) * self.seconds
        return [Scored(frame)]

    def finish(self):
        """None is left."""
        return []


def choose(frames, choice, threads):
    """The frames of a film that a choice picks, as Scored.

    A thread of its own reads them, and all but one of so many threads prepare a few ahead.
    """
    ahead: deque = deque()
    with ThreadPoolExecutor(max(1, threads - 1)) as pool:
        for frame in _read_ahead(frames):
            ahead.append((frame, pool.submit(choice.prepare, frame)))
            if len(ahead) > threads + 2:
                first, prepared = ahead.popleft()
                yield from choice.push(first, prepared.result())
        for first, prepared in ahead:
            yield from choice.push(first, prepared.result())
    yield from choice.finish()


def _read_ahead(frames):
    """The same frames; what is raised while the next ones are read is raised when they are asked for."""
    frames = iter(frames)
    with ThreadPoolExecutor(1) as reader:
        waiting = deque(reader.submit(next, frames, None) for _ in range(READ_AHEAD))
        while frame := waiting.popleft().result():
            waiting.append(reader.submit(next, frames, None))
            yield frame
