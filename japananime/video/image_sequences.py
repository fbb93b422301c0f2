"""A folder of numbered frames taken for a film: in their order, with one kind of statistics a shot."""

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from japananime.base.errors import UserError
from japananime.base.files import write_bytes
from japananime.base.json_files import UNREADABLE
from japananime.image import files as image_files
from japananime.image.files import Picture
from japananime.video.color_marks import SRGB, Colors
from japananime.video.frames import WHOLE, Span, TimedFrame

RATE = Fraction(24)  # nothing depends on it: a folder has no times
WRITTEN = (".jpg", ".jpeg", ".png", ".webp")
STATE = "frames.json"


@dataclass(frozen=True)
class FolderSource:
    """A Source of the frames in a folder, in order; width and height: of the first."""

    path: Path
    files: tuple[Path, ...]
    width: int
    height: int
    alpha: bool = True
    rate: Fraction = RATE
    time_base: Fraction = 1 / RATE
    colors: Colors = SRGB
    stretch: Fraction = Fraction(1)
    tracks: tuple[int, ...] = ()
    loop: int | None = 0
    begin: Fraction = Fraction(0)
    end: Fraction | None = None

    @property
    def frame_count(self) -> int:
        """How many."""
        return len(self.files)

    @property
    def seconds(self) -> float:
        """How long they take at 24 a second."""
        return float(self.frame_count / self.rate)

    def open_tracks(self) -> None:
        """It has none."""

    def frames(self, span: Span = WHOLE, *, exact: bool = False) -> Iterator[TimedFrame]:
        """Every frame within a span of 24 frames a second. exact: their times always are."""
        del exact
        last, number, good = None, 0, None
        for place, file in enumerate(self.files):
            time = place / self.rate
            if time + 1 / self.rate <= span.start or (span.end is not None and time >= span.end):
                continue
            try:
                last, broken = image_files.read(file), False
            except UserError:
                broken = True
            if last is None:
                raise UserError(f"{file}: the first frame cannot be read")
            good = number if not broken or good is None else good
            yield TimedFrame(number, time, 1 / self.rate, functools.partial(_same, last), None, broken, good)
            number += 1


def open_folder(folder: Path) -> FolderSource:
    """The Source in a folder, in the order of the numbers in its files' names; raises UserError if there is none."""
    files = sorted(
        (file for file in image_files.find(folder)[0] if file.parent == Path(folder)),
        key=lambda file: [int(part) if part.isdigit() else part.lower() for part in re.split(r"(\d+)", file.name)],
    )
    if not files:
        raise UserError(f"--in is '{folder}', a folder without frames ({', '.join(image_files.EXTENSIONS)})")
    height, width = image_files.read(files[0]).rgb.shape[:2]
    return FolderSource(Path(folder), tuple(files), width, height)


class FolderSink:
    """A Sink that writes every frame into the folder `target`, under the name of the frame that it was made of.

    source: a folder too. quality: of JPEG and WebP. suffix: of the files, or None for that of each frame. work: where
    it is noted how far it has come.
    """

    exact = False
    divisible = False
    frame_bytes = 0.0

    def __init__(self, target: Path, source: FolderSource, quality: int, work: Path, suffix: str | None = None):
        self.target, self.source, self.quality, self.suffix = target, source, quality, suffix
        self.state = work / STATE

    def __enter__(self) -> "FolderSink":
        try:
            self.done = max(0, int(json.loads(self.state.read_text())))
        except UNREADABLE:
            self.done = 0
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def remarks(self) -> Iterator[str]:
        """All of a frame is kept."""
        return iter(())

    def rehearse(self) -> None:
        """Make the folder."""
        self.target.mkdir(parents=True, exist_ok=True)
        self.state.parent.mkdir(parents=True, exist_ok=True)

    def write(self, frame: TimedFrame, picture: Picture) -> None:
        """Write the picture made of a frame; those that are done already are passed over."""
        if frame.number >= self.done:
            file = self.source.files[round(frame.time * self.source.rate)]
            suffix = self.suffix or (file.suffix if file.suffix.lower() in WRITTEN else ".png")
            image_files.write(self.target / f"{file.stem}{suffix}", picture, quality=self.quality)
            write_bytes(self.state, json.dumps(frame.number + 1).encode())

    def close(self) -> None:
        """Every frame is safe at once."""

    def finish(self) -> None:
        """All frames are where they belong."""


def _same(frame: Picture) -> Picture:
    return frame
