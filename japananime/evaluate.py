"""`python -m japananime.evaluate`: how good a style is, in numbers and beside others."""

import sys
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.jobs import progress_bar
from japananime.styles import folder as style_folder

EXAMPLES = """\
examples:
  python -m japananime.evaluate --photos photos --anime film --out scores
      the bundled style: a table here, scores/scores.md, scores/scores.json and scores/index.html
  python -m japananime.evaluate --style runs/first --style runs/second --photos photos --anime film --out scores
      two trainings side by side
  python -m japananime.evaluate --style daylight --outputs other=made-there --photos photos --anime film --out scores
      another program's pictures, under the names of the photos they were made of, beside a style
  python -m japananime.evaluate --features vgg19 --squares 3 --photos photos --anime film --out scores
      seen by VGG19, which training needs anyway, at three places of each picture

Give photos and anime that the style was not trained on. docs/evaluation.md says what each score means.
"""
FEATURES = ("inception", "vgg19")


def parse(arguments=None):
    """The command line; `outputs` as {name: folder}."""
    parser = cli.Parser(
        prog="python -m japananime.evaluate",
        description="Score styles: how near to anime, how true to the photo, how clear, how varied.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--style", action="append", metavar="NAME", help="a style, as stylize takes it; may be repeated"
    )
    parser.add_argument("--photos", metavar="DIR", required=True, help="photos, looked for in all folders below")
    parser.add_argument("--anime", metavar="DIR", required=True, help="anime pictures to come near to")
    parser.add_argument(
        "--outputs",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=DIR",
        help="pictures made of the same photos by anything, named as the photos are",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the scores, made if it is not there")
    parser.add_argument(
        "--features", choices=FEATURES, help="network that looks (default: inception, or vgg19 where it is not at hand)"
    )
    parser.add_argument(
        "--features-weights",
        metavar="FILE",
        help="its no-top weights (default: $JAPANANIME_VGG_WEIGHTS or $JAPANANIME_INCEPTION_WEIGHTS, else downloaded "
        "by Keras)",
    )
    parser.add_argument(
        "--squares", type=int, default=1, metavar="N", help="squares that VGG19 sees of a picture, 1 to 16 (default 1)"
    )
    parser.add_argument("--shown", type=int, default=24, metavar="N", help="photos on the page (default 24)")
    parsed = parser.parse_args(arguments)
    cli.within(parsed, squares=(1, 16), shown=(0, 500))
    named = [text.partition("=") for text in parsed.outputs]
    for text, (name, _, folder) in zip(parsed.outputs, named, strict=True):
        if not name or not folder:
            raise UserError(f"--outputs is '{text}'; it must be NAME=DIR")
    parsed.outputs = {name: folder for name, _, folder in named}
    if len(parsed.outputs) < len(named):
        raise UserError("--outputs has two folders of one name; each must have its own")
    return parsed


def makers(parsed):
    """{name of a row: what gives the picture for a photo}: the styles, then the folders."""
    from japananime.evaluation import compare_sets
    from japananime.inference.stylizer import Stylizer

    found = {}
    for style in parsed.style or ([] if parsed.outputs else [style_folder.DEFAULT]):
        opened = style_folder.find(style)
        name = style if opened.title in found or opened.title in parsed.outputs else opened.title
        if name in found:
            raise UserError(f"--style is '{style}' twice; each style is scored once")
        found[name] = compare_sets.style_maker(Stylizer(opened))
    for name, folder in parsed.outputs.items():
        compare_sets.find("outputs", folder)
        found[name] = compare_sets.folder_of_outputs(folder)
    return found


def main(arguments=None):
    """Run the command; returns the exit status: 1 if anything had to be skipped."""
    return cli.run(_main, arguments)


def _main(arguments):
    parsed = parse(arguments)
    for name in parsed.style or ():
        style_folder.find(name).need("photo")
    cli.load_tensorflow()
    from japananime.evaluation import compare_sets, eyes, tables

    photos, anime = compare_sets.find("photos", parsed.photos), compare_sets.find("anime", parsed.anime)
    out = Path(parsed.out)
    make_folders([out])
    compared, looking = makers(parsed), eyes.asked_for(parsed.features, parsed.features_weights, parsed.squares)
    wanted = set(photos[:: max(1, -(-len(photos) // parsed.shown))]) if parsed.shown else set()
    shown = []
    with progress_bar(len(anime) + len(photos) * (1 + len(compared)), "picture") as bar:
        result = compare_sets.evaluate(
            looking,
            photos,
            anime,
            compared,
            progress=bar.update,
            report=lambda text: bar.write(f"skipped: {text}", file=sys.stderr),
            show=lambda path, pictures: shown.append((path.name, pictures)) if path in wanted else None,
        )
    print(tables.text(result))
    tables.write(out, result, shown)
    print(f"written: {out / 'scores.md'}, {out / 'scores.json'}, {out / 'index.html'}")
    return 1 if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
