"""Animated GIF and WebP, in and out: frames, durations, transparency and how often it is repeated."""

import functools
import io
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from japananime.base.errors import UserError, reason
from japananime.base.files import write_bytes
from japananime.image import files as image_files
from japananime.image.files import Picture
from japananime.video.frames import SRGB, Moment

EXTENSIONS = (".gif", ".webp")
USUAL = 100  # milliseconds; browsers show a frame that states none so long
PALETTE_SAMPLES = 24  # frames that a GIF's common palette is made from


@dataclass(frozen=True)
class Animation:
    """An animated picture; the same facts as of a film. loop: how often it is shown, 0 for ever, None once."""

    path: Path
    width: int
    height: int
    frames: int
    loop: int | None
    rate: Fraction
    alpha: bool
    time_base: Fraction = Fraction(1, 1000)
    colors: object = SRGB
    stretch: Fraction = Fraction(1)
    origin: Fraction = Fraction(0)
    tracks: tuple = ()

    @property
    def seconds(self):
        """How long it takes, about."""
        return float(self.frames / self.rate)

    def moments(self, start=0, end=None, *, exact=False):
        """Every frame between two times in seconds, as Moments. exact: they always are."""
        del exact
        time, number, last, good = Fraction(0), 0, None, None
        with Image.open(self.path) as image:
            for index in range(self.frames):
                broken = False
                try:
                    image.seek(index)
                    frame = _picture(image, self.alpha)
                except (OSError, EOFError, SyntaxError, ValueError):
                    frame, broken = last, True
                duration = Fraction(round(image.info.get("duration") or USUAL), 1000)
                begin, time, last = time, time + duration, frame
                if frame is None or begin + duration <= start:
                    continue
                if end is not None and begin >= end:
                    return
                good = number if not broken or good is None else good
                yield Moment(number, begin, duration, functools.partial(_same, frame), None, broken, good)
                number += 1


def is_animated(path):
    """Whether a file is a picture that moves, by what is in it."""
    try:
        with Image.open(path) as image:
            return getattr(image, "n_frames", 1) > 1
    except Exception:  # whatever it is, it is not that; reading it as a picture tells what it is
        return False


def open_animation(path):
    """The Animation in a file; raises UserError where there is none."""
    milliseconds, frames, alpha = 0, 0, False
    try:
        with Image.open(path) as image:
            width, height = image.size
            loop = image.info.get("loop")
            for index in range(getattr(image, "n_frames", 1)):
                image.seek(index)
                milliseconds += round(image.info.get("duration") or USUAL)
                alpha = alpha or image.has_transparency_data
                frames += 1
    except (OSError, EOFError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if not frames:
            raise UserError(f"{path}: cannot be read ({reason(error)})") from error
        frames = max(frames, 1)  # cut off: what there is of it
    if width * height > image_files.MOST_PIXELS:
        raise UserError(f"{path}: {width}×{height} pixels are more than the {image_files.MOST_PIXELS} that are read")
    return Animation(Path(path), width, height, frames, loop, Fraction(1000 * frames, milliseconds), alpha)


class FrameStore:
    """Finished pictures of a moving one in a folder, one file each, so that a stopped run goes on where it was."""

    def __init__(self, work):
        self.work = Path(work)
        self.work.mkdir(exist_ok=True, parents=True)
        self.times = []
        while self._frame(self.done).exists() and (time := self._time(self.done)) is not None:
            self.times.append(time)

    @property
    def done(self):
        """How many frames there are."""
        return len(self.times)

    def add(self, picture, begin, end):
        """One more frame, shown from and to a time in seconds."""
        times = json.dumps([str(begin), str(end)])
        write_bytes(self._frame(self.done).with_suffix(".json"), times.encode())
        image_files.write(self._frame(self.done), picture)
        self.times.append((begin, end))

    def image(self, number, alpha):
        """Frame `number` as an image of Pillow's."""
        with Image.open(self._frame(number)) as image:
            return image.convert("RGBA" if alpha else "RGB")

    def _frame(self, number):
        return self.work / f"{number:06d}.png"

    def _time(self, number):
        try:
            begin, end = json.loads(self._frame(number).with_suffix(".json").read_text())
            return Fraction(begin), Fraction(end)
        except (OSError, ValueError):
            return None


class AnimationSink:
    """Takes the pictures of an animation and makes the file `target` of them, a GIF or a WebP. A context manager."""

    def __init__(self, target, source, quality, work):
        self.target, self.source, self.quality = Path(target), source, quality
        self.loop = getattr(source, "loop", 0)
        self.store = FrameStore(work)
        self.done = self.store.done

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def rehearse(self):
        """Nothing that could fail later can be tried."""

    def write(self, moment, picture):
        """Add a Picture of a Moment; those that are done already are passed over."""
        if moment.number >= self.done:
            self.store.add(picture, moment.time, moment.time + moment.duration)

    def finish(self):
        """Make the file of all frames, and put it in its place."""
        if not self.store.done:
            raise UserError(f"{self.source.path}: not one frame can be decoded")
        # Times are rounded where they are, not how long they are, so that nothing adds up.
        unit = 10 if self.target.suffix.lower() == ".gif" else 1
        ends = [begin for begin, _ in self.store.times] + [self.store.times[-1][1]]
        marks = [round(1000 * end / unit) * unit for end in ends]
        durations = [max(unit, after - before) for before, after in zip(marks, marks[1:], strict=False)]
        content = io.BytesIO()
        images = self._gif() if unit == 10 else self._webp()
        options = {"save_all": True, "duration": durations}
        if self.loop is not None or unit == 1:
            options["loop"] = self.loop if self.loop is not None else 1
        if unit == 10:
            options |= {"format": "GIF", "disposal": 2 if self.source.alpha else 1, "optimize": False}
        else:
            options |= {"format": "WEBP", "quality": self.quality, "method": 4, "minimize_size": False}
        first = next(images)
        first.save(content, append_images=images, **options)
        write_bytes(self.target, content.getvalue())

    def _webp(self):
        for number in range(self.store.done):
            yield self.store.image(number, self.source.alpha)

    def _gif(self):
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
                colors = frame.getpalette()
                frame = Image.fromarray(pixels, "P")
                frame.putpalette(colors[: 3 * 255] + [0, 0, 0])
                frame.info["transparency"] = 255
            yield frame


def _same(frame):
    return frame


def _picture(image, alpha):
    if alpha:
        pixels = np.asarray(image.convert("RGBA"))
        return Picture(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Picture(np.asarray(image.convert("RGB")))
