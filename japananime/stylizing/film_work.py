"""One film being made, in one go or in chunks: where its parts lie, what is checked first, and the work itself."""

import contextlib
import importlib.util
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from japananime.base import cli, json_files, locking, temporary
from japananime.base.errors import UserError
from japananime.base.files import WORK, fingerprint, fitting, write_bytes
from japananime.base.json_files import COUNT, Field
from japananime.base.settings import setting
from japananime.base.terminal import Bar
from japananime.faces.film_overlay import FilmFaces, FollowedFaces
from japananime.image.files import Picture
from japananime.stylizing.pictures import Finish
from japananime.stylizing.planning import Task
from japananime.video import bounds, opening, pipeline, shot_statistics
from japananime.video.frames import WHOLE, Sink, Source, TimedFrame, middle
from japananime.video.opening import Encoding
from japananime.video.pipeline import Outcome
from japananime.video.reading import hdr
from japananime.video.reading.source import FilmSource
from japananime.video.shot_statistics import FilmStatistics, Statistics
from japananime.video.steadying import Steadier
from japananime.video.writing import encoders
from japananime.video.writing import sink as film_sink
from japananime.video.writing.codecs import CODECS

STATISTICS_FILE, OVERLAY_FILE, SETTINGS_FILE = "statistics.npz", "overlay.npz", "settings.json"
# Drawn as always, or so small that the film's own rate is held.
FULL, REAL_TIME = SPEEDS = ("full", "realtime")

# uint8 (height, width, 3) -> the same in the style. One whose network normalises by the picture also has `measure`,
# [pictures] -> statistics, and `apply`, (picture, statistics) -> the same in the style.
FilmEngine = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class FilmSettings(Encoding):
    """How films are made.

    preview: None for all of the film. steady: see `video.steadying`. style: tells it from other styles. memory: bytes
    that pictures may take while they are made, or None; what is made is the same with any.
    """

    preview: float | None = setting(None, "only this much from the middle, as NAME-preview", above=0, metavar="SECONDS")
    steady: bool = setting(
        False, "reduce flicker: carry each picture along the film's motion into the next", switch=True
    )
    speed: str = setting(
        FULL,
        "realtime draws films as small as it takes to keep up with their frame rate, and enlarges",
        choices=SPEEDS,
    )
    finish: Finish = field(default_factory=Finish)
    style: str = ""
    memory: int | None = None

    def check(self) -> None:
        """Raise UserError where something is out of its range."""
        CODECS[self.codec].check_quality(self.crf)
        encoders.check(self.encoder, self.codec)
        if self.steady and importlib.util.find_spec("cv2") is None:
            raise UserError(cli.not_installed("--steady", ["OpenCV"], "steady"))


