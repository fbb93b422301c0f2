"""Where a film's shots begin."""

from collections import deque

import numpy as np

SHORTEST = 2  # frames; a flash is no more than a shot of its own
# A cut changes the mean pixel by CHANGE of 255 levels and this much more than frames changed just before, or the
# colours altogether: by COLORS of all pixels.
CHANGE, JUMP, COLORS = 8.0, 4.0, 0.5


class CutFinder:
    """Tells of each frame whether a shot begins with it."""

    def __init__(self) -> None:
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self._changes: deque[float] = deque(maxlen=12)
        self._age = 0

    def __call__(self, thumbnail: np.ndarray) -> bool:
        """thumbnail: uint8 (height, width, 3), a few dozen pixels a side, the next frame. The first begins a shot."""
        levels = thumbnail.astype(np.int16)
        colors = np.bincount(((levels >> 6) * [16, 4, 1]).sum(-1).ravel(), minlength=64) / levels[..., 0].size
        last, self._last = self._last, (levels, colors)
        if last is None or last[0].shape != levels.shape:
            self._age, begins = 0, True
        else:
            change = float(np.abs(levels - last[0]).mean())
            moved = float(np.abs(colors - last[1]).sum()) / 2
            usual = float(np.median(self._changes)) if self._changes else 0.0
            jumped = change > CHANGE and change > JUMP * usual and moved > COLORS / 4
            begins = self._age >= SHORTEST and (jumped or (moved > COLORS and change > CHANGE))
            if begins:
                self._changes.clear()
                self._age = 0
            else:
                self._changes.append(change)
        self._age += 1
        return begins
