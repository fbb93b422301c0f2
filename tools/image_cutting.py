"""Training pictures out of frames: `python tools/image_cutting.py frames`."""

import sys
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from japananime.base import cli, files, jobs
from japananime.base.errors import UserError
from japananime.datasets import black_bars, cutting
from japananime.image import files as image_files

EXAMPLES = """\
  python tools/image_cutting.py movie-frames
      six pictures of 256 × 256 from every frame, into movie-frames-cut
  python tools/image_cutting.py movie-frames --scale 0.5 --areas 1x2 --out cut
      frames at half their size first, so that a picture shows more; two from each
  python tools/image_cutting.py movie-frames --seed 1 --out second
      other places in the same frames
"""


def parse(arguments=None):
    """The command line: (namespace, datasets.cutting.Settings)."""
    parser = jobs.parser(
        "image_cutting",
        "Cut every frame into areas and take one picture at a random place from each; black bars at top and bottom are "
        "kept off. Names say where: "
        "frame-y0150-x0640.jpg was cut from row 150 and column 640 of frame.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH", help="frames or folders of frames")
    parser.add_argument("--out", metavar="DIR", help="folder for the pictures (default: FOLDER-cut beside the source)")
    parser.add_argument("--format", choices=image_files.WRITTEN, default="jpg", help="of the pictures (default jpg)")
    cutting.add_flags(parser)
    parsed = parser.parse_args(arguments)
    return parsed, cutting.settings(parsed)


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any frame failed."""
    parsed, settings = parse(arguments)
    tasks, problems = jobs.plan(parsed.inputs, parsed.out, "cut", image_files.images)
    files.make_folders(task.folder for task in tasks)
    counts, status = jobs.run(tasks, lambda task: _cut(task, settings, parsed.format), "frame", problems=problems)
    done = [task for task, count in zip(tasks, counts, strict=True) if count]
    print(
        f"{sum(count or 0 for count in counts)} pictures cut from {len(done)} of {len(tasks)} frames"
        + (f", in {done[0].folder}" if done else "")
    )
    return status


def _cut(task, settings, image_format):
    """Write the windows of a frame: how many."""
    rgb = cutting.scale(image_files.read_rgb(task.source), settings.scale)
    height, width = rgb.shape[:2]
    size = settings.size
    if min(height, width) < size:
        scaled = f" after --scale {settings.scale:g}" if settings.scale != 1 else ""
        raise UserError(f"{task.source}: {width}×{height}{scaled}, too small to cut {size}×{size} from")
    margin = cutting.margin(height, black_bars.inside_bars([rgb]))
    places = cutting.windows(height, width, task.source.name, settings, margin)
    for y, x in places:
        target = task.folder / files.fitting(task.name, f"-y{y:04d}-x{x:04d}.{image_format}")
        image_files.write(target, image_files.Picture(np.ascontiguousarray(rgb[y : y + size, x : x + size])))
    return len(places)


if __name__ == "__main__":
    sys.exit(main())
