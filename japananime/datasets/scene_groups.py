"""Which pictures show the same scene, and which frames come back in other films: openings, endings, recaps."""

import numpy as np

from japananime.datasets import rejection

# A picture may continue the scene of any of so many before it: in a dialogue two views take turns.
NEIGHBOURS = 3
# A frame of another film whose perceptual hash differs in no more of 64 bits counts as the same.
RECURS = 8
# Within this share of a film from either end what comes back is an opening or an ending.
EDGE = 0.25
OPENING, ENDING, RECURRING = "opening", "ending", "recurring"
# Near black and near white frames all look the same to a hash.
EMPTY = ("dark", "flat", "plain", "unreadable")


def number(candidates, first=0):
    """The scene of each of a list of candidates, numbers from `first` on in order of appearance."""
    found: list[int] = []
    scenes = first
    for place, candidate in enumerate(candidates):
        near = (
            found[before]
            for before in range(place - 1, max(0, place - NEIGHBOURS) - 1, -1)
            if candidates[before].group == candidate.group
            and rejection.same_scene(candidates[before].measures, candidate.measures)
        )
        found.append(next(near, scenes))
        scenes = max(scenes, found[-1] + 1)
    return found


def recurring(candidates):
    """{name: OPENING, ENDING or RECURRING} of those frames of films that are found in another film as well."""
    timed = [one for one in candidates if one.time is not None]
    last: dict[str, float] = {}
    for one in timed:
        last[one.group] = max(one.time, last.get(one.group, 0.0))
    frames = [one for one in timed if one.measures and not (one.rejected and one.rejected.why in EMPTY)]
    hashes = np.array([one.measures.hash for one in frames], np.uint64)
    _, films = np.unique([one.group for one in frames], return_inverse=True)
    found = {}
    for place, one in enumerate(frames):
        distances = np.bitwise_count(hashes ^ hashes[place])
        if np.any((distances <= RECURS) & (films != films[place])):
            found[one.name] = _part(one.time, last[one.group])
    return found


def _part(time, last):
    share = time / last if last else 0.0
    return OPENING if share <= EDGE else ENDING if share >= 1 - EDGE else RECURRING
