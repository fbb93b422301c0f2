"""Faces out of photos and anime: `python tools/face_crop.py frames --kind anime`."""

import csv
import io
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import cli, csv_cells, files, jobs
from japananime.base.errors import UserError
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.faces import boxes, detectors, proportions
from japananime.faces.engine import MARGIN
from japananime.image import files as image_files

LIST = "faces.csv"
COLUMNS = ("file", "crop", "x", "y", "size", "score")

EXAMPLES = """\
  python tools/face_crop.py movie-frames --kind anime
      every face in the frames as a square of 256 pixels, into movie-frames-faces; faces.csv there lists them
  python tools/face_crop.py people --kind photo --margin 0.4 --size 128
      faces of people with more of their surroundings
  python tools/face_crop.py movie-frames --kind anime --smallest 80 --threshold 0.8 --out large
      only large faces that the detector is confident of
"""


@dataclass(frozen=True)
class Crop(Settings):
    """Which faces are cut out, and how. size: 0 for as found. margin: None for the usual one."""

    kind: str = setting(
        "auto",
        "of faces to look for; auto: anime in pictures with flat areas, as drawings have",
        choices=detectors.DETECTORS,
    )
    size: int = setting(256, "side of the squares; 0: as found")
    margin: float | None = setting(None, "around a face, as a share of its size", least=-0.4, most=4, usual=f"{MARGIN}")
    smallest: int = setting(32, "smallest faces to look for, in pixels", least=16, most=4096)
    threshold: float = setting(0.5, "confidence required", least=0.05, most=0.95)
    proportions: str = setting(
        "own",
        "of people's faces: their own, or those of anime, eyes lower and chin higher, for a training with "
        "--proportions anime; how much is around a face goes by its eyes then",
        choices=("own", "anime"),
    )
    format: str = setting("jpg", "of the squares", choices=image_files.WRITTEN)

    def __post_init__(self):
        super().__post_init__()
        if self.size and not 16 <= self.size <= 4096:
            raise UserError(f"--size is {self.size}; it must be 16 to 4096, or 0")
        if self.proportions == "anime" and self.kind != "photo":
            raise UserError(
                f"--proportions is 'anime', for faces of people, and --kind is '{self.kind}'; add --kind photo"
            )
        if self.proportions == "anime" and self.margin is not None:
            raise UserError(
                f"--margin is {self.margin}; with --proportions anime the eyes say how much is around a face"
            )


def parse(arguments=None):
    """The command line: (namespace, Crop)."""
    parser = jobs.parser(
        "face_crop",
        "Cut faces out of pictures, as squares. Names say where: frame-y0150-x0640-s0096.jpg shows a face of 96 pixels "
        "that begins at row 150 and column 640 of frame. A picture without a face is reported.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH", help="pictures or folders of pictures")
    parser.add_argument("--out", metavar="DIR", help="folder for the faces (default: FOLDER-faces beside the source)")
    add_flags(parser, Crop)
    parsed = parser.parse_args(arguments)
    return parsed, from_flags(Crop, parsed)


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any picture failed."""
    parsed, settings = parse(arguments)
    tasks, problems = jobs.plan(parsed.inputs, parsed.out, "faces", image_files.images)
    files.make_folders(task.folder for task in tasks)
    detect = detectors.DETECTORS[settings.kind](smallest=settings.smallest, threshold=settings.threshold)
    # One at a time: the detectors use all cores by themselves.
    results, status = jobs.run(
        tasks, lambda task: _crop(task, detect, settings), "picture", problems=problems, workers=1
    )
    done = [(task, rows) for task, rows in zip(tasks, results, strict=True) if rows is not None]
    for task, rows in done:
        if not rows:
            print(f"no face: {task.source}")
    for folder in dict.fromkeys(task.folder for task, _ in done):
        _write_list(folder, [(task, rows) for task, rows in done if task.folder == folder])
    found = [task for task, rows in done if rows]
    print(
        f"{sum(len(rows) for _, rows in done)} faces in {len(found)} of {len(tasks)} pictures"
        + (f", in {found[0].folder}" if found else "")
    )
    return status


def _crop(task, detect, settings):
    """Write the faces of a picture: rows of the list."""
    rgb = image_files.read_rgb(task.source)
    rows = []
    for box in detect(rgb):
        x, y, size = (round(float(value)) for value in box[:3])
        name = files.fitting(task.name, f"-y{max(y, 0):04d}-x{max(x, 0):04d}-s{size:04d}.{settings.format}")
        if settings.proportions == "anime":
            square = proportions.cut(rgb, box, settings.size or None)
        else:
            square = boxes.crop(rgb, box, MARGIN if settings.margin is None else settings.margin, settings.size or None)
        image_files.write(task.folder / name, image_files.Picture(square))
        rows.append({"crop": name, "x": x, "y": y, "size": size, "score": f"{box[3]:.3f}"})
    return rows


def _write_list(folder, done):
    """The faces found in pictures whose results lie in one folder; a picture without a face has a row as well."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for task, rows in done:
        writer.writerows(csv_cells.escaped({"file": task.source.name, **row}) for row in rows or [{}])
    files.write_bytes(folder / LIST, text.getvalue().encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    sys.exit(main())
