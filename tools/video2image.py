"""The key frames of films as pictures: `python tools/video2image.py movie.mp4`."""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from japananime import batch, command, extraction, films  # noqa: E402
from japananime.errors import UserError  # noqa: E402

EXAMPLES = """\
examples:
  python tools/video2image.py movie.mp4
      the key frames of a film, into movie-frames beside it
  python tools/video2image.py season/*.mkv --out frames --plot
      several films at once, each into a folder of its own below frames, with a picture of the scores
  python tools/video2image.py movie.mp4 --window 25
      about four times as many
  python tools/video2image.py movie.mp4 --method scenes --out scenes
      one frame a scene instead
  python tools/video2image.py phone.mov --every 2 --out seconds
      one frame every two seconds

A run that was stopped goes on where it was when it is started again in the same way.
"""


def parse(arguments=None):
    """The command line: (namespace, extraction.Settings)."""
    parser = argparse.ArgumentParser(
        prog="python tools/video2image.py",
        description="Write the key frames of films as pictures: the frames that differ most from the one before, compared "
        "with those around them. Black bars are cut off; black, flat, faded and repeated frames are left out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("inputs", nargs="+", metavar="FILM", help="films, or folders of films")
    parser.add_argument("--out", metavar="DIR", help="where each film gets a folder FILM-frames (default: beside it)")
    parser.add_argument("--method", choices=extraction.METHODS[:2], default="keyframes", help="(default keyframes)")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="choose by time instead")
    parser.add_argument("--csv", action="store_true", help="also write scores.csv, a line for every frame of the film")
    parser.add_argument("--plot", action="store_true", help="also draw scores.png, the scores and the frames chosen")
    parser.add_argument("--keep-all", action="store_true", help="leave no chosen frame out")
    parser.add_argument("--keep-bars", action="store_true", help="do not cut off black bars")
    parser.add_argument("--format", choices=("jpg", "png", "webp"), default="jpg", help="of the pictures (default jpg)")
    parser.add_argument("--jobs", type=int, metavar="N", help="films at once (default: as many as there are cores)")
    group = parser.add_argument_group("key frames")
    group.add_argument("--window", type=int, default=100, metavar="N", help="one in about so many frames (default 100)")
    group.add_argument("--smooth", action="store_true", help="smooth the scores first")
    group.add_argument("--alpha", type=float, default=0.07, metavar="X", help="smoothing, less is smoother (default 0.07)")
    group.add_argument("--blur", type=int, default=3, metavar="N", help="blur before comparing, in pixels (default 3)")
    parsed = parser.parse_args(arguments)
    return parsed, _settings(parsed)


def main(arguments=None):
    """Run the command; returns the exit status: 1 if any film failed."""
    return command.run(_main, arguments)


def _main(arguments):
    parsed, settings = parse(arguments)
    tasks, problems = batch.plan(parsed.inputs, parsed.out, "frames", find_films, beside=True)
    batch.make_folders(task.folder for task in tasks)
    opened, status = batch.run(tasks, lambda task: films.open_film(task.source), "film", problems=problems)
    ready = [(task, film) for task, film in zip(tasks, opened, strict=True) if film]
    cores = os.cpu_count() or 1
    jobs = max(1, min(parsed.jobs or cores, len(ready)))
    with batch.progress_bar(sum(film.frames or 0 for _, film in ready) or None, "frame") as bar:

        def work(job):
            task, film = job
            done = extraction.extract(
                film,
                task.folder / f"{task.name}-frames",
                settings,
                scores=parsed.csv,
                plot=parsed.plot,
                threads=max(1, cores // jobs),
                progress=bar.update,
                warn=lambda text: bar.write(f"warning: {text}", file=sys.stderr),
            )
            bar.write(_summary(film, settings, done))

        status = max(status, batch.run(ready, work, "film", workers=jobs, bar=bar)[1])
    return status


def find_films(folder):
    """The films in a folder and below, by their extensions."""
    return sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix.lower() in films.EXTENSIONS and path.is_file() and not path.name.startswith(".")
    )


def _settings(parsed):
    if parsed.window < 2:
        raise UserError(f"--window is {parsed.window}; it must be at least 2 frames")
    if not 0 < parsed.alpha <= 1:
        raise UserError(f"--alpha is {parsed.alpha:g}; it must be above 0 and at most 1")
    if parsed.blur < 1 or parsed.blur % 2 == 0:
        raise UserError(f"--blur is {parsed.blur}; it must be odd and positive, 1 for none")
    if parsed.every is not None and parsed.every <= 0:
        raise UserError(f"--every is {parsed.every:g}; it must be above 0 seconds")
    if parsed.jobs is not None and parsed.jobs < 1:
        raise UserError(f"--jobs is {parsed.jobs}; it must be at least 1")
    method = "every" if parsed.every is not None else parsed.method
    if method != "keyframes" and (parsed.csv or parsed.plot):
        raise UserError("--csv and --plot show the scores of key frames; they need --method keyframes")
    return extraction.Settings(
        method=method,
        window=parsed.window,
        alpha=parsed.alpha if parsed.smooth else None,
        blur=parsed.blur,
        seconds=parsed.every,
        keep_all=parsed.keep_all,
        keep_bars=parsed.keep_bars,
        format=parsed.format,
    )


def _summary(film, settings, done):
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
