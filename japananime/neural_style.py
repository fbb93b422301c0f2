"""`python -m japananime.neural_style`: one picture painted in the style of another (Gatys, Ecker and Bethge)."""

import contextlib
import sys
from functools import partial
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import add_flags, from_flags
from japananime.base.terminal import Bar
from japananime.image import files as image_files

EXAMPLES = """\
examples:
  python -m japananime.neural_style --content photo.jpg --style painting.jpg
      writes photo-painting.jpg beside the photo, 512 pixels on its longer side
  python -m japananime.neural_style --content photo.jpg --style painting.jpg --keep-colors --out kept.png
      brush and light of the painting, colours of the photo
  python -m japananime.neural_style --content photo.jpg --style painting.jpg --size 256 --iterations 30
      a quick look
  python -m japananime.neural_style --content photo.jpg --style painting.jpg --style-layers conv1_1:2,conv2_1,conv3_1
      small strokes rather than large shapes
"""


def parse(arguments=None):
    """The command line: (namespace, TransferSettings)."""
    from japananime.painting.objective import TransferSettings

    parser = _parser()
    add_flags(parser, TransferSettings, "painting")
    parsed = parser.parse_args(arguments)
    return parsed, from_flags(TransferSettings, parsed)


def _parser():
    """The flags that name files, to which the settings of the painting are added."""
    parser = cli.Parser(
        prog="python -m japananime.neural_style",
        description="Paint one picture in the style of another. No training, but minutes for every picture.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--content", metavar="FILE", required=True, help="the picture to paint")
    parser.add_argument("--style", metavar="FILE", required=True, help="the picture to paint it like")
    parser.add_argument("--out", metavar="FILE", help=".jpg, .png or .webp (default: CONTENT-STYLE.jpg beside CONTENT)")
    parser.add_argument(
        "--keep-colors",
        nargs="?",
        const="luminance",
        choices=("luminance", "match"),
        help="of the content. luminance (the bare flag): take only light and dark from the style. match: give the "
        "style picture the content's colours before painting from it",
    )
    parser.add_argument(
        "--vgg-weights",
        metavar="FILE",
        help="VGG19's no-top weights (default: $JAPANANIME_VGG_WEIGHTS, else downloaded by Keras)",
    )
    return parser


@cli.command
def main(arguments):
    """Run the command; returns the exit status."""
    cli.help_without_tensorflow(_parser, arguments)
    cli.load_tensorflow()
    from japananime.painting import objective
    from japananime.painting.optimize import Stopped, paint
    from japananime.perception import features

    parsed, settings = parse(arguments)
    content, style = image_files.read_rgb(parsed.content), image_files.read_rgb(parsed.style)
    out = _target(parsed)
    make_folders([out.parent])
    taps = list({**settings.taps("content"), **settings.taps("style")})
    model = features.vgg19(features.find_weights(features.VGG19, parsed.vgg_weights), taps)
    start, stages = objective.plan(content, style, settings, parsed.keep_colors, partial(_extract, model, taps))

    def write(path, painted):
        image_files.write(path, image_files.Picture(objective.finish(painted, content, parsed.keep_colors)))

    preview = out.with_name(f"{out.stem}-preview{out.suffix}")
    latest = start
    with cli.catching_signals() as received, _bar(stages) as bar:

        def see(stage, iteration, picture, terms):
            nonlocal latest
            latest = picture
            (height, width), iterations, _ = stages[stage]
            bar.set_postfix_str(f"{width}×{height}, " + _words(terms), refresh=False)
            bar.update(height * width / 1e6)
            if settings.preview and iteration % settings.preview == 0:
                write(preview, picture)
            if received:
                raise Stopped

        with contextlib.suppress(Stopped):
            latest = paint(start, stages, settings.optimizer, settings.weights, see)
    write(out, latest)
    preview.unlink(missing_ok=True)
    print(f"{'stopped early: ' if received else ''}painted {out}{objective.told_size(latest, content)}")
    return 128 + received[0] if received else 0


def _extract(model, taps, picture):
    found = model(picture)
    return dict(zip(taps, found if isinstance(found, (list, tuple)) else [found], strict=True))


def _bar(stages):
    """A progress bar that counts pixels, since an iteration takes as long as its picture is large."""
    total = sum(height * width * iterations / 1e6 for (height, width), iterations, _ in stages)
    form = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}"
    return Bar(
        total=total,
        bar_format=form,
        dynamic_ncols=True,
        mininterval=0.1 if sys.stderr.isatty() else 10.0,
        disable=False,
    )


def _words(terms):
    return ", ".join(f"{name} {value:.3g}" for name, value in terms.items())


def _target(parsed):
    """Where the picture goes; never over one of the two it is made from."""
    content = Path(parsed.content)
    out = Path(parsed.out) if parsed.out else content.with_name(f"{content.stem}-{Path(parsed.style).stem}.jpg")
    if image_files.kind(out) not in image_files.WRITTEN:
        raise UserError(f"--out is '{out}'; a picture can be written as .jpg, .png or .webp")
    if out.resolve() in {content.resolve(), Path(parsed.style).resolve()}:
        raise UserError(f"--out would overwrite '{out}'; give another name")
    return out


if __name__ == "__main__":
    sys.exit(main())
