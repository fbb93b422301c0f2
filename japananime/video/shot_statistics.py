"""The statistics of normalisation to use for each of a film's frames.

A network with instance normalisation looks at the whole picture: someone walks by, and the wall behind takes another
colour. So its statistics are measured once a shot, over a few frames of it, and kept. In a long shot they are
measured again every WINDOW frames and carried over little by little; at a cut they change at once, as the picture does.
"""

import io
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from japananime.video.cuts import CutFinder
from japananime.video.frames import TimedFrame

WINDOW = 96  # frames between two measurements within a shot
SAMPLES = (2, 32, 64)  # which frames of a window are measured


# The mean and variance of every layer that normalises.
Statistics = Mapping[str, tuple[np.ndarray, np.ndarray]]


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
