"""Films, animations and folders of frames: the flags that only they have, and making them one by one."""

import contextlib
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from tqdm import tqdm

from japananime.base import temporary
from japananime.base.errors import UserError, reason
from japananime.base.files import WORK, fingerprint, fitting, write_bytes
from japananime.image import files as image_files
from japananime.video import animations, image_sequences, pipeline, shots
from japananime.video import sink as film_sink
from japananime.video import source as film_source

STATISTICS, SETTINGS = "statistics.npz", "settings.json"
# A pixel of an animation takes so many bits in the frames kept until it is finished, and in the file.
ANIMATION_BITS = 24.0


@dataclass(frozen=True)
class Settings:
    """How films are made. crf: the encoder's quality, or None for its usual one; preview: seconds, or None.

    quality: of WebP and JPEG. suffix: of frames in folders, or None. style: whatever tells this style and its
    precision from others.
    """

    codec: str = "h264"
    crf: int | None = None
    preview: float | None = None
    strength: float = 1.0
    keep_colors: bool = False
    compare: bool = False
    quality: int = 95
    suffix: str | None = None
    style: str = ""


def add_flags(parser):
    """A flag for everything that only films know."""
    group = parser.add_argument_group("films, animated GIF and WebP")
    group.add_argument(
        "--codec", choices=film_sink.CODECS, default="h264", help="of films (default h264); ffv1 loses nothing"
    )
    group.add_argument("--crf", type=int, metavar="N", help="quality of films, less is better (default 18 for h264)")
    group.add_argument("--preview", type=float, metavar="SECONDS", help="only so much from the middle, as NAME-preview")
    group.add_argument("--film", action="store_true", help="take folders for the numbered frames of one film each")


def settings(parsed, style):
    """The Settings on a parsed command line, checked. style: whatever tells the style from others."""
    made = Settings(
        codec=parsed.codec,
        crf=parsed.crf,
        preview=parsed.preview,
        strength=parsed.strength,
        keep_colors=parsed.keep_colors,
        compare=parsed.compare,
        quality=parsed.quality,
        suffix=parsed.format and f".{parsed.format}",
        style=style,
    )
    _check(made)
    return made


def _check(settings):
    quality = film_sink.CODECS[settings.codec].quality
    if settings.crf is not None:
        if not quality:
            raise UserError(f"--crf is {settings.crf}, but --codec {settings.codec} has no such setting")
        if not quality[1] <= settings.crf <= quality[2]:
            raise UserError(
                f"--crf is {settings.crf}; with --codec {settings.codec} it must be {quality[1]} to {quality[2]}"
            )
    if settings.preview is not None and not 0 < settings.preview < float("inf"):
        raise UserError(f"--preview is {settings.preview:g}; it must be above 0 seconds")


def make_all(tasks, engine, settings, finish):
    """Make every film, saying of each what came of it; returns how many could not be made."""
    failures = 0
    for task in tasks:
        try:
            print(make(task, engine, settings, finish))
        except UserError as error:
            failures += 1
            print(f"skipped: {error}", file=sys.stderr)
        except OSError as error:  # half way: the disk is full after all, or a folder went away
            failures += 1
            print(
                f"skipped: {task.target}: cannot be finished ({error.strerror or reason(error)}); what is made is kept "
                f"in {work_of(task)}, and the same command goes on from there",
                file=sys.stderr,
            )
        except KeyboardInterrupt:
            print(f"\n{task.target} is not finished; the same command goes on where it was", file=sys.stderr)
            raise
    return failures


