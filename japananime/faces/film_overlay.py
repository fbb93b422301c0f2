"""The faces of a film in a style: found in a first look through it, followed, and drawn over each of its pictures."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from japananime.faces import proportions, squares, tracking
from japananime.faces.engine import FacesEngine
from japananime.faces.squares import Square
from japananime.faces.tracking import Look, Track
from japananime.image.color import blend
from japananime.image.resize import resize
from japananime.video.cuts import CutFinder
from japananime.video.frames import TimedFrame

LOOKS_A_SECOND = 8
# Faces as found go through the network at one of these sides, so many times the one before: a face has the same all
# along, and few networks have to be made ready.
SMALLEST_SIDE, STEP = 64, 2**0.5


class FilmFaces:
    """Draws faces over the pictures of films. faces: as for photos; its `rest` is not used, the pictures are made."""

    name = "faces"

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

    def over(self, survey: bytes, scale: float = 1.0) -> "FollowedFaces":
        """What draws them on frames that are so many times as large as those of the survey."""
        return FollowedFaces(self.faces, _unpacked(survey), scale)

    def _look(self, frame: TimedFrame) -> Look:
        boxes = self.faces.find(frame.load().rgb)
        found = [(self.faces.around(box), box[tracking.SCORE]) for box in boxes]
        rows = [(one.x - one.side / 2, one.y - one.side / 2, one.side, score, one.angle) for one, score in found]
        return Look(frame.number, np.array(rows, np.float64).reshape(-1, 5))


class FollowedFaces:
    """Draws the faces of one film over its pictures; frames and pictures are uint8 (height, width, 3).

    tracks: of their squares, the surest last. scale: of the frames that are drawn, to those in which the tracks were
    found. empty: whether there is nothing to draw in all of it.
    """

    def __init__(self, faces: FacesEngine, tracks: Sequence[Track], scale: float = 1.0) -> None:
        self._faces, self._tracks, self._scale = faces, tracks, scale
        self.empty = not tracks

    def prepare(self, number: int, photo: np.ndarray) -> np.ndarray:
        """A frame as it is to be drawn: with its faces in the proportions of anime, where the style has learnt such."""
        for _, square, share in self._shown(number) if self._faces.bent else ():
            photo = _mixed(photo, proportions.bend(photo, square), share)
        return photo

    def finish(self, number: int, photo: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """The picture with faces over it. photo: what `prepare` gave; picture: what was drawn of it."""
        for track, square, share in self._shown(number):
            face = squares.cut(photo, square)
            if not self._faces.size:
                face = resize(face, (network_side(track.largest * self._scale),) * 2)
            drawn = resize(self._faces.draw(face, min(photo.shape[:2])), (square.side, square.side))
            picture = _mixed(picture, squares.put_back(picture, drawn, square), share)
        return picture

    def _shown(self, number: int) -> Iterator[tuple[Track, Square, float]]:
        """(track, square, share) of every face in a frame."""
        for track in self._tracks:
            if track.shows(number):
                *place, lean = track.boxes[number - track.first]
                x, y, side = (float(value) * self._scale for value in place)
                square = squares.placed(x, y, max(1, round(side)), float(lean))
                yield track, square, float(track.shares[number - track.first])


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


def _mixed(before: np.ndarray, after: np.ndarray, share: float) -> np.ndarray:
    return after if share == 1 else blend(before, after, share)


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
