"""A dataset for training out of films and folders: frames, without bars, cleaned, split by scene, cut and smoothed.

What a dataset looks like is told in docs/datasets.md. Every step finds what an earlier run has made and goes on.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

import av
import numpy as np
import PIL

import japananime
from japananime.base import html_sheets, jobs, json_files, locking, temporary
from japananime.base import settings as base_settings
from japananime.base.errors import UserError
from japananime.base.files import digest, make_folders, write_bytes
from japananime.base.late_imports import cv2, imagehash, scenedetect
from japananime.base.settings import setting
from japananime.datasets import crops, cutting, extraction, rejection, scene_groups, written_files
from japananime.datasets import index as dataset_index
from japananime.image import files as image_files
from japananime.video import reading

LIBRARIES = (av, cv2, imagehash, np, PIL, scenedetect)
FOLDERS = dataset_index.FOLDERS
SETTINGS, REPORT = "settings.json", "report.html"
SAMPLES = 24
# Of fewer pictures a style is learnt badly.
FEW = 200


@dataclass(frozen=True)
class Settings(base_settings.Settings):
    """How a dataset is built."""

    validation: float = setting(0.1, "share held out", least=0, most=0.5)
    cut: cutting.Settings = field(default_factory=cutting.Settings)
    frames: extraction.Settings = field(default_factory=extraction.Settings)
    limits: rejection.Thresholds = field(default_factory=rejection.Thresholds)


@dataclass
class Candidate:
    """A picture that may come into the dataset, and what the steps find out about it.

    kind: "anime" or "photos". name: its own among all. source: the film or file it is from. group: the film or folder,
    of which neighbours may show the same scene. bars: {(height, width): (top, bottom, left, right)} to keep of pictures
    of a size. size: (height, width) within bars. rejected: why, or None.
    """

    kind: str
    file: Path
    name: str
    source: Path
    group: str
    frame: int | None = None
    time: float | None = None
    bars: dict = field(default_factory=dict)
    size: tuple[int, int] | None = None
    measures: rejection.Measures | None = None
    rejected: rejection.Rejection | None = None
    scene: int | None = None
    validation: bool = False

    def read(self):
        """Its pixels within bars, uint8 (height, width, 3)."""
        rgb = image_files.read_rgb(self.file)
        top, bottom, left, right = self.bars.get(rgb.shape[:2], (0, *rgb.shape[:1], 0, rgb.shape[1]))
        return np.ascontiguousarray(rgb[top:bottom, left:right])


def claim(out, settings):
    """Take a folder for a dataset with some settings; raises UserError if it is something else's."""
    content = json.loads(json.dumps(asdict(settings)))
    path = out / SETTINGS
    if not path.exists():
        # A run that was killed before it wrote its settings left nothing but its own beginnings.
        if out.exists() and not all(temporary.is_own(path) or path.name == locking.LOCK for path in out.iterdir()):
            raise UserError(f"--out is '{out}', which is neither empty nor a dataset; give another folder")
        make_folders([out])
        write_bytes(path, json.dumps(content, indent=1).encode())
    stored = json_files.read(path, "a dataset's settings")
    if stored != content:
        different = ", ".join(sorted(name for name in content if stored.get(name) != content[name]))
        raise UserError(
            f"--out is '{out}', a dataset of other settings ({different}); give another folder, or remove it"
        )


def finished(out, inputs):
    """Whether the dataset is there whole, and of the inputs of this fingerprint."""
    index = out / dataset_index.INDEX
    what = "a dataset's index; remove it to build the dataset again"
    return index.exists() and inputs == json_files.read(
        index, what, dataset_index.SCHEMA, dataset_index.MOST_BYTES
    ).get("inputs")


def from_film(film, extracted):
    """Candidates of a film: the frames that were taken from it, into a folder of its own name among all."""
    name = extracted.folder.name
    return [
        Candidate(
            kind="anime",
            file=extracted.folder / row["file"],
            name=f"{name}-{int(row['number']):06d}",
            source=film.path,
            group=name,
            frame=int(row["number"]),
            time=float(row["time"]),
        )
        for row in extracted.written
    ]


