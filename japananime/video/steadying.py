"""A film drawn more steadily: what was drawn before goes along with the film's motion and is mixed into what is new.

A network draws every frame by itself. The noise of a sensor, or half a pixel of motion, is enough for a line to be in
one frame and not in the next. So each picture is mixed with the one before, carried along the optical flow of the film,
the more the less the film itself has changed there. What mixing takes of the crispness of lines is given back at once.
"""

from dataclasses import dataclass, field

import numpy as np

from japananime.base.late_imports import cv2
from japananime.video import optical_flow
from japananime.video.cuts import CutFinder
from japananime.video.frames import thumbnail

# The largest share of what was drawn before, where the film has not changed at all.
MOST = 0.85
# A difference of so many levels takes away more than half of that share. In a film with noise it is so many times what
# is usual in the frame, but no more than some levels, as in a frame that has changed everywhere that is usual too.
CHANGED, NOISY, LARGEST = 8.0, 2.0, 20.0
NEIGHBOURS = 5  # pixels a side over which differences are averaged
# Every piece of a film goes on from so many frames before it and from nothing earlier, whoever makes it.
OVERLAP = 12
# Width of the details that are made crisper, in pixels (a Gaussian's deviation), and by how much at most.
DETAIL, CRISPEST = 0.8, 1.5


@dataclass
class _Carried:
    """What is carried from frame to frame. picture: float32, or None at first. count: frames mixed in it."""

    begins: CutFinder = field(default_factory=CutFinder)
    picture: np.ndarray | None = None
    count: int = 0

    def add(self, photo: np.ndarray, drawn: np.ndarray, flow: np.ndarray | None, share: np.ndarray | None) -> None:
        """Mix in the picture drawn of a frame. flow, share: to the frame before it, None where it follows on none."""
        cut = self.begins(thumbnail(photo))
        if cut or self.picture is None or flow is None or share is None:
            self.picture, self.count = drawn.astype(np.float32), 1
            return
        # A mean of all frames so far, until there are so many that the oldest are left behind.
        most = min(MOST, self.count / (self.count + 1))
        carried = optical_flow.carried(self.picture, flow)
        carried -= drawn
        carried *= np.float32(most) * share[..., None]
        carried += drawn
        self.picture = np.clip(carried, 0, 255, out=carried)
        self.count += 1

    def shown(self, drawn: np.ndarray) -> np.ndarray:
        """uint8 of the picture, as crisp as what was drawn of this frame."""
        if self.count == 1:
            return drawn
        assert self.picture is not None
        return _as_crisp(self.picture, drawn)


class Steadier:
    """Steadies the pictures of one film, given in order; a frame or two are held.

    period: frames of a piece. Every piece is made as if the film began OVERLAP frames before it, so that it is the same
    to the last level whether one process makes all pieces, goes on after an interruption, or makes this piece alone.
    None: the film is one piece.
    """

    def __init__(self, period: int | None = None) -> None:
        self._period = period
        self._last: np.ndarray | None = None
        self._pieces: dict[int, _Carried] = {}

    def first_needed(self, done: int) -> int:
        """Number of the frame from which on to give frames, so that those from number `done` on are right."""
        return max(0, self._piece(done) * (self._period or 0) - OVERLAP)

    def __call__(self, number: int, photo: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """The picture of a frame, steadied. photo, drawn: the frame and what was made of it, uint8 (height, width, 3).

        The first frame of a film, or after a cut, is as it was drawn.
        """
        flow = share = None
        if self._last is not None and self._last.shape == photo.shape:
            flow = optical_flow.measured(photo, self._last)
            share = _unchanged(photo, self._last, flow)
        self._last = photo
        own, last = self._piece(number), self._piece(number + OVERLAP)
        self._pieces = {piece: self._pieces.get(piece) or _Carried() for piece in range(own, last + 1)}
        for carried in self._pieces.values():
            carried.add(photo, drawn, flow, share)
        return self._pieces[own].shown(drawn)

    def _piece(self, number: int) -> int:
        return number // self._period if self._period else 0


def _unchanged(now: np.ndarray, before: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """How far every pixel shows what it showed before, float32 (height, width) from 0 to 1."""
    away = cv2.absdiff(now, optical_flow.carried(before, flow, smooth=False))
    red, green, blue = cv2.split(away)
    largest = cv2.max(cv2.max(red, green), blue)
    difference = cv2.blur(largest.astype(np.float32), (NEIGHBOURS, NEIGHBOURS))
    # A sample tells what is usual as well.
    limit = min(LARGEST, max(CHANGED, NOISY * float(np.median(difference[::4, ::4]))))
    share = np.exp(-np.square(difference / np.float32(limit)))
    share[~optical_flow.inside(flow)] = 0
    return share


def _as_crisp(picture: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """uint8 of a float32 picture, its details made stronger until its Laplacian varies as much as that of `drawn`."""
    blurred = cv2.GaussianBlur(picture, (0, 0), DETAIL)
    own, wanted = _laplacian(picture), _laplacian(drawn.astype(np.float32))
    more = own - _laplacian(blurred)
    # The variance of (own + x * more) is a polynomial in x: what is sought is where it reaches that of `wanted`.
    constant, square = _variance(own) - _variance(wanted), _variance(more)
    linear = float(np.vdot(own, more)) / own.size - float(own.mean()) * float(more.mean())
    if constant >= 0 or square <= 0:
        gain = 0.0
    else:
        gain = min(CRISPEST, (float(np.sqrt(linear * linear - square * constant)) - linear) / square)
    # Rounded and kept in range by OpenCV.
    return cv2.addWeighted(picture, 1 + gain, blurred, -gain, 0, dtype=cv2.CV_8U)


def _laplacian(picture: np.ndarray) -> np.ndarray:
    """float32 (height, width) of the gray of a picture, float32 (height, width, 3)."""
    return cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F)


def _variance(values: np.ndarray) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0]) ** 2
