"""`python -m japananime.stylize`: photos, films and folders of them into a style."""

import sys

from tqdm import tqdm

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.faces import engine as faces_engine
from japananime.image.color import Finish
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import films as film_stylizing
from japananime.stylizing import planning
from japananime.stylizing.pictures import make_picture
from japananime.stylizing.planning import FORMATS

DEFAULT_INPUT = "Pretrain/origin"

EXAMPLES = """\
examples:
  python -m japananime.stylize
      the photos in Pretrain/origin, in the bundled style
  python -m japananime.stylize --in photo.jpg
      writes photo-STYLE.jpg beside it
  python -m japananime.stylize --in holiday --out holiday-anime --style runs/first --compare
      a folder with all folders below it, in a style of your own, with photo and picture side by side as well
  python -m japananime.stylize --in film.mp4 --preview 5
      five seconds from the middle of a film; without --preview all of it, with its sound
  python -m japananime.stylize --in party --faces --style runs/both
      only the faces in the photos, each as large as the style has learnt faces
  python -m japananime.stylize --in season --cluster tcp://10.0.0.1:8786
      a folder of films made by the workers of a Dask cluster, see docs/scale.md
"""


def parse(arguments=None):
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.stylize",
        description="Turn photos and films into anime. Size, transparency and colour profile stay.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--in",
        dest="inputs",
        nargs="+",
        default=[DEFAULT_INPUT],
        metavar="PATH",
        help=f"photos, films or folders of them (default {DEFAULT_INPUT})",
    )
    parser.add_argument("--out", metavar="PATH", help="folder, or a file name for one (default: beside the input)")
    parser.add_argument(
        "--style",
        metavar="NAME",
        help="bundled style, run directory, style folder, .keras file, or a mixture such as daylight:0.6+pastel:0.4",
    )
    parser.add_argument(
        "--direction", choices=style_folder.DIRECTIONS, default="photo2anime", help="anime2photo in styles that know it"
    )
    parser.add_argument("--list-styles", action="store_true", help="name the bundled styles and stop")
    parser.add_argument(
        "--strength", type=float, default=1.0, metavar="X", help="0 is the photo, 1 the style (default 1)"
    )
    parser.add_argument(
        "--keep-colors", action="store_true", help="take light and dark from the style, colours from the photo"
    )
    parser.add_argument("--compare", action="store_true", help="also write NAME-compare with both side by side")
    parser.add_argument("--format", choices=FORMATS, help="of pictures (default: the photo's; png for bmp and tiff)")
    parser.add_argument("--quality", type=int, default=95, metavar="N", help="of jpg and webp, 1 to 100 (default 95)")
    loading.add_flags(parser)
    faces_engine.add_flags(parser)
    film_stylizing.add_flags(parser)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="let a Dask cluster do it: tcp://HOST:PORT of its scheduler, or local:N for N workers here",
    )
    parsed = parser.parse_args(arguments)
    cli.within(parsed, strength=(0, 1), quality=(1, 100))
    return parsed


def main(arguments=None):
    """Run the command; returns the exit status: 1 if any file failed."""
    return cli.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    if parsed.list_styles:
        for name in style_folder.bundled():
            print(f"{name}: {style_folder.find(name).description.description}")
        return 0
    style = style_folder.find(parsed.style or style_folder.DEFAULT).turned(parsed.direction)
    options = loading.options(parsed)
    made_by = (film_stylizing.identity(style.path), parsed.engine, parsed.precision, str(options.drawn_at))
    settings = film_stylizing.settings(parsed, " ".join(made_by))
    wanted = planning.Wanted(
        style.title, parsed.format, parsed.compare, parsed.codec, parsed.preview is not None, parsed.film
    )
    plan = planning.plan(parsed.inputs, parsed.out, wanted)
    faces_engine.check(parsed, plan.films)
    finish = Finish(parsed.strength, parsed.keep_colors)
    if parsed.cluster:
        from japananime.stylizing import cluster

        order = cluster.Order(style.portable(), options, finish, settings, parsed.quality)
        return 1 if cluster.make_all(parsed.cluster, order, plan.films, plan.photos) else 0
    if parsed.faces:
        engine = faces_engine.load(style, options, parsed.face_size, parsed.face_margin)
    else:
        engine = options.load(style)
    make_folders(path.parent for path in plan.targets)
    failures = film_stylizing.make_all(plan.films, engine, settings, finish)
    if plan.photos:
        failures += _make_pictures(plan.photos, engine, finish, parsed.quality)
    return 1 if failures else 0


def _make_pictures(tasks, engine, finish, quality):
    """Every photo in the style; returns how many could not be made."""
    failures, unchanged = [], 0
    with tqdm(tasks, unit="picture", disable=len(tasks) == 1) as bar:
        for task in bar:
            bar.set_postfix_str(task.source.name)
            try:
                if not make_picture(task, engine, finish, quality):
                    unchanged += 1
                    bar.write(f"no face found, left as it is: {task.source}")
            except UserError as error:
                failures.append(task)
                bar.write(f"skipped: {error}", file=sys.stderr)
    made = len(tasks) - len(failures)
    folders = sorted({str(task.target.parent) for task in tasks})
    where = f"in {', '.join(folders[:3])}{' ...' if len(folders) > 3 else ''}"
    print(f"{made} of {len(tasks)} pictures made, {f'{unchanged} without a face, ' if unchanged else ''}{where}")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