def make(task, engine, settings, finish):
    """Make one film; returns a line that says what came of it.

    engine: uint8 (height, width, 3) -> the same in the style; one whose network normalises by the picture also has
    `measure`, [pictures] -> statistics, and `apply`, (picture, statistics) -> the same in the style.
    finish: (photo, made), both uint8 (height, width, 3) -> what is written.
    """
    source = _open(task.source)
    start, end = span(source, settings.preview)
    check_target(task.target, source, settings)
    work = begin_work(task, settings)
    targets = [(task.target, work / "made", 1)]
    if task.comparison:
        targets.append((task.comparison, work / "compare", 2))
    with contextlib.ExitStack() as stack:
        sinks = [
            stack.enter_context(_sink(target, source, settings, place, columns, start, end))
            for target, place, columns in targets
        ]
        try:
            check_room(source, sinks, task, settings)
            for sink in sinks:
                sink.rehearse()
        except UserError:
            if not any(sink.done for sink in sinks):
                shutil.rmtree(work, ignore_errors=True)
            raise
        for sentence in remarks(source, sinks[0], settings):
            print(f"note: {task.source}: {sentence}", file=sys.stderr)
        exact = task.target.suffix.lower() in film_sink.MP4
        total = source.frames and max(1, round(source.frames * share(source, start, end)))

        def moments():
            return source.moments(start, end, exact=exact)

        carried = statistics(work / STATISTICS, engine, moments, total)

        apply, combine = steps(task, engine, carried, finish)
        with _bar(total, task.source.name) as bar:
            made = pipeline.run(moments(), sinks, apply, combine, tick=_ticker(bar))
        if not made.frames:
            shutil.rmtree(work, ignore_errors=True)
            raise UserError(f"{task.source}: not one frame can be decoded")
        for sink in sinks:
            sink.finish()
    shutil.rmtree(work, ignore_errors=True)
    return _summary(task, made, source.seconds if end is None else None)


def steps(task, engine, carried, finish):
    """(apply, combine) as `video.pipeline.run` takes them; carried: statistics, or None.

    The others are those of `make`.
    """

    def apply(number, rgb):
        return engine.apply(rgb, carried.at(number)) if carried else engine(rgb)

    def combine(photo, made):
        written = image_files.Picture(finish(photo.rgb, made.rgb), photo.alpha, photo.profile)
        if not task.comparison:
            return (written,)
        alpha = None if photo.alpha is None else np.concatenate([photo.alpha, photo.alpha], axis=1)
        return written, image_files.Picture(np.concatenate([photo.rgb, written.rgb], axis=1), alpha, photo.profile)

    return apply, combine


def identity(path):
    """A text that changes when a file, or a file of a folder, does."""
    path = Path(path)
    return fingerprint([file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path])


def _open(path):
    if path.is_dir():
        return image_sequences.open_sequence(path)
    if path.suffix.lower() in animations.EXTENSIONS:
        return animations.open_animation(path)
    return film_source.open_footage(path)


def check_target(target, source, settings):
    """See that a file of the target's name can hold the codec; raises UserError."""
    fitting = film_sink.CODECS[settings.codec].suffixes
    film = not isinstance(source, image_sequences.Sequence) and target.suffix.lower() not in animations.EXTENSIONS
    if film and target.suffix.lower() not in fitting:
        raise UserError(
            f"--out is '{target}', which cannot hold --codec {settings.codec}; "
            f"give a name ending in {', '.join(fitting)}"
        )


def _sink(target, source, settings, work, columns, start, end):
    suffix = target.suffix.lower()
    if isinstance(source, image_sequences.Sequence):
        return image_sequences.FolderSink(target, source, settings.quality, work, settings.suffix)
    if suffix in animations.EXTENSIONS:
        return animations.AnimationSink(target, source, settings.quality, work)
    codec = film_sink.CODECS[settings.codec]
    return film_sink.FilmSink(target, source, codec, settings.crf, work, columns=columns, start=start, end=end)


def statistics(path, engine, moments, total):
    """The statistics for all frames, of an interrupted run or measured now; None if none are needed."""
    measure = getattr(engine, "measure", None)
    if measure is None or not measure([np.zeros((64, 64, 3), np.uint8)]):
        return None
    with contextlib.suppress(OSError, ValueError, KeyError):
        return shots.Carried.from_file(path)
    with _bar(total, "looking through") as bar:
        carried = shots.survey(moments(), measure, bar.update)
    write_bytes(path, carried.to_bytes())
    return carried


