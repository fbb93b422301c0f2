"""`python -m japananime.evaluate`: how good a style is, in numbers and beside others."""

import sys
from dataclasses import dataclass
from pathlib import Path

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.base.files import make_folders
from japananime.base.settings import Settings, add_flags, from_flags, setting
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
  python -m japananime.evaluate --features dinov2.onnx --photos photos --anime film --out scores
      seen by a network of your own; the card dinov2.json beside it says how it wants its pictures
  python -m japananime.evaluate --style portraits --anime faces --training learnt-from --out scores
      characters made out of nothing, beside anime faces; the page shows which training picture is nearest to each

Give photos and anime that the style was not trained on. docs/evaluation.md says what each score means.
"""
FEATURES = ("inception", "vgg19", "mobilenet_v2")


@dataclass(frozen=True)
class Extent(Settings):
    """How much is looked at, made and shown."""

    squares: int = setting(1, "squares that VGG19 sees of a picture", least=1, most=16)
    shown: int = setting(24, "photos, or a style's characters, on the page", least=0, most=500)
    count: int = setting(200, "characters that a style makes", least=2, most=10_000)
    seed: int = setting(1, "which characters", least=0, most=2**31 - 1)


def _parser():
    parser = cli.Parser(
        prog="python -m japananime.evaluate",
        description="Score styles: how close to anime, how faithful to the photo, how clear, how varied.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--style", action="append", metavar="NAME", help="a style, as for stylize; may be repeated")
    parser.add_argument("--photos", metavar="DIR", help="photos, in all folders below; none for characters")
    parser.add_argument("--anime", metavar="DIR", required=True, help="anime pictures to compare with")
    parser.add_argument(
        "--outputs",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=DIR",
        help="pictures made by any other program, with the names of their photos",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the scores, created if missing")
    parser.add_argument(
        "--features",
        metavar="NETWORK",
        help=f"the feature network: {', '.join(FEATURES)} or FILE.onnx (default: inception, else vgg19)",
    )
    parser.add_argument(
        "--features-weights",
        metavar="FILE",
        help="its no-top weights (default: $JAPANANIME_VGG_WEIGHTS, ..._INCEPTION_... or ..._MOBILENET_..., or Keras')",
    )
    parser.add_argument("--films", nargs="+", default=[], metavar="FILE", help="films to measure styles' flicker on")
    add_flags(parser, Extent)
    parser.add_argument(
        "--training",
        metavar="DIR",
        help="what styles of characters learnt from, to look for copies in (default: --anime)",
    )
    return parser


def parse(arguments=None):
    """The command line, `outputs` as {name: folder}; and the Extent."""
    parsed = _parser().parse_args(arguments)
    extent = from_flags(Extent, parsed)
    if parsed.features and parsed.features not in FEATURES and not parsed.features.endswith(".onnx"):
        raise UserError(f"--features is '{parsed.features}'; accepted: {', '.join(FEATURES)} or FILE.onnx")
    if parsed.training and parsed.photos:
        raise UserError("--training is for pictures made of no photo; give either --photos or --training")
    if parsed.films and not parsed.photos:
        raise UserError("--films are for styles that make pictures of photos; give some by --photos as well")
    given = len(parsed.outputs)
    parsed.outputs = cli.named_folders("--outputs", parsed.outputs)
    if len(parsed.outputs) < given:
        raise UserError("--outputs has two folders of one name; each must have its own")
    return parsed, extent


def styles(parsed):
    """{name of a row: a style}: those asked for, or the bundled one where there is nothing else to score."""
    found = {}
    for style in parsed.style or ([] if parsed.outputs else [style_folder.DEFAULT]):
        opened = style_folder.find(style)
        if not parsed.photos and opened.takes == "photo":
            raise UserError(f"--style is '{style}', which makes its pictures of photos; give some by --photos DIR")
        if parsed.photos and opened.takes == "latent":
            raise UserError(f"--style is '{style}', which makes its pictures of no photo; leave --photos out")
        name = style if opened.title in found or opened.title in parsed.outputs else opened.title
        if name in found:
            raise UserError(f"--style is '{style}' twice; each style is scored once")
        found[name] = opened
    return found


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if anything had to be skipped."""
    parsed, extent = parse(arguments)
    asked_for = styles(parsed)
    cli.load_tensorflow()
    from japananime.evaluation import keras_features, paired, scoring, tables

    places = {"photos": parsed.photos, "anime": parsed.anime, "training": parsed.training}
    paths = {name: paired.find(name, folder) for name, folder in places.items() if folder}
    outputs = {name: paired.find("outputs", folder) for name, folder in parsed.outputs.items()}
    out = Path(parsed.out)
    make_folders([out])
    looking = keras_features.asked_for(parsed.features, parsed.features_weights, extent.squares)
    if parsed.photos:
        films = [Path(film) for film in parsed.films]
        result, shown = scoring.of_photos(
            looking, paths["photos"], paths["anime"], asked_for, parsed.outputs, extent.shown, films
        )
    else:
        sets = scoring.sets(asked_for, outputs, extent.count, extent.seed)
        result, shown = scoring.of_nothing(looking, paths["anime"], sets, paths.get("training", []), extent.shown)
    print(tables.text(result))
    tables.write(out, result, shown)
    print(f"written: {out / 'scores.md'}, {out / 'scores.json'}, {out / 'index.html'}")
    return 1 if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
