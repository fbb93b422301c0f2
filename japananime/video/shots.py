"""Where a film's shots begin, and the statistics of normalisation to use for each of its frames.

A network with instance normalisation looks at the whole picture: someone walks by, and the wall behind takes another
colour. So its statistics are measured once a shot, over a few frames of it, and kept. In a long shot they are
measured again every WINDOW frames and carried over little by little; at a cut they change at once, as the picture does.
"""

import io
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from japananime.video.frames import TimedFrame

WINDOW = 96  # frames between two measurements within a shot
SAMPLES = (2, 32, 64)  # which frames of a window are measured
SHORTEST = 2  # frames; a flash is no more than a shot of its own
# A cut changes the mean pixel by CHANGE of 255 levels and this much more than frames changed just before, or the
# colours altogether: by COLORS of all pixels.
CHANGE, JUMP, COLORS = 8.0, 4.0, 0.5


# The mean and variance of every layer that normalises.
Statistics = Mapping[str, tuple[np.ndarray, np.ndarray]]


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


@dataclass(frozen=True)
class FilmStatistics:
    """Statistics for every frame of a film.

    places: middle frame of every measured window, growing; shots: number of the shot of each; values: their
    statistics, {layer: (mean, variance)}, in the same order; begins: first frame of every shot.
    """

    places: list[float]
    shots: list[int]
    values: list[Statistics]
    begins: list[int]

    def at(self, number: int) -> Statistics:
        """The statistics for frame `number`: those of its shot, in between two measurements a mixture of both."""
        if not self.values:
            return {}
        shot = max(0, bisect_right(self.begins, number) - 1)
        own = [index for index, other in enumerate(self.shots) if other == shot]
        after = next((index for index in own if self.places[index] >= number), own[-1])
        before = next((index for index in reversed(own) if self.places[index] <= number), own[0])
        if before == after:
            return self.values[before]
        if before > after:  # ahead of the first measurement, or behind the last
            return self.values[after]
        share = (number - self.places[before]) / (self.places[after] - self.places[before])
        return {
            name: _mixed(self.values[before][name], self.values[after][name], share) for name in self.values[before]
        }

    def to_bytes(self) -> bytes:
        """Everything as the content of a file."""
        numbers = {"places": self.places, "shots": self.shots, "begins": self.begins}
        arrays = {name: np.asarray(values) for name, values in numbers.items()}
        for index, values in enumerate(self.values):
            for name, pair in values.items():
                arrays[f"{index}:{name}"] = np.stack(pair)
        file = io.BytesIO()
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's own word on its keywords
        return file.getvalue()

    @classmethod
    def from_file(cls, path: Path) -> "FilmStatistics":
        """What `to_bytes` gave, read from a file."""
        with np.load(path, allow_pickle=False) as arrays:
            places = arrays["places"].tolist()
            values: list[dict[str, tuple[np.ndarray, np.ndarray]]] = [{} for _ in places]
            for key in arrays.files:
                if ":" in key:
                    index, name = key.split(":", 1)
                    mean, variance = arrays[key]
                    values[int(index)][name] = mean, variance
            return cls(places, arrays["shots"].tolist(), list(values), arrays["begins"].tolist())


def survey(
    frames: Iterable[TimedFrame],
    measure: Callable[[Sequence[np.ndarray]], Statistics],
    tick: Callable[[], object] = lambda: None,
) -> FilmStatistics:
    """Go through a film once, and measure every shot.

    measure: [uint8 (height, width, 3)] -> statistics. tick: called after every frame.
    """
    finder = CutFinder()
    places: list[float] = []
    shots: list[int] = []
    values: list[Statistics] = []
    begins: list[int] = []
    first = 0
    samples: list[np.ndarray] = []

    def finish(end: int, least: int) -> None:
        # A short rest of a shot goes with what was measured before it.
        if samples and (end - first >= least or not shots or shots[-1] != len(begins) - 1):
            places.append((first + end - 1) / 2)
            shots.append(len(begins) - 1)
            values.append(measure(list(samples)))
        samples.clear()

    end = 0
    for frame in frames:
        number, end = frame.number, frame.number + 1
        if not frame.broken and finder(frame.thumbnail()) or number == 0:
            finish(number, WINDOW // 2)
            begins.append(number)
            first = number
        elif number - first == WINDOW:
            finish(number, WINDOW)
            first = number
        offset = number - first
        if offset == 0 or offset in SAMPLES:
            # The first frame of a shot stands in until there is one that no cut has smeared.
            if offset == SAMPLES[0]:
                samples.clear()
            samples.append(frame.load().rgb)
        tick()
    finish(end, WINDOW // 2)
    return FilmStatistics(places, shots, values, begins)


def _mixed(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], share: float
) -> tuple[np.ndarray, np.ndarray]:
    mean, variance = (np.float32(1 - share) * a + np.float32(share) * b for a, b in zip(one, other, strict=True))
    return mean, variance
