"""The key frames of films as pictures: `python tools/video2image.py movie.mp4`."""

import sys
from pathlib import Path

if not __package__:  # a script of a checkout; installed, it is a module of the package
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime.base import cli, files, jobs
from japananime.base.errors import UserError
from japananime.datasets import extraction
from japananime.video.reading import containers

EXAMPLES = """\
  python tools/video2image.py movie.mp4
      the key frames of a film, into movie-frames beside it
  python tools/video2image.py season/*.mkv --out frames --plot
      several films at once, each into a folder of its own below frames, with a picture of the scores
  python tools/video2image.py movie.mp4 --window 25
      about four times as many
  python tools/video2image.py movie.mp4 --method scenes --out scenes
      one frame per scene instead
  python tools/video2image.py phone.mov --every 2 --out seconds
      one frame every two seconds

After a stop, the same command picks up where it left off.
"""


def parse(arguments=None):
    """The command line: (namespace, datasets.extraction.Settings)."""
    parser = jobs.parser(
        "video2image",
        "Write the key frames of films as pictures: the frames that differ most from the one before, "
        "compared with those around them. Black bars are cut off; black, flat, faded and repeated frames are left out.",
        EXAMPLES,
    )
    parser.add_argument("inputs", nargs="+", metavar="FILM", help="films, or folders of films")
    parser.add_argument("--out", metavar="DIR", help="where each film gets a folder FILM-frames (default: beside it)")
    parser.add_argument("--csv", action="store_true", help="also write scores.csv, a line for every frame of the film")
    parser.add_argument("--plot", action="store_true", help="also draw scores.svg, the scores and the frames chosen")
    extraction.add_flags(parser)
    parsed = parser.parse_args(arguments)
    settings = extraction.settings(parsed)
    if settings.method != "keyframes" and (parsed.csv or parsed.plot):
        raise UserError("--csv and --plot show the scores of key frames; they need --method keyframes")
    return parsed, settings


@cli.command
def main(arguments):
    """Run the command; returns the exit status: 1 if any film failed."""
    parsed, settings = parse(arguments)
    cli.need("cv2", "imagehash", "scenedetect", *(["matplotlib"] if parsed.plot else []))
    tasks, problems = jobs.plan(parsed.inputs, parsed.out, "frames", containers.find, beside=True)
    files.make_folders(task.folder for task in tasks)
    places = [(task.source, task.folder / files.fitting(task.name, "-frames")) for task in tasks]
    _, status = extraction.extract_all(
        places,
        settings,
        scores=parsed.csv,
        plot=parsed.plot,
        problems=problems,
        tell=lambda *done: _summary(settings, *done),
    )
    return status


def _summary(settings, film, done):
    if done.before:
        return f"{film.path}: done before, {len(done.written)} frames in {done.folder}"
    left_out = len(done.rows) - len(done.written)
    text = f"{film.path}: {len(done.written)} frames in {done.folder}"
    if left_out:
        text += f", {left_out} black, flat, faded or repeated ones left out (--keep-all keeps them)"
    if settings.method == "keyframes" and film.frames and film.frames < settings.window:
        text += f"; the film is shorter than --window {settings.window}, a smaller one finds more"
    return text


if __name__ == "__main__":
    sys.exit(main())
