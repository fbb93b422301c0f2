"""What the page does with what people send it: limits, names, pictures and films. Knows nothing of the page itself.

Whatever arrives is a stranger's: its name is never used for a file, its content is looked at before it is unpacked.
"""

import itertools
import re
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.base.settings import Settings, setting
from japananime.image import files as image_files
from japananime.image.color import Finish
from japananime.inference import characters, loading
from japananime.styles import folder as style_folder
from japananime.stylizing import films as film_stylizing
from japananime.stylizing import planning
from japananime.stylizing.film_work import FilmSettings
from japananime.video import source as film_source
from japananime.web import cleanup

# What Pillow opens without calling another program, as it does for PostScript.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# FFmpeg takes text files for lists of further files to read, so a film must begin as one of these does.
MATROSKA, RIFF = b"\x1aE\xdf\xa3", b"RIFF"
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
PLAYED = (".mp4", ".m4v", ".mov", ".webm")
# Pictures that are only looked at in the page need no more pixels than a screen has.
VIEW_SIDE = 2048
NAME_LENGTH = 40
# Characters on a sheet, and the largest number that one can ask for.
SHOWN, MOST_SEED = 36, 2**31 - 1


@dataclass(frozen=True)
class Limits(Settings):
    """What one visitor may ask for at once, and how long it is kept."""

    picture_megabytes: float = setting(40.0, "largest file of a picture", least=0.001)
    megapixels: float = setting(25.0, "largest picture", least=0.001, most=178.0)
    pictures: int = setting(20, "pictures at once", least=1)
    film_megabytes: float = setting(200.0, "largest file of a film", least=0.001)
    film_seconds: float = setting(30.0, "longest film", least=0.1)
    film_megapixels: float = setting(2.1, "largest picture of a film; 1920×1080 is 2.07", least=0.001)
    minutes: float = setting(20.0, "longest time that one visitor's work may take", least=0.001)
    waiting: int = setting(40, "visitors' tasks that may wait in line", least=1)
    keep_minutes: float = setting(60.0, "files are removed so long after they were made", least=0.001)
    keep_megabytes: float = setting(4000.0, "room for all files; with more, nothing new is taken", least=1.0)


@dataclass(frozen=True)
class Made:
    """Files of one picture: before and after to look at, full as it is to be downloaded, and its size in pixels."""

    before: Path
    after: Path
    full: Path
    width: int
    height: int