def from_folder(kind, folder, name, files):
    """Candidates of a folder's pictures. Anime is taken for frames of films, which may all have the same black bars."""
    inner = ["-".join(file.relative_to(folder).with_suffix("").parts) for file in files]
    counts = Counter(text.lower() for text in inner)
    # a.jpg and a.png of one folder keep their extensions.
    inner = [
        text if counts[text.lower()] == 1 else text + file.suffix.replace(".", "-")
        for text, file in zip(inner, files, strict=True)
    ]
    bars = _shared_bars(files) if kind == "anime" else {}
    return [
        Candidate(kind, file, f"{name}-{text}", file, group=f"{name}/{file.parent.relative_to(folder)}", bars=bars)
        for text, file in zip(inner, files, strict=True)
    ]


def reject(candidates, settings):
    """Note in the candidates which are worthless, too small or the same as another."""
    for kind in ("anime", "photos"):
        ours = [candidate for candidate in candidates if candidate.kind == kind]
        for candidate in ours:
            candidate.rejected = None
            if candidate.size is None:
                candidate.rejected = rejection.Rejection("unreadable", 0)
            elif min(candidate.size) * (settings.cut.scale if kind == "anime" else 1) < settings.cut.size:
                candidate.rejected = rejection.Rejection("small", min(candidate.size))
        ours = [candidate for candidate in ours if not candidate.rejected]
        verdicts = rejection.judge([candidate.measures for candidate in ours], settings.limits)
        for candidate, verdict in zip(ours, verdicts, strict=True):
            candidate.rejected = verdict


def rejection_summary(candidates, settings):
    """How many candidates were rejected for what, and what to do: "30 small, 2 blurred; small is under --size 256"."""
    counts = Counter(candidate.rejected.why for candidate in candidates if candidate.rejected)
    words = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    if "small" in counts:
        return f"{words}; small is under --size {settings.cut.size} pixels on the shorter side"
    return f"{words}; --help tells how to loosen what is rejected"


def split(candidates, share, seed):
    """Group what is kept into scenes and set whole scenes aside for validation, about `share` of the pictures.

    So no picture of validation has a neighbour in training that shows the same.
    """
    following = 0
    for kind in ("anime", "photos"):
        ours = [candidate for candidate in candidates if candidate.kind == kind and not candidate.rejected]
        first = following
        for candidate, scene in zip(ours, scene_groups.number(ours, first), strict=True):
            candidate.scene = scene
            following = max(following, candidate.scene + 1)
        sizes = Counter(candidate.scene for candidate in ours)
        wanted = share * len(ours)
        aside: set[int] = set()
        for scene in first + np.random.default_rng((seed, first)).permutation(following - first):
            # At least one scene is set aside and one stays; a scene that is far too large is passed over.
            taken = sum(sizes[one] for one in aside)
            if taken < wanted and (not aside or taken + sizes[scene] <= 1.2 * wanted) and len(aside) + 1 < len(sizes):
                aside.add(int(scene))
        for candidate in ours:
            candidate.validation = candidate.scene in aside


def write(candidates, out, settings):
    """Cut, smooth and write what is kept, remove what an earlier run wrote and this does not: (records, exit status).

    What somebody else put into the folders stays there.

    A record tells of one picture: file, kind, source, frame, time, scene, scale, crop and hash.
    """
    places = [folder.place for folder in FOLDERS.values()]
    for place in places:
        (out / place).mkdir(parents=True, exist_ok=True)
        if not (led := (out / place).resolve()).is_relative_to(out.resolve()):
            raise UserError(f"'{out / place}' leads out of the dataset, to '{led}'; remove the link")
    kept = [candidate for candidate in candidates if not candidate.rejected]
    written_files.note(out, (one.file for candidate in kept for one in crops.planned(candidate, settings)))
    results, status = jobs.run(kept, lambda candidate: _write(candidate, out, settings), "picture")
    records = [record for result in results for record in result or ()]
    written_files.keep(out, places, (record["file"] for record in records))
    return records, status


def write_index(records, candidates, inputs, out, settings, decided):
    """Write dataset.json, by which the dataset counts as finished. decided: as `review_decisions.read` gives them."""
    filled = {record["kind"] for record in records}
    content = {
        "format": dataset_index.FORMAT,
        "folders": {kind: folder.place if kind in filled else None for kind, folder in FOLDERS.items()},
        "inputs": inputs,
        "settings": asdict(settings),
        "versions": {
            "japananime": japananime.__version__,
            **{module.__name__: module.__version__ for module in LIBRARIES},
        },
        "rejected": [
            {"file": str(candidate.file), "why": candidate.rejected.why, "value": candidate.rejected.value}
            for candidate in candidates
            if candidate.rejected
        ],
        "decisions": decided,
        "images": records,
    }
    write_bytes(out / dataset_index.INDEX, json.dumps(content, indent=1).encode())


