"""What the page does with what people send it: limits, names, pictures and films. Knows nothing of the page itself.

Whatever arrives is a stranger's: of its name no more is used than letters and digits, its content is looked at before
it is unpacked (`web.limits`).
"""

import itertools
import re
import tempfile
import time
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from japananime.base.errors import UserError
from japananime.base.files import numbered
from japananime.faces import film_overlay
from japananime.image import files as image_files
from japananime.image import sheets
from japananime.inference import characters, loading
from japananime.stylizing import films as film_stylizing
from japananime.stylizing import planning
from japananime.stylizing.film_work import FilmSettings
from japananime.web import temporary_folder
from japananime.web.engines import Engines, Look
from japananime.web.limits import PLAYED, check_film, check_picture, shown

# Pictures that are only looked at in the page need no more pixels than a screen has.
VIEW_SIDE = 2048
# The short side of the pictures that show how each style looks.
GLANCE = 240
# Characters on a sheet, and the largest number that one can ask for.
SHOWN, MOST_SEED = 36, 2**31 - 1


@dataclass(frozen=True)
class Made:
    """Files of one picture: before and after to look at, full as it is to be downloaded, and its size in pixels."""

    before: Path
    after: Path
    full: Path
    width: int
    height: int


class PageService:
    """Makes what visitors ask for, one call of the network at a time, in the order in which they come.

    folder: where everything lies; nothing outside it is read but `shelves`, folders of the house's own pictures.
    limits: Limits. max_memory: as `inference.loading.load` takes it. load: makes an engine of a Style.
    """

    def __init__(self, folder, limits, max_memory=None, load=loading.load, shelves=()):
        self.folder, self.limits = Path(folder).resolve(), limits
        self._places = [self.folder, *(Path(shelf).resolve() for shelf in shelves)]
        self._engines, self._makers = Engines(max_memory, load, limits.minutes), {}

    def prepare(self, style):
        """Load a style, so that the first visitor need not wait for it."""
        self._engines.prepare(style)

    def has_room(self, size=0):
        """Whether so many bytes more may come."""
        return temporary_folder.size(self.folder) + size <= 1e6 * self.limits.keep_megabytes

    def picture(self, source, look):
        """One picture: Made."""
        source = self._own(source)
        with _named(source, self.folder):
            return self._picture(source, self._engines.drawing(look), look, self._new_folder(), set())

    def glances(self, source, styles):
        """A small picture of a photo in each style: [(path, style)]. A style that cannot draw it shows the photo."""
        source = self._own(source)
        with _named(source, self.folder):
            check_picture(source, self.limits)
            rgb = smaller(image_files.read(source).rgb, GLANCE, min)
        folder, made = self._new_folder(), []
        for number, style in enumerate(styles):
            try:
                drawn = self._engines.drawing(Look(style))(rgb)
            except UserError:
                drawn = rgb
            path = folder / f"{number}.jpg"
            image_files.write(path, image_files.Picture(drawn), quality=88)
            made.append((path, style))
        return made

    def pictures(self, sources, look, tell=lambda done, total: None):
        """Several pictures: ([Made], [why one could not be made]). tell: called before each one and at the end."""
        if len(sources) > self.limits.pictures:
            raise UserError(f"{len(sources)} pictures are too many at once; at most {self.limits.pictures} are taken")
        engine, folder = self._engines.drawing(look), self._new_folder()
        made, problems = [], []
        taken: set[str] = set()
        for number, source in enumerate(sources):
            tell(number, len(sources))
            try:
                source = self._own(source)
                with _named(source, self.folder):
                    made.append(self._picture(source, engine, look, folder, taken))
            except UserError as error:
                problems.append(str(error))
        tell(len(sources), len(sources))
        return made, problems

    def packed(self, made):
        """One file with all of several Made: the picture itself where it is one, else a zip."""
        if len(made) == 1:
            return made[0].full
        path = made[0].full.parent / "japananime.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # pictures are packed already
            for one in made:
                archive.write(one.full, one.full.name)
        return path

    def film(self, source, look, tell=lambda done, total: None, begun=lambda path: None):
        """A film: (its path, a line that says what came of it). tell: called with frames done, and all or None.

        begun: called once with the path of a film of its first seconds, as soon as these are made.
        """
        source = self._own(source)
        with _named(source, self.folder):
            frames = check_film(source, self.limits)
            folder, done = self._new_folder(), itertools.count(1)
            suffix = ".mp4" if source.suffix.lower() in PLAYED else ".mkv"
            engine, overlay = film_overlay.divided(self._engines.drawing(look))
            task = planning.Task(source, folder / f"{self._name(source, look, set())}{suffix}")
            planning.refuse_overwriting([task])
            tell(0, frames)

            settings = FilmSettings(finish=look.finish)

            def show(sink):
                path = folder / "beginning.mp4"
                with suppress(UserError):  # such as sound that this container takes in no way; the film has another
                    sink.write_beginning(path)
                    begun(path)

            def made(new):
                tell(next(done), frames)

            line = film_stylizing.make(task, engine, settings, made, overlay, show)
            return task.target, line.removeprefix(f"{task.target}: ")

    def characters(self, style, seed, variety=1.0):
        """Characters out of nothing: the path of a sheet of SHOWN. variety: over 0 to 1; see inference.characters."""
        if seed is None or not 0 <= seed <= MOST_SEED or seed != int(seed):
            raise UserError(f"the number is {seed}; it must be a whole one of 0 to {MOST_SEED}")
        if not 0.0 < variety <= 1.0:
            raise UserError(f"variety is {variety}; it must be over 0 and at most 1")
        folder = self._new_folder()
        pictures = self._engines.run(lambda: self._maker(style)(SHOWN, int(seed), variety))
        page = sheets.grid(pictures, across=round(SHOWN**0.5))
        path = folder / f"characters-{int(seed)}.png"
        image_files.write(path, image_files.Picture(page))
        return path

    def _picture(self, source, engine, look, folder, taken):
        check_picture(source, self.limits)
        photo = image_files.read(source)
        made = replace(photo, rgb=look.finish(photo.rgb, engine(photo.rgb)))
        # A file of its own kind where that can be written; transparency needs one that has it.
        suffix = planning.picture_suffix(source).lower()
        suffix = ".png" if photo.alpha is not None and suffix in (".jpg", ".jpeg") else suffix
        name = self._name(source, look, taken)
        full, before, after = (folder / f"{name}{ending}" for ending in (suffix, "-before.jpg", "-after.jpg"))
        image_files.write(full, made)
        for path, picture in ((before, photo), (after, made)):
            image_files.write(path, view(picture), quality=90)
        return Made(before, after, full, photo.rgb.shape[1], photo.rgb.shape[0])

    def _name(self, source, look, taken):
        """ "photo-cel", and "photo-cel-2" where that is `taken`, to which the name is added."""
        stem = Path(shown(source)).stem.strip(" .") or "picture"
        wanted = f"{stem}-{shown(self._engines.style(look.name).title)}"
        name = next(name for name in numbered(wanted) if name not in taken)
        taken.add(name)
        return name

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

    def _maker(self, style):
        if style not in self._makers:
            self._makers[style] = characters.Characters(self._engines.style(style))
        return self._makers[style]


@contextmanager
def _named(source, folder):
    """Errors inside speak of a file by the name it may be shown under, not by where it or anything else lies."""
    try:
        yield
    except UserError as error:
        name = shown(source)
        words = re.sub(re.escape(str(folder)) + r"[^\s:]*/", "", str(error).replace(str(source), name))
        raise UserError(words if words.startswith(name) else f"{name}: {words}") from error


def view(picture):
    """A Picture made no larger than VIEW_SIDE, for looking at."""
    alpha = None if picture.alpha is None else smaller(picture.alpha, VIEW_SIDE, max)
    return replace(picture, rgb=smaller(picture.rgb, VIEW_SIDE, max), alpha=alpha)


def smaller(array, side, which):
    """uint8 (height, width, ...) whose longer (`which` is max) or shorter (min) side is at most `side`."""
    height, width = array.shape[:2]
    factor = side / which(height, width)
    if factor >= 1:
        return array
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


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
