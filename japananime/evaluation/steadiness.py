"""How steady a film is: what changes from frame to frame besides what moves, in the film and in what is made of it.

The warping error of two frames is the mean difference, in levels of 255, between the later one and the earlier one
carried along the motion of the film, over the pixels that both show. A style's score is the picture's error over the
film's own: 1 is as steady as the film, more flickers, less is stiller.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from japananime.video import optical_flow
from japananime.video.cuts import CutFinder
from japananime.video.frames import thumbnail


@dataclass(frozen=True)
class Motion:
    """From one frame to the next. flow: as `video.optical_flow` has it. seen: which pixels both show, bool."""

    flow: np.ndarray
    seen: np.ndarray


def motion(now: np.ndarray, before: np.ndarray) -> Motion:
    """The Motion between two frames of a film, uint8 (height, width, 3), as far as optical flow finds it."""
    there = optical_flow.measured(now, before, thoroughly=True)
    back = optical_flow.measured(before, now, thoroughly=True)
    return Motion(there, optical_flow.seen_in_both(there, back))


def warping_error(now: np.ndarray, before: np.ndarray, motion: Motion) -> float:
    """Of two pictures, uint8 (height, width, 3), whose motion is known; 0 where they show nothing in common."""
    carried = optical_flow.carried(before.astype(np.float32), motion.flow)
    difference = np.abs(now - np.clip(carried, 0, 255))[motion.seen]
    return float(difference.mean(dtype=np.float64)) if difference.size else 0.0


def sharpness(rgb: np.ndarray) -> float:
    """The variance of the Laplacian of a picture's gray, uint8 (height, width, 3)."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())


@dataclass
class Steadiness:
    """Of one film and what was made of it, frame by frame; a list has a number for each but the first, where no cut is.

    film, made: warping errors. sharp: the variance of the Laplacian of what was made.
    """

    film: list[float] = field(default_factory=list)
    made: list[float] = field(default_factory=list)
    sharp: list[float] = field(default_factory=list)

    def add(self, photos: Sequence[np.ndarray], made: Sequence[np.ndarray], motion: Motion) -> None:
        """photos, made: the frame before and the frame now, each uint8 (height, width, 3)."""
        self.film.append(warping_error(photos[1], photos[0], motion))
        self.made.append(warping_error(made[1], made[0], motion))
        self.sharp.append(sharpness(made[1]))

    @property
    def score(self) -> float:
        """The error of what was made over the film's own; 1 where neither changes, infinite where the film does not."""
        return _ratio(sum(self.made), sum(self.film))


def follow(
    photos: Iterable[np.ndarray],
    makers: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    motion_to: Callable[[int], Motion] | None = None,
) -> dict[str, Steadiness]:
    """Go through a film once; the Steadiness of what each maker makes of it, under its name.

    photos: its frames, uint8 (height, width, 3). makers: each is given every frame in order. motion_to: the Motion from
    the frame before to the frame of a number, where it is known; else it is measured, and cuts are left out.
    """
    found = {name: Steadiness() for name in makers}
    begins = CutFinder()
    last: tuple[np.ndarray, dict[str, np.ndarray]] | None = None
    for number, photo in enumerate(photos):
        made = {name: make(photo) for name, make in makers.items()}
        if motion_to is None and begins(thumbnail(photo)):
            last = None
        if last is not None:
            before, drawn = last
            moved = motion_to(number) if motion_to else motion(photo, before)
            for name, steadiness in found.items():
                steadiness.add((before, photo), (drawn[name], made[name]), moved)
        last = photo, made
    return found


def _ratio(made: float, film: float) -> float:
    if film:
        return made / film
    return float("inf") if made else 1.0