def small_set_warning(count, kind):
    """What is said of so few pictures of a kind, "anime" or "photos", for training, and where more come from."""
    more = {
        "anime": "Get more from the same films with a smaller --window, more --areas (such as 2x3), a lower --similar, "
        "and of more films",
        "photos": "Take more photos",
    }
    return f"{count} pictures for training are few; a style needs about {FEW} to be learnt well. {more[kind]}"


def write_report(records, candidates, out):
    """Write report.html: counts, and samples of everything that came in and of what did not."""
    table: list[tuple] = [("", "found", "kept", "scenes", "for training", "for validation", "rejected")]
    for kind in ("anime", "photos"):
        ours = [candidate for candidate in candidates if candidate.kind == kind]
        kept = [candidate for candidate in ours if not candidate.rejected]
        reasons = Counter(candidate.rejected.why for candidate in ours if candidate.rejected)
        counts = Counter(record["kind"] for record in records)
        places = len({candidate.scene for candidate in kept})
        words = ", ".join(f"{count} {why}" for why, count in reasons.most_common())
        table.append((kind, len(ours), len(kept), places, counts[kind], counts[f"val_{kind}"], words))
    sections = []
    for kind, folder in FOLDERS.items():
        shown = [record for record in records if record["kind"] == kind]
        sections.append(
            (f"{folder.place}: {len(shown)} pictures", [(out / one["file"], _told(one)) for one in _spread(shown)])
        )
    for why in dict.fromkeys(candidate.rejected.why for candidate in candidates if candidate.rejected):
        shown = [candidate for candidate in candidates if candidate.rejected and candidate.rejected.why == why]
        captions = [(one.file, f"{one.name} · {one.rejected.value}") for one in _spread(shown)]
        sections.append((f"rejected as {why}: {len(shown)}", captions))
    words = f"At most {SAMPLES} of every kind are shown. {dataset_index.INDEX} says where each picture is from."
    for kind, count in ((row[0], row[4]) for row in table[1:]):
        words += f" {kind.capitalize()}: {small_set_warning(count, kind)}." if 0 < count < FEW else ""
    html_sheets.write(out / REPORT, f"Dataset {out.resolve().name}", words=words, table=table, sections=sections)
    return table


def _shared_bars(files):
    """{(height, width): box} of the black bars that all of a sample of pictures have."""
    samples: dict[tuple, list] = {}
    for file in files[:: max(1, len(files) // reading.SAMPLES)]:
        try:
            rgb = image_files.read_rgb(file)
        except UserError:
            continue  # it is reported when it is measured
        samples.setdefault(rgb.shape[:2], []).append(rgb)
    # In a few pictures a dark edge may look like a bar.
    found = {size: reading.inside_bars(alike) for size, alike in samples.items() if len(alike) >= 4}
    return {size: box for size, box in found.items() if box}


def _write(candidate, out, settings):
    about = {
        "source": str(candidate.source),
        "frame": candidate.frame,
        "time": candidate.time,
        "scene": candidate.scene,
    }
    records, rgb = [], None
    for kind, file, scale, (x, y, width, height), change in crops.planned(candidate, settings):
        path = out / file
        if not path.exists():
            rgb = cutting.scale(candidate.read(), scale) if rgb is None else rgb
            image_files.write(
                path, image_files.Picture(change(np.ascontiguousarray(rgb[y : y + height, x : x + width])))
            )
        records.append(
            {
                **about,
                "file": file,
                "kind": kind,
                "scale": scale,
                "crop": [x, y, width, height],
                "hash": digest(path.read_bytes()),
            }
        )
    return records


def _told(record):
    when = "" if record["time"] is None else f" · {record['time']:.1f} s"
    return f"{Path(record['file']).name}{when}"


def _spread(items):
    """At most SAMPLES of a list, from all over it."""
    return [items[index] for index in np.linspace(0, len(items) - 1, min(SAMPLES, len(items))).round().astype(int)]
