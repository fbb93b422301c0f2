"""What the page of a review shows: scenes as rows, and of each picture what was found out about it."""

from dataclasses import dataclass, field
from itertools import groupby

from japananime.base.json_files import COUNT, NUMBER, Field, record
from japananime.datasets import measuring, overlays, review_decisions, scene_groups

LOOKS = "looks.json"
LOOKED = record({"faces": Field(COUNT), "subtitles": Field(NUMBER)})
SUBTITLES, LOGO, CREDITS = "subtitles", "logo", "credits"
# Percent of all edges in lines of text from which on letters lie over a scene, which is no reason to reject it.
LETTERED = 10.0
# So many frames of a film tell whether it has a logo.
SAMPLES = 40


@dataclass
class Review:
    """Candidates to look through, as `building.reject` leaves them.

    flags: {name: [SUBTITLES, LOGO, CREDITS, or what `scene_groups.recurring` says]}. faces: {name: how many}, of anime
    alone.
    """

    candidates: list
    flags: dict[str, list[str]] = field(default_factory=dict)
    faces: dict[str, int] = field(default_factory=dict)

    def rows(self):
        """[{"group", "kind", "pictures": [...]}], a scene each, in the order of the film or folder.

        A picture's `id` is its place among the candidates; `open` says whether there is anything to decide.
        """
        shown = []
        for _, ours in groupby(enumerate(self.candidates), key=lambda pair: (pair[1].kind, pair[1].group)):
            pairs = list(ours)
            measured = [one for _, one in pairs if one.measures]
            scene = dict(zip(map(id, measured), scene_groups.number(measured), strict=True))
            for _, row in groupby(pairs, key=lambda pair: scene.get(id(pair[1]))):
                pictures = list(row)
                first = pictures[0][1]
                told = [self._told(number, one) for number, one in pictures]
                shown.append({"group": first.group, "kind": first.kind, "pictures": told})
        return shown

    def _told(self, number, candidate):
        return {
            "id": number,
            "name": candidate.name,
            "time": candidate.time,
            "why": candidate.rejected and candidate.rejected.why,
            "value": candidate.rejected and candidate.rejected.value,
            "open": review_decisions.is_open(candidate),
            "flags": self.flags.get(candidate.name, []),
            "faces": self.faces.get(candidate.name),
        }


def prepare(candidates, out, count_faces):
    """(Review, exit status). count_faces: uint8 (height, width, 3) -> how many faces are in a frame of anime."""

    def look(rgb):
        return {"faces": count_faces(rgb), "subtitles": round(overlays.subtitles(rgb), 3)}

    anime = [one for one in candidates if one.kind == "anime" and one.measures]
    # One at a time: the detector uses all cores by itself.
    found, status = measuring.remembered(anime, out / LOOKS, LOOKED, look, workers=1)
    seen = {one.name: looked for one, looked in zip(anime, found, strict=True) if looked}
    again, marked = scene_groups.recurring(candidates), _with_logo(anime)
    flags = {
        one.name: [
            *([again[one.name]] if one.name in again else []),
            *([SUBTITLES] if seen.get(one.name, {"subtitles": 0})["subtitles"] >= overlays.LETTERS else []),
            *([CREDITS] if one.measures.text >= LETTERED else []),
            *([LOGO] if one.group in marked else []),
        ]
        for one in anime
    }
    return Review(candidates, flags, {name: looked["faces"] for name, looked in seen.items()}), status


def _with_logo(anime):
    """The groups of those films in whose corners something stands still."""
    films: dict[str, list] = {}
    for one in anime:
        if one.time is not None:
            films.setdefault(one.group, []).append(one)
    return {
        group
        for group, frames in films.items()
        if overlays.has_logo(one.read() for one in frames[:: max(1, len(frames) // SAMPLES)])
    }
