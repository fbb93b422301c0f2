"""Animated GIF and WebP, in and out: frames, durations, transparency and how often it is repeated."""

import functools
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from japananime.base.errors import UserError, reason
from japananime.base.files import refuse_other_kinds, write_bytes
from japananime.base.json_files import UNREADABLE
from japananime.image import files as image_files
from japananime.image.files import Picture
from japananime.video import bounds
from japananime.video.color_marks import SRGB, Colors
from japananime.video.frames import WHOLE, Source, Span, TimedFrame

EXTENSIONS = (".gif", ".webp")
FORMATS = ("GIF", "WEBP", "PNG", "TIFF", "JPEG")  # that a file of such a name may really be in
USUAL = 100  # milliseconds; browsers show a frame that states none so long
PALETTE_SAMPLES = 24  # frames that a GIF's common palette is made from
BITS = 24.0  # that a pixel takes, about, in the frames kept until it is finished, and in the file


@dataclass(frozen=True)
class AnimationSource:
    """A Source in an animated picture."""

    path: Path
    width: int
    height: int
    frame_count: int
    loop: int | None
    rate: Fraction
    alpha: bool
    time_base: Fraction = Fraction(1, 1000)
    colors: Colors = SRGB
    stretch: Fraction = Fraction(1)
    tracks: tuple[int, ...] = ()
    begin: Fraction = Fraction(0)
    end: Fraction | None = None

    @property
    def seconds(self) -> float:
        """How long it takes, about."""
        return float(self.frame_count / self.rate)

    def open_tracks(self) -> None:
        """It has none."""

    def frames(self, span: Span = WHOLE, *, exact: bool = False) -> Iterator[TimedFrame]:
        """Every frame within a span. exact: their times always are."""
        del exact
        time, number, good = Fraction(0), 0, None
        last: Picture | None = None
        with Image.open(self.path, formats=FORMATS) as image:
            for index in range(self.frame_count):
                frame, broken = last, False
                try:
                    image.seek(index)
                    frame = _picture(image, self.alpha)
                except Exception:  # Pillow's readers raise whatever they stumble over
                    broken = True
                duration = Fraction(round(image.info.get("duration") or USUAL), 1000)
                begin, time, last = time, time + duration, frame
                if frame is None or begin + duration <= span.start:
                    continue
                if span.end is not None and begin >= span.end:
                    return
                good = number if not broken or good is None else good
                yield TimedFrame(number, begin, duration, functools.partial(_same, frame), None, broken, good)
                number += 1


def is_animated(path: Path) -> bool:
    """Whether a file is a picture that moves, by what is in it."""
    try:
        with Image.open(path, formats=FORMATS) as image:
            return getattr(image, "n_frames", 1) > 1
    except Exception:  # whatever it is, it is not that; reading it as a picture tells what it is
        return False


def open_animation(path: Path, memory: int | None = None) -> AnimationSource:
    """The Source in an animated picture's file; raises UserError where there is none.

    memory: bytes that its pictures may take; half of what is free if not given.
    """
    refuse_other_kinds(path)
    milliseconds, frames, alpha = 0, 0, False
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            bounds.check(path, width, height, memory)
            loop = image.info.get("loop")
            for index in itertools.count():
                try:
                    image.seek(index)
                except EOFError:
                    break
                milliseconds += round(image.info.get("duration") or USUAL)
                alpha = alpha or image.has_transparency_data
                frames += 1
    except UserError:
        raise
    except Exception as error:  # as in `frames`; what was cut off is made as far as it goes
        if not frames:
            raise UserError(f"{path}: cannot be read ({reason(error)})") from error
    return AnimationSource(Path(path), width, height, frames, loop, Fraction(1000 * frames, milliseconds), alpha)


class FrameStore:
    """Finished pictures of a moving one in a folder, one file each, so that a stopped run goes on where it was."""

    def __init__(self, work: Path):
        self.work = Path(work)
        self.work.mkdir(exist_ok=True, parents=True)
        self.times: list[tuple[Fraction, Fraction]] = []
        while self._frame(self.done).exists() and (time := self._time(self.done)) is not None:
            self.times.append(time)

    @property
    def done(self) -> int:
        """How many frames there are."""
        return len(self.times)

    def add(self, picture: Picture, begin: Fraction, end: Fraction) -> None:
        """One more frame, shown from and to a time in seconds."""
        times = json.dumps([str(begin), str(end)])
        write_bytes(self._frame(self.done).with_suffix(".json"), times.encode())
        image_files.write(self._frame(self.done), picture)
        self.times.append((begin, end))

    def image(self, number: int, alpha: bool) -> Image.Image:
        """Frame `number` as an image of Pillow's."""
        with Image.open(self._frame(number), formats=("PNG",)) as image:
            return image.convert("RGBA" if alpha else "RGB")

    def _frame(self, number: int) -> Path:
        return self.work / f"{number:06d}.png"

    def _time(self, number: int) -> tuple[Fraction, Fraction] | None:
        try:
            begin, end = json.loads(self._frame(number).with_suffix(".json").read_text())
            return Fraction(begin), Fraction(end)
        except UNREADABLE:
            return None


