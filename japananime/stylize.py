"""`python -m japananime.stylize`: photos and folders of photos into a style."""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from japananime import command, pictures
from japananime.errors import UserError

FORMATS = ("jpg", "png", "webp")
DEFAULT_INPUT = "Pretrain/origin"

EXAMPLES = """\
examples:
  python -m japananime.stylize
      the photos in Pretrain/origin, in the bundled style
  python -m japananime.stylize --in photo.jpg
      writes photo-STYLE.jpg beside it
  python -m japananime.stylize --in holiday --out holiday-anime --style runs/first --compare
      a folder with all folders below it, in a style of your own, with photo and picture side by side as well
"""


@dataclass(frozen=True)
class Task:
    """One picture to make."""

    source: Path
    target: Path


def parse(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m japananime.stylize",
        description="Turn photos into anime. Size, transparency and colour profile stay; rotation is applied.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--in",
        dest="inputs",
        nargs="+",
        default=[DEFAULT_INPUT],
        metavar="PATH",
        help=f"photos or folders of photos (default {DEFAULT_INPUT})",
    )
    parser.add_argument(
        "--out", metavar="PATH", help="folder for the pictures, or a file name for one (default: beside the photos)"
    )
    parser.add_argument(
        "--style", metavar="NAME", help="bundled style, run directory, style folder or .keras file (default: bundled)"
    )
    parser.add_argument("--list-styles", action="store_true", help="name the bundled styles and stop")
    parser.add_argument(
        "--strength", type=float, default=1.0, metavar="X", help="0 is the photo, 1 the style (default 1)"
    )
    parser.add_argument(
        "--keep-colors", action="store_true", help="take light and dark from the style, colours from the photo"
    )
    parser.add_argument("--compare", action="store_true", help="also write NAME-compare with both side by side")
    parser.add_argument(
        "--format", choices=FORMATS, help="of the pictures (default: the photo's; png for bmp and tiff)"
    )
    parser.add_argument("--quality", type=int, default=95, metavar="N", help="of jpg and webp, 1 to 100 (default 95)")
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="bfloat16 is faster on recent processors",
    )
    parsed = parser.parse_args(arguments)
    if not 0.0 <= parsed.strength <= 1.0:
        raise UserError(f"--strength is {parsed.strength}; it must be 0 to 1")
    if not 1 <= parsed.quality <= 100:
        raise UserError(f"--quality is {parsed.quality}; it must be 1 to 100")
    return parsed


def plan(inputs, out, title, image_format=None):
    """What to make of what: [Task], with no two targets alike and none of them an input.

    A folder's pictures keep their places below `out`, or below FOLDER-title; a file's is FILE-title beside it.
    """
    inputs = [Path(name) for name in inputs]
    for path in inputs:
        if not path.exists():
            raise UserError(f"--in is '{path}', which does not exist; it must be a photo or a folder of photos")
    out = Path(out) if out else None
    one_file = len(inputs) == 1 and inputs[0].is_file()
    if out and one_file and out.suffix.lower().lstrip(".") in (*FORMATS, "jpeg") and not out.is_dir():
        tasks = [Task(inputs[0], out)]
    else:
        if out and out.is_file():
            raise UserError(f"--out is '{out}', which is a file; it must be a folder for these inputs")
        tasks = [task for path in inputs for task in _tasks_of(path, out, title, image_format)]
    _refuse_overwriting(tasks)
    return tasks


def main(arguments=None):
    """Run the command; returns the exit status: 1 if any file failed."""
    return command.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    command.load_tensorflow()
    from japananime import styles

    if parsed.list_styles:
        for name in styles.bundled():
            print(f"{name}: {styles.describe(styles.bundled_folder() / name).description}")
        return 0
    style = styles.find(parsed.style or styles.DEFAULT)
    tasks = plan(parsed.inputs, parsed.out, styles.title(style), parsed.format)
    _make_folders(tasks)
    engine = _load_engine(style, parsed.precision)
    failures = []
    with tqdm(tasks, unit="picture", disable=len(tasks) == 1) as bar:
        for task in bar:
            bar.set_postfix_str(task.source.name)
            try:
                _stylize(engine, task, parsed)
            except UserError as error:
                failures.append(task)
                bar.write(f"skipped: {error}", file=sys.stderr)
    made = len(tasks) - len(failures)
    folders = sorted({str(task.target.parent) for task in tasks})
    print(f"{made} of {len(tasks)} pictures made, in {', '.join(folders[:3])}{' ...' if len(folders) > 3 else ''}")
    return 1 if failures else 0


def _stylize(engine, task, parsed):
    from japananime.engine import blend, compare, keep_colors

    photo = pictures.read(task.source)
    try:
        made = engine(photo.rgb)
    except UserError as error:
        raise UserError(f"{task.source}: {error}") from error
    if parsed.keep_colors:
        made = keep_colors(photo.rgb, made)
    if parsed.strength < 1.0:
        made = blend(photo.rgb, made, parsed.strength)
    _write(task.target, replace(photo, rgb=made), parsed)
    if parsed.compare:
        target = task.target.with_stem(f"{task.target.stem}-compare")
        both = pictures.Picture(compare(photo.rgb, made), profile=photo.profile)
        _write(target, both, parsed)


def _write(target, picture, parsed):
    try:
        pictures.write(target, picture, quality=parsed.quality)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror or error})") from error


def _tasks_of(path, out, title, image_format):
    if path.is_file():
        return [Task(path, (out or path.parent) / f"{path.stem}-{title}{_suffix(path, image_format)}")]
    root = out or path.resolve().with_name(f"{path.resolve().name}-{title}")
    found = [file for file in pictures.find(path)[0] if root.resolve() not in file.resolve().parents]
    if not found:
        raise UserError(f"--in is '{path}', a folder without photos ({', '.join(pictures.EXTENSIONS)})")
    targets = [root / file.relative_to(path).with_suffix(_suffix(file, image_format)) for file in found]
    # a.jpg and a.bmp of one folder would both become a.png: such names keep the extension they had.
    names = Counter(str(target).lower() for target in targets)
    return [
        Task(file, target if names[str(target).lower()] == 1 else target.with_stem(file.name))
        for file, target in zip(found, targets, strict=True)
    ]


def _suffix(path, image_format):
    if image_format:
        return f".{image_format}"
    return path.suffix if path.suffix.lower().lstrip(".") in (*FORMATS, "jpeg") else ".png"


def _refuse_overwriting(tasks):
    sources = {task.source.resolve() for task in tasks}
    targets = {}
    for task in tasks:
        target = task.target.resolve()
        if target in sources:
            raise UserError(f"--out would overwrite the photo '{task.target}'; give another folder")
        if target in targets:
            raise UserError(f"'{task.source}' and '{targets[target]}' would both become '{task.target}'; do them apart")
        targets[target] = task.source


def _make_folders(tasks):
    for folder in sorted({task.target.parent for task in tasks}):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".japananime-writable"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise UserError(f"--out: '{folder}' cannot be written to ({error.strerror})") from error


def _load_engine(style, precision):
    import keras

    from japananime import styles
    from japananime.engine import Engine

    keras.config.set_dtype_policy("float32" if precision == "float32" else f"mixed_{precision}")
    return Engine(styles.load(style))


if __name__ == "__main__":
    sys.exit(main())
