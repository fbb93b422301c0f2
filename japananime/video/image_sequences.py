"""A folder of numbered frames taken for a film: in their order, with one kind of statistics a shot."""

import functools
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.image import files as image_files
from japananime.video.frames import Moment

RATE = Fraction(24)  # nothing depends on it: a folder has no times
WRITTEN = (".jpg", ".jpeg", ".png", ".webp")
STATE = "frames.json"


@dataclass(frozen=True)
class Sequence:
    """The frames of a folder, in order."""

    path: Path
    files: tuple[Path, ...]
    width: int
    height: int
    alpha: bool = True
    rate: Fraction = RATE
    tracks: tuple = ()

    @property
    def frames(self):
        """How many."""
        return len(self.files)

    @property
    def seconds(self):
        """How long they take at 24 a second."""
        return float(self.frames / self.rate)

    def moments(self, start=0, end=None, *, exact=False):
        """Every frame between two times, as Moments; `start` and `end` count 24 frames a second. exact: they are."""
        del exact
        last, number, good = None, 0, None
        for place, file in enumerate(self.files):
            time = place / self.rate
            if time + 1 / self.rate <= start or (end is not None and time >= end):
                continue
            try:
                last, broken = image_files.read(file), False
            except UserError:
                broken = True
            if last is None:
                raise UserError(f"{file}: the first frame cannot be read")
            good = number if not broken or good is None else good
            yield Moment(number, time, 1 / self.rate, functools.partial(_same, last), None, broken, good)
            number += 1


def open_sequence(folder):
    """The Sequence in a folder, in the order of the numbers in its files' names; raises UserError if there is none."""
    files = sorted(
        (file for file in image_files.find(folder)[0] if file.parent == Path(folder)),
        key=lambda file: [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", file.name)],
    )
    if not files:
        raise UserError(f"--in is '{folder}', a folder without frames ({', '.join(image_files.EXTENSIONS)})")
    height, width = image_files.read(files[0]).rgb.shape[:2]
    return Sequence(Path(folder), tuple(files), width, height)


class FolderSink:
    """Takes the pictures of a sequence and writes each into the folder `target`. A context manager.

    suffix: of the files, or None for that of each frame. work: where it is noted how far it has come.
    """

    def __init__(self, target, source, quality, work, suffix=None):
        self.target, self.source, self.quality, self.suffix = Path(target), source, quality, suffix
        self.state = Path(work) / STATE
        self.done = self._safe()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def rehearse(self):
        """Make the folder."""
        self.target.mkdir(parents=True, exist_ok=True)
        self.state.parent.mkdir(parents=True, exist_ok=True)

    def write(self, moment, picture):
        """Write a Picture of a Moment; those that are done already are passed over."""
        if moment.number >= self.done:
            file = self.source.files[round(moment.time * self.source.rate)]
            suffix = self.suffix or (file.suffix if file.suffix.lower() in WRITTEN else ".png")
            image_files.write(self.target / f"{file.stem}{suffix}", picture, quality=self.quality)
            write_bytes(self.state, json.dumps(moment.number + 1).encode())

    def finish(self):
        """All frames are where they belong."""

    def _safe(self):
        try:
            return int(json.loads(self.state.read_text()))
        except (OSError, ValueError, TypeError):
            return 0


def _same(frame):
    return frame
