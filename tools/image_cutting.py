"""Training pictures out of frames: `python tools/image_cutting.py frames`."""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime import batch, command, cutting, pictures  # noqa: E402
from japananime.errors import UserError  # noqa: E402

EXAMPLES = """\
examples:
  python tools/image_cutting.py movie-frames
      six pictures of 256 × 256 from every frame, into movie-frames-cut
  python tools/image_cutting.py movie-frames --scale 0.5 --areas 1x2 --out cut
      frames at half their size first, so that a picture shows more; two from each
  python tools/image_cutting.py movie-frames --seed 1 --out second
      other places in the same frames
"""


def parse(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python tools/image_cutting.py",
        description="Cut every frame into areas and take one picture at a random place from each. Names say where: "
        "frame-y0150-x0640.jpg was cut from row 150 and column 640 of frame.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("inputs", nargs="+", metavar="PATH", help="frames or folders of frames")
    parser.add_argument("--out", metavar="DIR", help="folder for the pictures (default: FOLDER-cut beside the source)")
    parser.add_argument("--size", type=int, default=256, metavar="N", help="side of the pictures (default 256)")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="resize frames first (default 1: not)")
    parser.add_argument("--areas", default="2x3", metavar="RxC", help="rows and columns of areas (default 2x3)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed, the same places (default 0)")
    parser.add_argument("--format", choices=("jpg", "png", "webp"), default="jpg", help="of the pictures (default jpg)")
    parsed = parser.parse_args(arguments)
    if parsed.size < 16:
        raise UserError(f"--size is {parsed.size}; it must be at least 16")
    if not 0.05 <= parsed.scale <= 4:
        raise UserError(f"--scale is {parsed.scale:g}; it must be 0.05 to 4")
    if parsed.seed < 0:
        raise UserError(f"--seed is {parsed.seed}; it must not be negative")
    parsed.rows, parsed.columns = grid(parsed.areas)
    return parsed


def grid(text):
    """"2x3" -> (2, 3)."""
    match = re.fullmatch(r"([1-9]\d?)[x×]([1-9]\d?)", text)
    if not match:
        raise UserError(f"--areas is '{text}'; it must be rows x columns, such as 2x3")
    return int(match[1]), int(match[2])


def main(arguments=None):
    """Run the command; returns the exit status: 1 if any frame failed."""
    return command.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    tasks, problems = batch.plan(parsed.inputs, parsed.out, "cut", lambda folder: pictures.find(folder)[0])
    batch.make_folders(task.folder for task in tasks)
    counts, status = batch.run(tasks, lambda task: _cut(task, parsed), "frame", problems=problems)
    done = [task for task, count in zip(tasks, counts, strict=True) if count]
    print(
        f"{sum(count or 0 for count in counts)} pictures cut from {len(done)} of {len(tasks)} frames"
        + (f", in {done[0].folder}" if done else "")
    )
    return status


def _cut(task, parsed):
    rgb = cutting.scale(pictures.read_rgb(task.source), parsed.scale)
    height, width = rgb.shape[:2]
    if min(height, width) < parsed.size:
        scaled = f" after --scale {parsed.scale:g}" if parsed.scale != 1 else ""
        raise UserError(f"{task.source}: {width}×{height}{scaled}, too small to cut {parsed.size}×{parsed.size} from")
    places = cutting.windows(height, width, task.source.name, parsed.seed, parsed.rows, parsed.columns, parsed.size)
    for y, x in places:
        window = rgb[y : y + parsed.size, x : x + parsed.size]
        target = task.folder / f"{task.name}-y{y:04d}-x{x:04d}.{parsed.format}"
        pictures.write(target, pictures.Picture(window))
    return len(places)


if __name__ == "__main__":
    sys.exit(main())