class Workshop:
    """Makes what visitors ask for, one call of the network at a time, in the order in which they come.

    folder: where everything lies; nothing outside it is read but `shelves`, folders of the house's own pictures.
    limits: Limits. max_memory: as `inference.loading.load` takes it. load: makes an engine of a Style.
    """

    def __init__(self, folder, limits, max_memory=None, load=loading.load, shelves=()):
        self.folder, self.limits = Path(folder).resolve(), limits
        self._places = [self.folder, *(Path(shelf).resolve() for shelf in shelves)]
        self._load, self._max_memory = load, max_memory
        # One thread is a fair line: a picture need not wait for a film's end, but only for the frame in work.
        self._line = ThreadPoolExecutor(1, "network")
        self._engines, self._styles = {}, {}
        self._numbers = itertools.count(1)

    def prepare(self, style):
        """Load a style, so that the first visitor need not wait for it."""
        self._line.submit(self._engine, style).result()

    def has_room(self, size=0):
        """Whether so many bytes more may come."""
        return cleanup.size(self.folder) + size <= 1e6 * self.limits.keep_megabytes

    def picture(self, source, style, strength=1.0, colors=False):
        """One picture: Made. strength: 0 gives the photo back, 1 the style. colors: whether to keep the photo's."""
        source = self._own(source)
        with _named(source, self.folder):
            return self._picture(source, self._watched(style), _finish(strength, colors), self._new_folder())

    def pictures(self, sources, style, strength=1.0, colors=False, tell=lambda done, total: None):
        """Several pictures: ([Made], [why one could not be made]). tell: called before each one and at the end."""
        if len(sources) > self.limits.pictures:
            raise UserError(f"{len(sources)} pictures are too many at once; at most {self.limits.pictures} are taken")
        engine, finish, folder = self._watched(style), _finish(strength, colors), self._new_folder()
        made, problems = [], []
        for number, source in enumerate(sources):
            tell(number, len(sources))
            try:
                source = self._own(source)
                with _named(source, self.folder):
                    made.append(self._picture(source, engine, finish, folder))
            except UserError as error:
                problems.append(str(error))
        tell(len(sources), len(sources))
        return made, problems

    def film(self, source, style, strength=1.0, colors=False, tell=lambda done, total: None):
        """A film: (its path, a line that says what came of it). tell: called with frames done, and all or None."""
        source = self._own(source)
        with _named(source, self.folder):
            frames = check_film(source, self.limits)
            folder, done = self._new_folder(), itertools.count(1)
            suffix = ".mp4" if source.suffix.lower() in PLAYED else ".mkv"
            task = planning.Task(source, folder / f"{self._name(style)}{suffix}")
            planning.refuse_overwriting([task])
            tell(0, frames)

            settings = FilmSettings(finish=_finish(strength, colors))
            line = film_stylizing.make(task, self._watched(style), settings, lambda new: tell(next(done), frames))
            return task.target, line.removeprefix(f"{task.target}: ")

    def characters(self, style, seed, variety=1.0):
        """Characters out of nothing: the path of a sheet of SHOWN. variety: over 0 to 1; see inference.characters."""
        if seed is None or not 0 <= seed <= MOST_SEED or seed != int(seed):
            raise UserError(f"the number is {seed}; it must be a whole one of 0 to {MOST_SEED}")
        if not 0.0 < variety <= 1.0:
            raise UserError(f"variety is {variety}; it must be over 0 and at most 1")
        folder = self._new_folder()
        pictures = self._line.submit(lambda: self._maker(style)(SHOWN, int(seed), variety)).result()
        page = characters.sheet(pictures, across=round(SHOWN**0.5))
        path = folder / f"characters-{int(seed)}.png"
        image_files.write(path, image_files.Picture(page))
        return path

    def _picture(self, source, engine, finish, folder):
        check_picture(source, self.limits)
        photo = image_files.read(source)
        made = replace(photo, rgb=finish(photo.rgb, engine(photo.rgb)))
        # A file of its own kind where that can be written; transparency needs one that has it.
        suffix = planning.picture_suffix(source).lower()
        suffix = ".png" if photo.alpha is not None and suffix in (".jpg", ".jpeg") else suffix
        name = self._name(engine.style)
        full, before, after = (folder / f"{name}{ending}" for ending in (suffix, "-before.jpg", "-after.jpg"))
        image_files.write(full, made)
        for path, picture in ((before, photo), (after, made)):
            image_files.write(path, view(picture), quality=90)
        return Made(before, after, full, photo.rgb.shape[1], photo.rgb.shape[0])

    def _name(self, style):
        return f"{shown(self._style(style).title)}-{next(self._numbers):04d}"

    def _own(self, source):
        """The path of a file that lies where it may be read from."""
        source = Path(source).resolve()
        if not any(place in source.parents for place in self._places) or not source.is_file():
            raise UserError(f"{shown(source)}: not here any more; give it once more")
        return source

    def _new_folder(self):
        if not self.has_room():
            raise UserError("there is no room for more files at the moment; older ones are removed soon")
        return Path(tempfile.mkdtemp(dir=self.folder, prefix="made-"))

    def _style(self, name):
        if name not in self._styles:
            self._styles[name] = style_folder.find(name)
        return self._styles[name]

    def _maker(self, style):
        if style not in self._engines:
            self._engines[style] = characters.Characters(self._style(style))
        return self._engines[style]

    def _watched(self, style):
        return _Watched(self._line, lambda: self._engine(style), style, self.limits.minutes)

    def _engine(self, style):
        if style not in self._engines:
            self._engines[style] = self._load(self._style(style), max_memory=self._max_memory)
        return self._engines[style]


class _Watched:
    """An engine whose every call waits in line, and that refuses to work on after its time."""

    def __init__(self, line, engine, style, minutes):
        self._line, self._engine, self.style, self._minutes = line, engine, style, minutes
        self._deadline = time.monotonic() + 60 * minutes

    def __call__(self, rgb):
        return self._call(lambda engine: engine(rgb))

    def apply(self, rgb, statistics):
        return self._call(lambda engine: engine.apply(rgb, statistics))

    def measure(self, photos):
        return self._call(lambda engine: engine.measure(photos))

    def _call(self, work):
        if time.monotonic() > self._deadline:
            raise UserError(f"stopped after {self._minutes:g} minutes, the longest that one task may take here")
        return self._line.submit(lambda: work(self._engine())).result()


