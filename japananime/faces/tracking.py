"""Faces followed through a film: found in some of its frames, told for all of them. Arithmetic on boxes, no pictures.

Frames are looked at every so often, and at both ends of a shot. Boxes of one face are put together by how much they
overlap where it should have got to by then, or else by how near they are. Between two looks a face goes along a line;
and where it is, how large it is and how it leans are means over a window as long before a frame as after it, so that
what moves evenly is not slowed down. Nothing goes across a cut.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from japananime.faces import boxes as faces_boxes

# Two boxes that share less than this of the area that either covers are of two faces, unless there is no better choice
# from one look to the next: a camera that shakes moves a face by up to this much of its side, and it stays as large.
LEAST_OVERLAP, FURTHEST, ALIKE = 0.2, 1.0, 1.5
# A face that is not found in so many looks in a row is gone; until then it goes on as if it had been.
MISSED = 3
# One that is found once in a shot of so many looks is none; nor is one of which no look is as sure as this.
DOUBTED_FROM, SURE = 3, 0.95
# In looks: how long a face takes to appear and to go, and how far the windows reach for its place, and for its size
# and lean, which a detector tells less evenly.
FADE, PLACE, SIZE = 2, 1, 3
# Columns of a box as it is found, and of one of a track.
X, Y, SIDE, SCORE, LEAN = range(5)


@dataclass(frozen=True)
class Look:
    """A frame that was looked at. boxes: float64 (n, 5): x, y and side of each as everywhere, how sure, and angle."""

    frame: int
    boxes: np.ndarray


@dataclass(frozen=True)
class Track:
    """One face in some frames one after the other. first: number of the first of them. score: how sure, 0 to 1.

    boxes: float64 (n, 4): x and y of the middle, side and angle in each. shares: float64 (n,): how much of it is shown.
    """

    first: int
    boxes: np.ndarray
    shares: np.ndarray
    score: float

    @property
    def largest(self) -> float:
        """Its greatest side."""
        return float(self.boxes[:, 2].max())

    def shows(self, frame: int) -> bool:
        """Whether it is in a frame."""
        return self.first <= frame < self.first + len(self.boxes)


def follow(looks: Sequence[Look], begins: Sequence[int], every: int) -> list[Track]:
    """The faces of a film, the surest last.

    looks: in order, with the first and the last frame of every shot among them. begins: first frame of every shot.
    every: frames from one look to the next.
    """
    shots: dict[int, list[Look]] = {}
    for look in looks:
        shots.setdefault(bisect_right(begins, look.frame), []).append(look)
    tracks = [
        _track(chain, shot[0].frame, shot[-1].frame, every)
        for shot in shots.values()
        for chain in _chains(shot, every)
        if _is_face(chain, len(shot))
    ]
    return sorted(tracks, key=lambda track: track.score)


def _is_face(chain: "_Chain", looks: int) -> bool:
    """Whether a chain in a shot of so many looks is of a face."""
    often = len(chain.frames) > 1 or looks < DOUBTED_FROM
    return often and max(box[SCORE] for box in chain.boxes) >= SURE


@dataclass(eq=False)
class _Chain:
    """The boxes of one face, where it was found."""

    frames: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)

    def add(self, frame: int, box: np.ndarray) -> None:
        self.frames.append(frame)
        self.boxes.append(box)

    def at(self, frame: int) -> np.ndarray:
        """Where the face should be in a later frame, going on as it came."""
        box = self.boxes[-1].copy()
        if len(self.frames) > 1:
            speed = (_middle(box) - _middle(self.boxes[-2])) / (self.frames[-1] - self.frames[-2])
            box[:2] += speed * (frame - self.frames[-1])
        return box


def _chains(looks: Sequence[Look], every: int) -> list[_Chain]:
    """The boxes of a shot, put together by face."""
    finished: list[_Chain] = []
    open_ones: list[_Chain] = []
    for look in looks:
        lost = [chain for chain in open_ones if look.frame - chain.frames[-1] > MISSED * every]
        finished += lost
        open_ones = [chain for chain in open_ones if chain not in lost]
        taken = _pairs(open_ones, look, every)
        for number, box in enumerate(look.boxes):
            chain = taken.get(number)
            if chain is None:
                chain = _Chain()
                open_ones.append(chain)
            chain.add(look.frame, box)
    return finished + open_ones


def _pairs(chains: Sequence[_Chain], look: Look, every: int) -> dict[int, _Chain]:
    """{number of a box: its chain}: those that overlap most first, then those that are nearest, each once."""
    if not chains or not len(look.boxes):
        return {}
    # A face that stands still all at once is where it was last.
    shared = np.stack(
        [
            np.maximum(*(faces_boxes.overlap(box, look.boxes) for box in (chain.at(look.frame), chain.boxes[-1])))
            for chain in chains
        ]
    )
    near = np.array([[_nearness(chain, look.frame, box, every) for box in look.boxes] for chain in chains])
    # Whatever overlaps comes before whatever is only near.
    likeness = np.where(shared >= LEAST_OVERLAP, 1 + shared, near)
    pairs: dict[int, _Chain] = {}
    while likeness.max() > 0:
        chain, box = divmod(int(likeness.argmax()), len(look.boxes))
        pairs[box] = chains[chain]
        likeness[chain], likeness[:, box] = 0, 0
    return pairs


def _nearness(chain: _Chain, frame: int, box: np.ndarray, every: int) -> float:
    """From 1, where a box is where a chain's last one was a look ago, to 0, where it is too far away or another one."""
    last = chain.boxes[-1]
    sides = sorted((last[SIDE], box[SIDE]))
    if frame - chain.frames[-1] > every or sides[1] > ALIKE * sides[0]:
        return 0.0
    away = float(np.hypot(*(_middle(box) - _middle(last)))) / sides[0]
    return max(0.0, 1 - away / FURTHEST)