class AnimationSink:
    """A Sink that makes an animated picture, a GIF or a WebP, by its name.

    quality: of WebP. work: folder of its frames until then. columns: how many pictures wide it is.
    """

    exact = False
    divisible = False

    def __init__(self, target: Path, source: Source, quality: int, work: Path, columns: int = 1):
        self.target, self.source, self.quality, self.work = target, source, quality, work
        self.frame_bytes = columns * source.width * source.height * BITS / 8
        self._gif = target.suffix.lower() == ".gif"

    def __enter__(self) -> "AnimationSink":
        self.store = FrameStore(self.work)
        self.done = self.store.done
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def remarks(self) -> Iterator[str]:
        """What cannot be kept."""
        if self.source.tracks:
            yield "its sound and subtitles have no place in an animated picture"

    def rehearse(self) -> None:
        """Nothing that could fail later can be tried."""

    def close(self) -> None:
        """Every frame is safe at once."""

    def write(self, frame: TimedFrame, picture: Picture) -> None:
        """Add the picture made of a frame; those that are done already are passed over."""
        if frame.number >= self.done:
            self.store.add(picture, frame.time, frame.time + frame.duration)

    def finish(self) -> None:
        """Make the file of all frames, and put it in its place."""
        if not self.store.done:
            raise UserError(f"{self.source.path}: not one frame can be decoded")
        # Times are rounded where they are, not how long they are, so that nothing adds up.
        unit = 10 if self._gif else 1
        ends = [begin for begin, _ in self.store.times] + [self.store.times[-1][1]]
        marks = [round(1000 * end / unit) * unit for end in ends]
        durations = [max(unit, after - before) for before, after in zip(marks, marks[1:], strict=False)]
        content = io.BytesIO()
        images = self._gif_frames() if self._gif else self._webp_frames()
        options: dict[str, Any] = {"save_all": True, "duration": durations}
        loop = self.source.loop
        if loop is not None or not self._gif:
            options["loop"] = 1 if loop is None else loop
        if self._gif:
            options |= {"format": "GIF", "disposal": 2 if self.source.alpha else 1, "optimize": False}
        else:
            options |= {"format": "WEBP", "quality": self.quality, "method": 4, "minimize_size": False}
        first = next(images)
        first.save(content, append_images=images, **options)
        write_bytes(self.target, content.getvalue())

    def _webp_frames(self) -> Iterator[Image.Image]:
        for number in range(self.store.done):
            yield self.store.image(number, self.source.alpha)

    def _gif_frames(self) -> Iterator[Image.Image]:
        """Frames with one palette for all, and no dithering: still areas stay still."""
        alpha = self.source.alpha
        chosen = np.linspace(0, self.store.done - 1, min(PALETTE_SAMPLES, self.store.done)).round().astype(int)
        tiles = []
        for number in chosen:
            tile = self.store.image(number, alpha).convert("RGB")
            tile.thumbnail((256, 256))
            tiles.append(np.asarray(tile).reshape(-1, 3))
        together = Image.fromarray(np.concatenate(tiles)[None])
        palette = together.quantize(255 if alpha else 256, method=Image.Quantize.MEDIANCUT)
        for number in range(self.store.done):
            image = self.store.image(number, alpha)
            frame = image.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
            if alpha:
                pixels = np.array(frame)
                pixels[np.asarray(image)[..., 3] < 128] = 255
                colors = frame.getpalette() or []
                frame = Image.fromarray(pixels, "P")
                frame.putpalette(colors[: 3 * 255] + [0, 0, 0])
                frame.info["transparency"] = 255
            yield frame


def _same(frame: Picture) -> Picture:
    return frame


def _picture(image: Image.Image, alpha: bool) -> Picture:
    if alpha:
        pixels = np.asarray(image.convert("RGBA"))
        return Picture(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Picture(np.asarray(image.convert("RGB")))
