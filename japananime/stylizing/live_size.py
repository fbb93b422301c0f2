"""How large live pictures are drawn: the largest that can be drawn so many times a second on this machine."""

import statistics
from collections import deque
from collections.abc import Sequence

# From one size to the next, a picture has about 0.7 of the pixels.
STEP = 2**-0.25
MULTIPLE = 8
# Pictures whose median is the time that a size takes: one that was disturbed does not count.
WINDOW = 5
# Seconds that are not waited for so many: on a slow machine the first pictures of a large size take long.
LONG = 1.0
# Another size is taken if it should leave this much of the time unused, so that it is not left again at once.
ROOM = 0.8
# Pictures after which a larger size is tried; twice as many each time that one could not be held, up to the most.
PATIENCE, MOST_PATIENCE = 30, 480


def ladder(largest: int, smallest: int) -> list[int]:
    """Short sides to draw at, from the largest to the smallest, each with about 0.7 of the pixels of the one before."""
    sides = [largest]
    while (side := round(largest * STEP ** len(sides) / MULTIPLE) * MULTIPLE) > smallest:
        sides.append(side)
    return [*sides, smallest] if smallest < largest else sides


class WorkingSize:
    """Chooses a short side by the time that pictures take; it starts with the largest.

    sides: to choose from, falling. rate: pictures a second that are to be held. The time is taken to grow with the
    number of pixels. Down it goes as soon as a size is too slow, up only after some patience, and the more of it the
    more often a larger size had to be given up again.
    """

    def __init__(self, sides: Sequence[int], rate: float) -> None:
        self._sides, self._seconds = sides, 1 / rate
        self._at = 0
        self._patience, self._raised = PATIENCE, False
        self._begin()

    @property
    def side(self) -> int:
        """The short side to draw the next picture at."""
        return self._sides[self._at]

    def took(self, seconds: float) -> None:
        """Note the time that a picture of this side took. The first of a side, which makes ready, does not count."""
        self._count += 1
        if self._count == 1:
            return
        self._times.append(seconds)
        if len(self._times) < WINDOW and sum(self._times) < LONG:
            return
        usual = statistics.median_low(self._times)
        if usual > self._seconds:
            self._fall(usual)
        elif self._count > self._patience:
            self._rise(usual)

    def _fall(self, usual: float) -> None:
        last = len(self._sides) - 1
        if self._at == last:
            return
        if self._raised:
            self._patience = min(2 * self._patience, MOST_PATIENCE)
        smaller = range(self._at + 1, last)
        self._at = next((at for at in smaller if self._fits(usual, at)), last)
        self._raised = False
        self._begin()

    def _rise(self, usual: float) -> None:
        if self._raised:  # and held since
            self._patience, self._raised = PATIENCE, False
        larger = next((at for at in range(self._at) if self._fits(usual, at)), self._at)
        if larger != self._at:
            self._at, self._raised = larger, True
            self._begin()

    def _fits(self, usual: float, at: int) -> bool:
        return usual * (self._sides[at] / self.side) ** 2 <= ROOM * self._seconds

    def _begin(self) -> None:
        self._times: deque[float] = deque(maxlen=WINDOW)
        self._count = 0
