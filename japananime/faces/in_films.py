"""The faces of a film in a style: found in a first look through it, followed, and drawn over each of its pictures."""

import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from japananime.faces import squares, tracking
from japananime.faces.engine import FacesEngine
from japananime.faces.tracking import Look, Track
from japananime.image.color import blend
from japananime.image.resize import resize
from japananime.video.frames import TimedFrame
from japananime.video.shots import CutFinder

LOOKS_A_SECOND = 6
# Faces as found go through the network at one of these sides, so many times the one before: a face has the same all
# along, and few networks have to be made ready.
SMALLEST_SIDE, STEP = 64, 2**0.5


class FilmFaces:
    """Draws faces over the pictures of films, see `stylizing.film_work.Overlay`. faces: as for photos; its `rest` is
    not used, the pictures are made already.
    """

    def __init__(self, faces: FacesEngine) -> None:
        self.faces = faces

    def survey(self, frames: Iterable[TimedFrame], rate: float, tick: Callable[[], object]) -> bytes:
        """Where the faces of a film are, as the content of a file. tick: called for every frame."""
        every = max(1, round(rate / LOOKS_A_SECOND))
        cuts = CutFinder()
        begins: list[int] = []
        looks: list[Look] = []
        last: TimedFrame | None = None
        for frame in frames:
            tick()
            if frame.broken and begins:
                continue
            if cuts(frame.thumbnail()) or not begins:
                if last is not None:
                    looks.append(self._look(last))
                begins.append(frame.number)
            looked = (frame.number - begins[-1]) % every == 0
            if looked:
                looks.append(self._look(frame))
            last = None if looked else frame
        if last is not None:
            looks.append(self._look(last))
        return _packed(looks, begins, every)

    def over(self, survey: bytes) -> Callable[[int, np.ndarray, np.ndarray], np.ndarray]:
        """(number, photo, picture) -> the picture with the faces drawn of the photo over it. survey: of this film."""
        tracks = _unpacked(survey)

        def draw(number: int, photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
            for track in tracks:
                if track.shows(number):
                    picture = self._over(photo, picture, track, number - track.first)
            return picture

        return draw

    def _look(self, frame: TimedFrame) -> Look:
        boxes = self.faces.find(frame.load().rgb)
        leans = [squares.tilt(box[4:6], box[6:8], box[2]) if len(box) > 4 else 0.0 for box in boxes]
        return Look(frame.number, np.column_stack([boxes[:, :4], np.array(leans)]))

    def _over(self, photo: np.ndarray, picture: np.ndarray, track: Track, place: int) -> np.ndarray:
        x, y, side, lean = track.boxes[place]
        square = squares.around((x - side / 2, y - side / 2, side), self.faces.margin, lean)
        face = squares.cut(photo, square)
        if not self.faces.size:
            own = network_side(track.largest * (1 + 2 * self.faces.margin))
            face = resize(face, (own, own))
        drawn = self.faces.draw(face, min(photo.shape[:2]))
        whole = squares.put_back(picture, resize(drawn, (square.side, square.side)), square)
        share = track.shares[place]
        return whole if share == 1 else blend(picture, whole, float(share))


def network_side(side: float) -> int:
    """The side at which faces of up to `side` pixels go through the network: a multiple of 16, no smaller."""
    own = float(SMALLEST_SIDE)
    while round(own / 16) * 16 < side:
        own *= STEP
    return round(own / 16) * 16


def divided(engine: Any) -> tuple[Any, FilmFaces | None]:
    """What draws a film's pictures, and what draws faces over them, of an engine for photos: a FacesEngine or another.

    Where a FacesEngine leaves the rest as it is, so does the first.
    """
    if not isinstance(engine, FacesEngine):
        return engine, None
    return engine.rest or _unchanged, FilmFaces(engine)


def _unchanged(rgb: np.ndarray) -> np.ndarray:
    return rgb


def _packed(looks: list[Look], begins: list[int], every: int) -> bytes:
    file = io.BytesIO()
    np.savez(
        file,
        frames=np.array([look.frame for look in looks], np.int64),
        counts=np.array([len(look.boxes) for look in looks], np.int64),
        boxes=np.concatenate([np.zeros((0, 5)), *(look.boxes for look in looks)]),
        begins=np.array(begins, np.int64),
        every=np.int64(every),
    )
    return file.getvalue()


def _unpacked(survey: bytes) -> list[Track]:
    with np.load(io.BytesIO(survey), allow_pickle=False) as arrays:
        parts = np.split(arrays["boxes"], np.cumsum(arrays["counts"])[:-1])
        looks = [Look(int(frame), boxes) for frame, boxes in zip(arrays["frames"], parts, strict=False)]
        return tracking.follow(looks, arrays["begins"].tolist(), int(arrays["every"]))
