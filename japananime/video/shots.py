"""Where a film's shots begin, and the statistics of normalisation to use for each of its frames.

A network with instance normalisation looks at the whole picture: someone walks by, and the wall behind takes another
colour. So its statistics are measured once a shot, over a few frames of it, and kept. In a long shot they are
measured again every WINDOW frames and carried over little by little; at a cut they change at once, as the picture does.
"""

import io
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

import numpy as np

WINDOW = 96  # frames between two measurements within a shot
SAMPLES = (2, 32, 64)  # which frames of a window are measured
SHORTEST = 2  # frames; a flash is no more than a shot of its own
# A cut changes the mean pixel by CHANGE of 255 levels and this much more than frames changed just before, or the
# colours altogether: by COLORS of all pixels.
CHANGE, JUMP, COLORS = 8.0, 4.0, 0.5


class CutFinder:
    """Tells of each frame whether a shot begins with it."""

    def __init__(self):
        self._last = None
        self._changes = deque(maxlen=12)
        self._age = 0

    def __call__(self, small):
        """small: uint8 (height, width, 3), a few dozen pixels a side, the next frame. The first begins a shot."""
        small = small.astype(np.int16)
        colors = np.bincount(((small >> 6) * [16, 4, 1]).sum(-1).ravel(), minlength=64) / small[..., 0].size
        last, self._last = self._last, (small, colors)
        if last is None or last[0].shape != small.shape:
            self._age, found = 0, True
        else:
            change = float(np.abs(small - last[0]).mean())
            moved = float(np.abs(colors - last[1]).sum()) / 2
            usual = float(np.median(self._changes)) if self._changes else 0.0
            jumped = change > CHANGE and change > JUMP * usual and moved > COLORS / 4
            found = self._age >= SHORTEST and (jumped or (moved > COLORS and change > CHANGE))
            if found:
                self._changes.clear()
                self._age = 0
            else:
                self._changes.append(change)
        self._age += 1
        return found


@dataclass(frozen=True)
class Carried:
    """Statistics for every frame of a film.

    places: middle frame of every measured window, growing; shots: number of the shot of each; values: their
    statistics, {layer: (mean, variance)}, in the same order; begins: first frame of every shot.
    """

    places: list
    shots: list
    values: list
    begins: list

    def at(self, number):
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

    def to_bytes(self):
        """Everything as the content of a file."""
        arrays = {"places": self.places, "shots": self.shots, "begins": self.begins}
        for index, values in enumerate(self.values):
            for name, pair in values.items():
                arrays[f"{index}:{name}"] = np.stack(pair)
        file = io.BytesIO()
        np.savez(file, **{name: np.asarray(array) for name, array in arrays.items()})
        return file.getvalue()

    @classmethod
    def from_file(cls, path):
        """What `to_bytes` gave, read from a file."""
        with np.load(path, allow_pickle=False) as arrays:
            places = arrays["places"].tolist()
            values = [{} for _ in places]
            for key in arrays.files:
                if ":" in key:
                    index, name = key.split(":", 1)
                    values[int(index)][name] = tuple(arrays[key])
            return cls(places, arrays["shots"].tolist(), values, arrays["begins"].tolist())


def survey(moments, measure, tick=lambda: None):
    """Go through a film once: Carried.

    measure: [uint8 (height, width, 3)] -> statistics. tick: called after every frame.
    """
    finder = CutFinder()
    places, shots, values, begins = [], [], [], []
    first, samples = 0, []

    def finish(end, least):
        # A short rest of a shot goes with what was measured before it.
        if samples and (end - first >= least or not shots or shots[-1] != len(begins) - 1):
            places.append((first + end - 1) / 2)
            shots.append(len(begins) - 1)
            values.append(measure([picture for _, picture in samples]))
        samples.clear()

    end = 0
    for moment in moments:
        number, end = moment.number, moment.number + 1
        if not moment.broken and finder(moment.small()) or number == 0:
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
            samples.append((number, moment.load().rgb))
        tick()
    finish(end, WINDOW // 2)
    return Carried(places, shots, values, begins)


def _mixed(one, other, share):
    return tuple(np.float32(1 - share) * a + np.float32(share) * b for a, b in zip(one, other, strict=True))