class FilmWork:
    """A Task of a film, and the folder beside its target for what is needed until it is finished.

    Raises UserError where the source is no moving picture.
    """

    def __init__(self, task: Task, settings: FilmSettings):
        self.task, self.settings = task, settings
        self.folder = work_of(task)
        self.source: Source = opening.open_source(task.source, settings.memory)
        if settings.steady:
            size = self.source.width, self.source.height
            bounds.check(task.source, *size, settings.memory, bounds.PIXEL + bounds.STEADIED)
        self.span = WHOLE if settings.preview is None else middle(self.source, settings.preview)

    def at_pace(self, side: int, encoder: str | None, preset: str | None) -> "FilmWork":
        """The same work, drawn at a short side, 0 for the film's own, and written by an encoder with a preset."""
        other = FilmWork.__new__(FilmWork)
        other.__dict__.update(self.__dict__, settings=replace(self.settings, encoder=encoder, preset=preset))
        width, height = self.source.width, self.source.height
        if side and side < min(width, height):
            assert isinstance(self.source, FilmSource)
            scale = side / min(width, height)
            other.source = replace(self.source, loaded_at=(round(width * scale), round(height * scale)))
        return other

    @property
    def frame_count(self) -> int | None:
        """How many frames are to be made, about; or None."""
        count, seconds = self.source.frame_count, self.source.seconds
        if not count or self.span.end is None or not seconds:
            return count
        return max(1, round(count * min(1.0, float(self.span.end - self.span.start) / seconds)))

    def sinks(self, place: str = "", first: int = 0) -> list[Sink]:
        """What takes the frames: for the film, and for the comparison if that is wanted; not entered yet.

        place: subfolder for their parts. first: number of the first frame. Raises UserError for what cannot be made.
        """
        targets = [(self.task.target, "made"), (self.task.comparison, "compare")]
        return [
            opening.open_sink(
                *(target, self.source, self.settings, self.folder / place / name),
                columns=columns, span=self.span, first=first,
            )
            for columns, (target, name) in enumerate(targets, start=1) if target
        ]  # fmt: skip

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have the folder, and let no other process make the same film; raises UserError where one does."""
        self._refuse_if_foreign()
        self.folder.mkdir(parents=True, exist_ok=True)
        with locking.exclusive_lock(self.folder, "the folder of what a film is made of"):
            yield

    def begin(self, **division: int) -> None:
        """Make the folder, keeping what an interrupted run left if it was the same work, divided likewise."""
        compare = self.task.comparison is not None
        facts = {"source": identity(self.task.source), **asdict(self.settings), "compare": compare, **division}
        del facts["memory"]
        text = json.dumps(facts, indent=1)
        try:
            same = (self.folder / SETTINGS_FILE).read_text(encoding="utf-8") == text
        except OSError:
            same = False
        if not same:
            self._refuse_if_foreign()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.empty()
            write_bytes(self.folder / SETTINGS_FILE, text.encode())

    def facts(self) -> dict[str, Any]:
        """What `begin` noted down, or {}."""
        with contextlib.suppress(UserError):
            return json_files.read(self.folder / SETTINGS_FILE, "a film's settings", {"pieces": Field(COUNT, False)})
        return {}

    def empty(self) -> None:
        """Remove what is in the folder but for the lock and what `begin` noted down."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name not in (locking.LOCK, SETTINGS_FILE):
                path.unlink()

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def check(self, sinks: Sequence[Sink]) -> None:
        """Raise UserError for what could fail later: encoders, containers, and room on the disk, about."""
        self._check_room(sinks)
        for sink in sinks:
            sink.rehearse()

    def remarks(self, sinks: Sequence[Sink]) -> Iterator[str]:
        """What does not stay as it is, or may surprise, in sentences."""
        kind = hdr.name(self.source.coded) if isinstance(self.source, FilmSource) else ""
        if kind:
            yield f"its high dynamic range ({kind}) is tone-mapped; it is drawn, and written, as a common film (BT.709)"
        yield from sinks[0].remarks()

    def frames(self, sinks: Sequence[Sink]) -> Iterator[TimedFrame]:
        """All frames to be made."""
        return self.source.frames(self.span, exact=sinks[0].exact)

    def measured(self, engine: FilmEngine, sinks: Sequence[Sink]) -> FilmStatistics | None:
        """The statistics for all frames, of an interrupted run or measured now; None if none are needed."""
        if not normalises(engine):
            return None
        if (known := self.known_statistics()) is not None:
            return known
        with bar(self.frame_count, "looking through") as progress:
            statistics = shot_statistics.survey(self.frames(sinks), engine.measure, progress.update)  # type: ignore[attr-defined]
        write_bytes(self.folder / STATISTICS_FILE, statistics.to_bytes())
        return statistics

    def surveyed(self, overlay: FilmFaces | None, sinks: Sequence[Sink]) -> FollowedFaces | None:
        """What is drawn over all pictures, by what an interrupted run has found or is found now; None for nothing."""
        if overlay is None:
            return None
        path, own, scale = self.folder / OVERLAY_FILE, self.source, 1.0
        if isinstance(own, FilmSource) and own.loaded_at:  # whatever size is drawn, it is looked for in the film's own
            scale = own.loaded_at[1] / own.height
            own = replace(own, loaded_at=None)
        with contextlib.suppress(OSError, ValueError, KeyError):
            return overlay.over(path.read_bytes(), scale)
        with bar(self.frame_count, f"looking for {overlay.name}") as progress:
            frames = own.frames(self.span, exact=sinks[0].exact)
            survey = overlay.survey(frames, float(own.rate), progress.update)
        write_bytes(path, survey)
        return overlay.over(survey, scale)

    def known_statistics(self) -> FilmStatistics | None:
        """The statistics that have been measured, or None."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            return FilmStatistics.from_file(self.folder / STATISTICS_FILE)
        return None

    def run(
        self,
        engine: FilmEngine,
        statistics: FilmStatistics | None,
        frames: Iterator[TimedFrame],
        sinks: Sequence[Sink],
        tick: Callable[[bool], None] = lambda new: None,
        over: FollowedFaces | None = None,
    ) -> Outcome:
        """Make frames, as far as they are not made; see `video.pipeline.run`. over: as `surveyed` gives it."""

        steadier = Steadier(film_sink.SEGMENT) if self.settings.steady else None
        draw = drawing(engine)

        def apply(number: int, rgb: np.ndarray) -> np.ndarray:
            photo = over.prepare(number, rgb) if over else rgb
            drawn = draw(photo, statistics.at(number) if statistics else {})
            drawn = over.finish(number, photo, drawn) if over else drawn
            return steadier(number, rgb, drawn) if steadier else drawn

        def combine(photo: Picture, stylized: Picture) -> tuple[Picture, ...]:
            written = Picture(self.settings.finish(photo.rgb, stylized.rgb), photo.alpha, photo.profile)
            if not self.task.comparison:
                return (written,)
            alpha = None if photo.alpha is None else np.concatenate([photo.alpha, photo.alpha], axis=1)
            return written, Picture(np.concatenate([photo.rgb, written.rgb], axis=1), alpha, photo.profile)

        if steadier is None:
            return pipeline.run(frames, sinks, apply, combine, tick)
        return pipeline.run(frames, sinks, apply, combine, tick, steadier.first_needed)

    def _refuse_if_foreign(self) -> None:
        """Raise UserError unless the folder is what an earlier run left, and so may be removed."""
        work = self.folder
        if os.path.lexists(work) and not (work / SETTINGS_FILE).is_file():
            others = not work.is_dir() or any(
                not temporary.is_own(path) and path.name != locking.LOCK for path in work.iterdir()
            )
            if others or work.is_symlink():
                raise UserError(f"{work} is in the way: it holds something else; move it, or give another --out")

    def _check_room(self, sinks: Sequence[Sink]) -> None:
        frames = self.frame_count
        if not frames:
            return
        # The pieces and the film that is joined of them are there at the same time.
        needed = 2 * frames * sum(sink.frame_bytes for sink in sinks)
        needed += self.task.source.stat().st_size if self.source.tracks else 0
        needed *= 1 - min(1.0, min(sink.done for sink in sinks) / frames) / 2
        free = shutil.disk_usage(self.task.target.parent).free
        if needed > free:
            raise UserError(
                f"{self.task.target}: about {needed / 1e9:.1f} GB are needed until it is finished, and "
                f"{free / 1e9:.1f} GB are free there; make room, give --out on another disk, or a higher --crf"
            )


def normalises(engine: FilmEngine) -> bool:
    """Whether an engine's network looks at the whole picture, and so wants statistics of a shot."""
    measure = getattr(engine, "measure", None)
    return measure is not None and bool(measure([np.zeros((64, 64, 3), np.uint8)]))


def drawing(engine: FilmEngine) -> Callable[[np.ndarray, Statistics], np.ndarray]:
    """What draws a film's frames, (frame, statistics) -> picture: `apply`, which is quicker, where an engine has it."""
    return getattr(engine, "apply", None) or (lambda rgb, statistics: engine(rgb))


def work_of(task: Task) -> Path:
    """The folder of what a film needs until it is finished."""
    return task.target.with_name(fitting(task.target.name, WORK))


def identity(path: Path | str) -> str:
    """A text that changes when a file, or a file of a folder, does."""
    path = Path(path)
    return fingerprint([file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path])


def bar(total: int | None, text: str) -> Bar:
    """A bar that counts frames."""
    return Bar(total=total, desc=text, unit="frame", leave=False, disable=None, smoothing=0.1)