@contextmanager
def _named(source, folder):
    """Errors inside speak of a file by the name it may be shown under, not by where it or anything else lies."""
    try:
        yield
    except UserError as error:
        name = shown(source)
        words = re.sub(re.escape(str(folder)) + r"[^\s:]*/", "", str(error).replace(str(source), name))
        raise UserError(words if words.startswith(name) else f"{name}: {words}") from error


def check_picture(path, limits):
    """Raises UserError unless a file is a picture within the limits, by its size and its header alone."""
    _check_size(path, limits.picture_megabytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
    except Image.DecompressionBombError:
        raise UserError(f"{path}: too large a picture; at most {limits.megapixels:g} megapixels are taken") from None
    except Exception:  # Pillow's plugins raise OSError, SyntaxError, ValueError, struct.error and more
        raise UserError(f"{path}: not a picture; accepted: JPEG, PNG, WebP, GIF, BMP and TIFF") from None
    if width * height > 1e6 * limits.megapixels:
        raise UserError(
            f"{path}: {width}×{height} is {width * height / 1e6:.3g} megapixels; "
            f"at most {limits.megapixels:g} are taken"
        )


def check_film(path, limits):
    """How many frames a film has, about, or None; raises UserError unless it is a film within the limits."""
    _check_size(path, limits.film_megabytes)
    with path.open("rb") as file:
        head = file.read(12)
    avi = head[:4] == RIFF and head[8:] == b"AVI "
    if not (head[4:8] in BOXES or head[:4] == MATROSKA or avi):
        raise UserError(f"{path}: not a film; accepted: MP4, MOV, WebM, MKV and AVI")
    film = film_source.open_film(path)
    if film.width * film.height > 1e6 * limits.film_megapixels:
        raise UserError(
            f"{path}: its pictures are {film.width}×{film.height}, {film.width * film.height / 1e6:.3g} megapixels; "
            f"at most {limits.film_megapixels:g} are taken"
        )
    seconds = film.seconds or _seconds(film, limits.film_seconds)
    if seconds > limits.film_seconds:
        raise UserError(f"{path}: lasts {seconds:.0f} seconds; at most {limits.film_seconds:g} are taken")
    return round(seconds * film.rate)


def _check_size(path, most):
    size = path.stat().st_size / 1e6
    if size > most:
        raise UserError(f"{path}: the file has {size:.3g} MB; at most {most:g} MB are taken")


def _seconds(film, most):
    """The length of a film whose header does not tell it, as with what browsers record; or the first beyond `most`."""
    end = 0.0
    with closing(film.frames()) as frames:
        for frame in frames:
            end = float(frame.time + frame.duration)
            if end > most:
                break
    return end


def view(picture):
    """A Picture made no larger than VIEW_SIDE, for looking at."""
    longest = max(picture.rgb.shape[:2])
    if longest <= VIEW_SIDE:
        return picture
    height, width = (max(1, round(side * VIEW_SIDE / longest)) for side in picture.rgb.shape[:2])

    def smaller(array):
        return np.asarray(Image.fromarray(array).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0))

    alpha = None if picture.alpha is None else smaller(picture.alpha)
    return replace(picture, rgb=smaller(picture.rgb), alpha=alpha)


def shown(path):
    """The end of a file's name as it may be shown: only letters, digits, spaces and `._-`; all else becomes `_`."""
    return re.sub(r"[^\w .-]", "_", Path(path).name)[-NAME_LENGTH:].strip() or "file"


def sweep(folder, limits, now=None):
    """Remove what is too old; returns how many files were removed.

    Files that are in the making are younger than any that is removed.
    """
    now = time.time() if now is None else now
    removed = 0
    for path in Path(folder).rglob("*"):
        try:
            # A copy keeps its original's time of writing, but not that of its own last change.
            if path.is_file() and not path.is_symlink() and now - path.stat().st_ctime > 60 * limits.keep_minutes:
                path.unlink()
                removed += 1
        except OSError:  # removed by whoever made it
            continue
    for path in sorted(Path(folder).rglob("*"), reverse=True):
        try:
            if path.is_dir() and now - path.stat().st_mtime > 60 * limits.keep_minutes:
                path.rmdir()
        except OSError:  # not empty, or gone
            continue
    return removed


def _finish(strength, colors):
    """The Finish of pictures as strong as asked for, in the colours asked for."""
    if not 0.0 <= strength <= 1.0:
        raise UserError(f"strength is {strength}; it must be 0 to 1")
    return Finish(strength, colors)