def _track(chain: _Chain, begin: int, end: int, every: int) -> Track:
    """The Track of a chain in a shot from one frame to another, both of the shot."""
    fade = FADE * every
    first, last = max(begin, chain.frames[0] - fade), min(end, chain.frames[-1] + fade)
    frames = np.arange(first, last + 1)
    found = np.array([[*_middle(box), box[SIDE], box[LEAN]] for box in chain.boxes])
    boxes = np.stack([np.interp(frames, chain.frames, column) for column in found.T], axis=-1)
    if len(found) > 1:  # before it is found and after, it moves as it did first and last
        speeds = np.diff(found[:, :2], axis=0) / np.diff(chain.frames)[:, None]
        boxes[:, :2] += np.minimum(frames - chain.frames[0], 0)[:, None] * speeds[0]
        boxes[:, :2] += np.maximum(frames - chain.frames[-1], 0)[:, None] * speeds[-1]
    away = np.maximum(np.maximum(chain.frames[0] - frames, frames - chain.frames[-1]), 0)
    shares = 1 - away / fade
    shown = shares > 0
    boxes = np.concatenate([smooth(boxes[:, :2], PLACE * every), smooth(boxes[:, 2:], SIZE * every)], axis=1)
    score = float(np.mean([box[SCORE] for box in chain.boxes]))
    return Track(int(frames[shown][0]), boxes[shown], shares[shown], score)


def smooth(values: np.ndarray, reach: int) -> np.ndarray:
    """(n, columns) -> means over windows of up to `reach` rows on both sides, whose weights fall evenly to the ends.

    Near the first and the last row the windows reach less far, on both sides alike: a line stays a line.
    """
    result = np.empty_like(values)
    for row in range(len(values)):
        own = min(reach, row, len(values) - 1 - row)
        weights = own + 1.0 - np.abs(np.arange(-own, own + 1))
        result[row] = weights @ values[row - own : row + own + 1] / weights.sum()
    return result


def _middle(box: np.ndarray) -> np.ndarray:
    return box[[X, Y]] + box[SIDE] / 2
