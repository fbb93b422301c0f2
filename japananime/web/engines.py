"""The networks behind the page: what draws as visitors ask, one call at a time, in the order in which they come."""

import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from japananime.base.errors import UserError
from japananime.faces import engine as faces_engine
from japananime.faces.engine import FacesEngine
from japananime.image.color import Finish
from japananime.inference import loading
from japananime.inference.two_passes import BOLDNESS
from japananime.styles import folder as style_folder
from japananime.stylizing.film_work import drawing

# Engines that are kept: those of so many styles, mixtures and boldnesses, the latest.
KEPT = 8


@dataclass(frozen=True)
class Look:
    """What a visitor asks for: a style, how much of it, how bold, whether in the photo's colours, and what is mixed in.

    strength: 0 gives the photo back, 1 the style. boldness: 0 to 1, as `--boldness`. second: another style, or None,
    and its share of the two. faces: whether people's faces are drawn in a style of their own.
    """

    style: str
    strength: float = 1.0
    boldness: float = BOLDNESS
    colors: bool = False
    second: str | None = None
    share: float = 0.5
    faces: bool = False

    def __post_init__(self):
        for name in ("strength", "boldness", "share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UserError(f"{name} is {getattr(self, name)}; it must be 0 to 1")

    @property
    def name(self):
        """What `styles.folder.find` takes. Shares are rounded: each mixture is made once and kept."""
        share = round(self.share, 1)
        if not self.second or self.second == self.style or share == 0:
            return self.style
        return self.second if share == 1 else f"{self.style}:{1 - share:.1f}+{self.second}:{share:.1f}"

    @property
    def finish(self):
        """The Finish of its pictures."""
        return Finish(self.strength, self.colors)


class Engines:
    """Draws pictures in the styles that are asked for; which, is loaded when it is wanted first.

    max_memory, load: as PageService takes them. minutes: the longest that one task may take.
    """

    def __init__(self, max_memory, load, minutes):
        self._load, self._max_memory, self._minutes = load, max_memory, minutes
        # One thread is a fair line: a picture need not wait for a film's end, but only for the frame in work.
        self._line = ThreadPoolExecutor(1, "network")
        self._engines, self._styles = OrderedDict(), {}
        self._faces = None

    def style(self, name):
        """The Style of a name, opened once."""
        if name not in self._styles:
            self._styles[name] = style_folder.find(name)
        return self._styles[name]

    def run(self, work):
        """What a function gives, called when it is its turn."""
        return self._line.submit(work).result()

    def prepare(self, style):
        """Load a style, so that the first visitor need not wait for it."""
        self.run(lambda: self._engine(style, BOLDNESS))

    def drawing(self, look):
        """An engine that draws a Look. Its calls wait in line, and it refuses to work on after its time."""
        deadline = time.monotonic() + 60 * self._minutes
        plain = _Watched(self, partial(self._engine, look.name, look.boldness), deadline)
        if not look.faces:
            return plain
        faces = self.run(self._for_faces)
        drawn, found = (_Watched(self, lambda part=part: part, deadline) for part in (faces.engine, faces.detect))
        return FacesEngine(drawn, found, faces.size, rest=plain, bent=faces.bent)

    def stop_if_late(self, deadline):
        """Raise UserError where a task has had its time."""
        if time.monotonic() > deadline:
            raise UserError(f"stopped after {self._minutes:g} minutes, the longest that one task may take here")

    def _for_faces(self):
        if self._faces is None:
            style = self.style(style_folder.DEFAULT_FACES)
            self._faces = faces_engine.load(style, loading.EngineOptions(max_memory=self._max_memory))
        return self._faces

    def _engine(self, style, boldness):
        key = (style, round(boldness, 2))
        if key not in self._engines:
            drawn_at = loading.size_of(boldness, None)
            self._engines[key] = self._load(self.style(style), max_memory=self._max_memory, drawn_at=drawn_at)
        self._engines.move_to_end(key)
        while len(self._engines) > KEPT:
            self._engines.popitem(last=False)
        return self._engines[key]


class _Watched:
    """An engine, or a detector, whose every call waits in line. engine: () -> itself. deadline: by time.monotonic()."""

    def __init__(self, engines, engine, deadline):
        self._engines, self._engine, self._deadline = engines, engine, deadline

    def __call__(self, rgb):
        return self._call(lambda engine: engine(rgb))

    def apply(self, rgb, statistics):
        return self._call(lambda engine: drawing(engine)(rgb, statistics))

    def measure(self, photos):
        return self._call(lambda engine: engine.measure(photos))

    def _call(self, work):
        self._engines.stop_if_late(self._deadline)
        return self._engines.run(lambda: work(self._engine()))