def work_of(task):
    """The folder of what a film needs until it is finished."""
    return task.target.with_name(fitting(task.target.name, WORK))


def begin_work(task, settings, **division):
    """Make `work_of(task)`, keeping what an interrupted run left if it was the same work, divided likewise."""
    work = work_of(task)
    known = json.dumps({"source": identity(task.source), **asdict(settings), **division}, indent=1)
    try:
        same = (work / SETTINGS).read_text(encoding="utf-8") == known
    except OSError:
        same = False
    if not same:
        _refuse_if_foreign(work)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        write_bytes(work / SETTINGS, known.encode())
    return work


def _refuse_if_foreign(work):
    """Raise UserError unless a folder is what an earlier run left, and so may be removed."""
    if os.path.lexists(work) and not (work / SETTINGS).is_file():
        others = not work.is_dir() or any(not temporary.is_own(path) for path in work.iterdir())
        if others or work.is_symlink():
            raise UserError(f"{work} is in the way: it holds something else; move it, or give another --out")


def check_room(source, sinks, task, settings):
    """Raises UserError if the disk has less room than the film will need, about."""
    if isinstance(source, image_sequences.Sequence) or not source.frames:
        return
    animated = task.target.suffix.lower() in animations.EXTENSIONS
    bits = ANIMATION_BITS if animated else film_sink.CODECS[settings.codec].bits
    start, end = span(source, settings.preview)
    pixels = source.width * source.height * source.frames * share(source, start, end) * (3 if task.comparison else 1)
    # The pieces and the film that is joined of them are there at the same time.
    needed = 2 * pixels * bits / 8 + (task.source.stat().st_size if source.tracks else 0)
    needed *= 1 - min(1.0, min(sink.done for sink in sinks) / source.frames) / 2
    free = shutil.disk_usage(task.target.parent).free
    if needed > free:
        raise UserError(
            f"{task.target}: about {needed / 1e9:.1f} GB are needed until it is finished, and {free / 1e9:.1f} GB are "
            "free there; make room, give --out on another disk, or a higher --crf"
        )


def remarks(source, sink, settings):
    """What the user should know of the output, in sentences."""
    if isinstance(sink, film_sink.FilmSink):
        if source.alpha and not sink.keeps_alpha:
            yield "its transparency is laid on white; --codec vp9 (.webm) or prores (.mov) keeps it"
        if sink.odd and sink.pixel_format == "yuv444p":
            yield (
                f"{sink.width}×{sink.height} has an odd side, so it is written as 4:4:4, which some players "
                "cannot show; --codec vp9 has no such limit"
            )
    elif source.tracks:
        yield "its sound and subtitles have no place in an animated picture"


def span(source, preview):
    """(start, end) in seconds of what is made: all, or so many seconds from the middle."""
    if preview is None:
        return 0, None
    preview = Fraction(preview).limit_denominator(1000)
    start = max(Fraction(0), (Fraction(source.seconds or 0) - preview) / 2).limit_denominator(1000)
    return start, start + preview


def share(source, start, end):
    return 1.0 if end is None else min(1.0, float(end - start) / source.seconds) if source.seconds else 1.0


def _bar(total, text):
    return tqdm(total=total, desc=text, unit="frame", leave=False, disable=None, smoothing=0.1)


def _ticker(bar):
    def tick(new):
        if new:
            bar.update()
        else:  # not made now, so that it does not count for the speed
            bar.n += 1
            bar.refresh()

    return tick


def _summary(task, made, seconds):
    line = f"{task.target}: {made.frames} frames"
    if made.new and made.seconds:
        line += f", {made.new / made.seconds:.2f} a second"
    if made.new < made.frames:
        line += f", {made.frames - made.new} of them made before"
    if made.repeated:
        line += f", {made.repeated} broken ones replaced by the one before"
    # Sound may be longer than the pictures, by a little it always is.
    if seconds and made.end + 2 < 0.98 * seconds:
        line += f"; its pictures end after {float(made.end):.0f} of {seconds:.0f} seconds"
    return line
