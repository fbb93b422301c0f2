"""`python -m japananime.stylize`: photos, films and folders of them into a style."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import add_flags, from_flags
from japananime.base.terminal import line, tell_skipped
from japananime.faces import film_overlay
from japananime.faces import flags as faces_flags
from japananime.image.color import Finish
from japananime.inference import loading
from japananime.styles import folder as style_folder
from japananime.stylizing import contact_sheets, filtering, pictures, planning
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.pictures import PictureFiles

DEFAULT_INPUT = "Pretrain/origin"

EXAMPLES = """\
examples:
  python -m japananime.stylize
      the photos in Pretrain/origin, in the bundled style
  python -m japananime.stylize photo.jpg
      writes photo-STYLE.jpg next to it
  python -m japananime.stylize holiday --out holiday-anime --style runs/first --compare
      a folder with its subfolders, in a style of your own, plus photo and picture side by side
  python -m japananime.stylize film.mp4 --preview 5
      five seconds from the middle of a film; without --preview the whole film, with its sound
  python -m japananime.stylize party --faces
      people with anime faces, the rest in the default style; --rest photo leaves the rest as it is
  python -m japananime.stylize party --faces runs/both --style daylight
      the faces in one style and the rest in another
  ffmpeg -i film.mp4 -f yuv4mpegpipe - | python -m japananime.stylize --in - --out - | ffplay -
      between two programs, see docs/films.md
  python -m japananime.stylize season --cluster tcp://10.0.0.1:8786
      a folder of films made by the workers of a Dask cluster, see docs/scale.md
"""


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = cli.Parser(
        prog="python -m japananime.stylize",
        description="Turn photos and films into anime. Size, transparency and colour profile are kept.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help=f"photos, films or folders of them (default {DEFAULT_INPUT}, if it is there)",
    )
    parser.add_argument(
        "--in", dest="inputs", nargs="+", action="extend", default=[], metavar="PATH", help="same; may be repeated"
    )
    parser.add_argument("--out", metavar="PATH", help="folder, or a file name for one (default: beside the input)")
    parser.add_argument(
        "--style",
        metavar="NAME",
        help="bundled style, run directory, style folder, .keras file, a package (FILE.zip, https://HOST/style.zip, "
        "hf://USER/NAME), a mixture such as daylight:0.6+pastel:0.4, or all for a sheet of each photo in every style",
    )
    parser.add_argument(
        "--direction", choices=style_folder.DIRECTIONS, default="photo2anime", help="anime2photo if the style has it"
    )
    parser.add_argument("--list-styles", action="store_true", help="list the bundled styles and stop")
    add_flags(parser, Finish)
    parser.add_argument("--compare", action="store_true", help="also write NAME-compare with both side by side")
    add_flags(parser, PictureFiles)
    loading.add_flags(parser)
    faces_flags.add_flags(parser)
    film_stylizing.add_flags(parser)
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run on a Dask cluster: tcp://HOST:PORT or tls:// of its scheduler, or local:N for N workers here",
    )
    parsed = parser.parse_intermixed_args(arguments)
    parsed.inputs = [*faces_flags.inputs_after(parsed), *parsed.paths, *parsed.inputs]
    return parsed


@cli.command
def main(arguments: Sequence[str] | None) -> int:
    """Run the command; returns the exit status: 1 if any file failed."""
    parsed = parse(arguments)
    if parsed.list_styles:
        for kind in (style_folder.PHOTOS, style_folder.FACES):
            for listed in style_folder.opened(tell_skipped, kind):
                print(line(f"{listed.title}: {listed.words}"))
        return 0
    inputs = parsed.inputs or _usual_input()
    if parsed.style == contact_sheets.ALL:
        return 1 if contact_sheets.make_all(parsed, inputs) else 0
    style = style_folder.find(parsed.style or style_folder.DEFAULT).in_direction(parsed.direction)
    style.need("photo")
    options = loading.options(parsed)
    finish, written = from_flags(Finish, parsed), from_flags(PictureFiles, parsed)
    computed = f"{options.engine} {options.precision} {options.drawn_at} {options.device}{faces_flags.told(parsed)}"
    computed_by = f"{film_stylizing.identity(style.path)} {computed}"
    settings = film_stylizing.settings(parsed, computed_by, finish, written, options.max_memory)
    if filtering.wanted(inputs, parsed.out, parsed):
        return filtering.run_on_standard_streams(options.load(style), finish, settings.steady)
    title = f"{style.title}-faces" if parsed.faces else style.title
    wanted = planning.Wanted(
        title, written.format, parsed.compare, settings.codec, settings.preview is not None, parsed.film
    )
    plan = planning.plan(inputs, parsed.out, wanted)
    pictures.tell_of_plan(plan, wanted)
    faces_flags.check(parsed)
    faces = faces_flags.chosen(parsed) if parsed.faces else None
    if not faces:
        pictures.tell_of_faces(style, plan.photos)
    if parsed.cluster:
        from japananime.stylizing import cluster

        order = cluster.Order(style.portable(), options, settings, faces)
        return 1 if cluster.make_all(parsed.cluster, order, plan.films, plan.photos) else 0
    engine: Any = faces.load(style, options) if faces else options.load(style)
    make_folders(path.parent for path in plan.targets)
    drawn, over = film_overlay.divided(engine)
    skipped = film_stylizing.make_all(plan.films, drawn, settings, over)
    if plan.photos:
        skipped += pictures.make_all(plan.photos, engine, finish, written.quality, options.max_memory)
    return 1 if skipped else 0


def _usual_input() -> list[str]:
    if not Path(DEFAULT_INPUT).is_dir():
        raise UserError(
            "nothing to turn into anime; name photos, films or folders of them: python -m japananime.stylize photo.jpg"
        )
    return [DEFAULT_INPUT]


if __name__ == "__main__":
    sys.exit(main())
