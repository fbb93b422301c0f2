"""Edge-smoothed copies of anime pictures: `python tools/image_smoothing.py frames`."""

import sys
from dataclasses import replace
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import (
    cli,  # noqa: E402
    files,  # noqa: E402
    jobs,  # noqa: E402
)
from japananime.base.errors import UserError  # noqa: E402
from japananime.image import files as image_files  # noqa: E402
from japananime.image.edge_smoothing import smooth_edges  # noqa: E402

FORMATS = ("jpg", "png", "webp")

EXAMPLES = """\
  python tools/image_smoothing.py frames
      every picture in frames and below, into frames-smooth, under the same names
  python tools/image_smoothing.py cut/a.png cut/b.png --out smooth
      two pictures
  python tools/image_smoothing.py frames --out smooth --box 7
      a wider band around every outline
"""


def parse(arguments=None):
    """The command line."""
    parser = jobs.parser(
        "image_smoothing",
        "Blur anime pictures along their outlines and nowhere else. A training uses them as examples of "
        "what anime does not look like, and so learns to draw clear lines.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH", help="pictures or folders of pictures")
    parser.add_argument("--out", metavar="DIR", help="folder for the copies (default: FOLDER-smooth beside the source)")
    parser.add_argument(
        "--low", type=float, default=100, metavar="N", help="edges: Canny's lower threshold (default 100)"
    )
    parser.add_argument("--high", type=float, default=200, metavar="N", help="edges: the upper threshold (default 200)")
    parser.add_argument("--box", type=int, default=5, metavar="N", help="width of the band in pixels, odd (default 5)")
    parser.add_argument("--format", choices=FORMATS, help="of the copies (default: the source's; png for bmp and tiff)")
    parsed = parser.parse_args(arguments)
    if parsed.box < 1 or parsed.box % 2 == 0:
        raise UserError(f"--box is {parsed.box}; it must be odd and positive")
    if not 0 <= parsed.low <= parsed.high:
        raise UserError(
            f"--low is {parsed.low:g} and --high {parsed.high:g}; they must be positive, and --low the smaller"
        )
    return parsed


def main(arguments=None):
    """Run the command; returns the exit status: 1 if any picture failed."""
    return cli.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    cli.need("cv2")
    tasks, problems = jobs.plan(parsed.inputs, parsed.out, "smooth", image_files.images)
    files.make_folders(task.folder for task in tasks)
    written, status = jobs.run(tasks, lambda task: _smooth(task, parsed), "picture", problems=problems)
    made = [path for path in written if path]
    print(f"{len(made)} of {len(tasks)} pictures smoothed" + (f", in {made[0].parent}" if made else ""))
    return status


def _smooth(task, parsed):
    picture = image_files.read(task.source)
    extension = parsed.format or task.source.suffix.lower().lstrip(".")
    target = task.folder / f"{task.name}.{extension if extension in (*FORMATS, 'jpeg') else 'png'}"
    if target.resolve() == task.source.resolve():
        raise UserError(f"{task.source}: would be overwritten by its own copy; give another folder with --out")
    image_files.write(target, replace(picture, rgb=smooth_edges(picture.rgb, parsed.low, parsed.high, parsed.box)))
    return target


if __name__ == "__main__":
    sys.exit(main())
