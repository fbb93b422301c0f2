"""Edge-smoothed copies of anime pictures: `python tools/image_smoothing.py frames`."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import cli, files, jobs
from japananime.base.errors import UserError
from japananime.base.settings import Settings, add_flags, from_flags, setting
from japananime.image import files as image_files
from japananime.image.edge_smoothing import smooth_edges

EXAMPLES = """\
  python tools/image_smoothing.py frames
      every picture in frames and below, into frames-smooth, under the same names
  python tools/image_smoothing.py cut/a.png cut/b.png --out smooth
      two pictures
  python tools/image_smoothing.py frames --out smooth --box 7
      a wider band around every outline
"""


@dataclass(frozen=True)
class Smoothing(Settings):
    """What is blurred, and how the copies are written."""

    low: float = setting(100.0, "edges: Canny's lower threshold")
    high: float = setting(200.0, "edges: the upper threshold")
    box: int = setting(5, "width of the band in pixels, odd")
    format: str | None = setting(
        None, "of the copies", choices=image_files.WRITTEN, usual="the source's; png for bmp and tiff"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.box < 1 or self.box % 2 == 0:
            raise UserError(f"--box is {self.box}; it must be odd and positive")
        if not 0 <= self.low <= self.high:
            raise UserError(
                f"--low is {self.low:g} and --high {self.high:g}; they must be positive, and --low the smaller"
            )


def parse(arguments=None):
    """The command line: (namespace, Smoothing)."""
    parser = jobs.parser(
        "image_smoothing",
        "Blur anime pictures along their outlines and nowhere else. A training uses them as examples of "
        "what anime does not look like, and so learns to draw clear lines.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH", help="pictures or folders of pictures")
    parser.add_argument("--out", metavar="DIR", help="folder for the copies (default: FOLDER-smooth beside the source)")
    add_flags(parser, Smoothing)
    parsed = parser.parse_args(arguments)
    return parsed, from_flags(Smoothing, parsed)


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any picture failed."""
    parsed, settings = parse(arguments)
    cli.need("cv2")
    tasks, problems = jobs.plan(parsed.inputs, parsed.out, "smooth", image_files.images)
    files.make_folders(task.folder for task in tasks)
    written, status = jobs.run(tasks, lambda task: _smooth(task, settings), "picture", problems=problems)
    made = [path for path in written if path]
    print(f"{len(made)} of {len(tasks)} pictures smoothed" + (f", in {made[0].parent}" if made else ""))
    return status


def _smooth(task, settings):
    picture = image_files.read(task.source)
    own = task.source.suffix.lower().lstrip(".")
    extension = settings.format or (own if image_files.kind(task.source) in image_files.WRITTEN else "png")
    target = task.folder / f"{task.name}.{extension}"
    if target.resolve() == task.source.resolve():
        raise UserError(f"{task.source}: would be overwritten by its own copy; give another folder with --out")
    smooth = smooth_edges(picture.rgb, settings.low, settings.high, settings.box)
    image_files.write(target, replace(picture, rgb=smooth))
    return target


if __name__ == "__main__":
    sys.exit(main())
