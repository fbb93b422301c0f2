"""How much of a film's stillness is lost: what changes in the output where nothing moves in the input."""

import numpy as np

STILL = 2  # levels of 255 that compression moves a pixel that stands still


class Flicker:
    """The mean change from frame to frame of unmoving pixels, before and after, in levels of 255.

    A pixel is unmoving between two frames if no channel of the input changes by more than `still` levels. Frames
    are given in order by `add`; `cut` begins anew, so that the change across a cut does not count.
    """

    def __init__(self, still: int = STILL):
        self.still = still
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self._sums = np.zeros(3)

    def add(self, before: np.ndarray, after: np.ndarray) -> None:
        """before, after: uint8 (height, width, 3), a frame of the input and what was made of it."""
        if self._last is not None:
            change = np.abs(before.astype(np.int16) - self._last[0])
            still = (change <= self.still).all(axis=-1)
            drawn = np.abs(after.astype(np.int16) - self._last[1])
            self._sums += [still.sum() * before.shape[-1], change[still].sum(), drawn[still].sum()]
        self._last = before.astype(np.int16), after.astype(np.int16)

    def cut(self) -> None:
        """The next frame does not follow on the last one."""
        self._last = None

    @property
    def before(self) -> float:
        """Mean change of unmoving pixels in the input."""
        return float(self._sums[1] / self._sums[0]) if self._sums[0] else 0.0

    @property
    def after(self) -> float:
        """Mean change of the same pixels in the output."""
        return float(self._sums[2] / self._sums[0]) if self._sums[0] else 0.0

    @property
    def score(self) -> float:
        """Output over input: 1 is as still as the film, less is stiller. Infinite if only the output moves."""
        if self.before:
            return self.after / self.before
        return float("inf") if self.after else 1.0
