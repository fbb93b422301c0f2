"""A filter between two programs: frames come on standard input and leave on standard output, one for one."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from japananime.base import terminal
from japananime.base.errors import UserError
from japananime.image.files import Picture
from japananime.stylizing.film_work import FULL, FilmEngine, bar, drawing, normalises
from japananime.stylizing.pictures import Finish
from japananime.video import bounds, pipeline, y4m
from japananime.video.cuts import CutFinder
from japananime.video.frames import thumbnail
from japananime.video.pipeline import Outcome
from japananime.video.shot_statistics import Statistics
from japananime.video.steadying import Steadier

STREAM = "-"
# What a shell says of a program that wrote where nobody read any more: 128 and the number of SIGPIPE.
BROKEN_PIPE = 128 + 13
# Flags that mean nothing here, and their values where they are not given.
UNFIT = {
    **{"compare": False, "film": False, "speed": FULL},
    **dict.fromkeys(("faces", "preview", "crf", "encoder", "format", "cluster")),
}


def wanted(inputs: list[str], out: str | None, parsed: argparse.Namespace) -> bool:
    """Whether a command line asks for a filter; raises UserError where it does so by half."""
    if STREAM not in inputs and out != STREAM:
        return False
    if inputs != [STREAM] or out != STREAM:
        given = f"--in is '{' '.join(inputs)}' and --out is '{out}'"
        raise UserError(f"{given}; a filter between two programs is --in - --out -")
    for name, usual in UNFIT.items():
        if vars(parsed).get(name, usual) != usual:
            raise UserError(f"--{name} cannot be used with --in - --out -, which makes one stream of another")
    return True


def run_on_standard_streams(engine: FilmEngine, finish: Finish, steadied: bool) -> int:
    """Be the filter of this process; returns its exit status. All that is said goes to standard error."""
    if sys.stdin.isatty() or sys.stdout.isatty():
        raise UserError(
            "--in - and --out - are a terminal here; put the command between two programs, such as "
            "ffmpeg -i FILM -f yuv4mpegpipe - | ... | ffplay -"
        )
    with own_streams() as (incoming, outgoing):
        try:
            outcome = run(incoming, outgoing, engine, finish, steadied)
        except BrokenPipeError:
            return BROKEN_PIPE
    speed = f", {outcome.new / outcome.seconds:.2f} a second" if outcome.new and outcome.seconds else ""
    print(f"{outcome.frames} frames{speed}", file=sys.stderr)
    return 0


def run(incoming: BinaryIO, outgoing: BinaryIO, engine: FilmEngine, finish: Finish, steadied: bool = False) -> Outcome:
    """Every frame of a YUV4MPEG2 stream into the style, in order; a few at a time are held.

    Raises UserError for a stream that cannot be read, or breaks off; what came whole before that is written.
    BrokenPipeError: nobody reads any more.
    """
    reader = y4m.Reader(incoming)
    each = bounds.PIXEL + (bounds.STEADIED if steadied else 0)
    bounds.check(y4m.NAME, reader.header.width, reader.header.height, None, each)
    writer = y4m.Writer(outgoing, reader.header)
    writer.begin()
    draw = applied(engine)
    steadier = Steadier() if steadied else None

    def apply(number: int, rgb: np.ndarray) -> np.ndarray:
        drawn = draw(rgb)
        return steadier(number, rgb, drawn) if steadier else drawn

    with bar(None, "frames") as progress:

        def count(new: bool) -> None:
            progress.update()

        outcome = pipeline.run(
            reader.frames(),
            [writer],
            apply,
            lambda photo, stylized: (Picture(finish(photo.rgb, stylized.rgb)),),
            count,
        )
    if reader.fault:
        raise UserError(reader.fault)
    return outcome


class ShotByShot:
    """A network that normalises by the picture, for frames in order: its statistics are those of a shot's first frame.

    A stream cannot be looked through before, as a film is.
    """

    def __init__(self, engine: FilmEngine) -> None:
        self._engine, self._begins = engine, CutFinder()
        self._statistics: Statistics = {}

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """The next frame, uint8 (height, width, 3) -> the same in the style."""
        if self._begins(thumbnail(rgb)):
            self._statistics = self._engine.measure([rgb])  # type: ignore[attr-defined]
        return self._engine.apply(rgb, self._statistics)  # type: ignore[attr-defined]


def applied(engine: FilmEngine) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 (height, width, 3) -> the same in the style, for frames in order, with whatever network."""
    if normalises(engine):
        return ShotByShot(engine)
    draw = drawing(engine)
    return lambda rgb: draw(rgb, {})


@contextlib.contextmanager
def own_streams() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Standard input and output as bytes; whatever else writes to the latter meanwhile goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        # Without a buffer on the way out: a whole frame is written at once, and nothing is left when a reader goes.
        incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(kept, "wb", buffering=0, closefd=False)
        with incoming, outgoing, terminal.without_chatter():
            _without_line_ends(incoming, outgoing)
            yield incoming, outgoing
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _without_line_ends(*streams: BinaryIO) -> None:
    """On Windows, where streams are of text unless told otherwise: every byte as it is."""
    with contextlib.suppress(ImportError):
        import msvcrt

        for stream in streams:
            msvcrt.setmode(stream.fileno(), os.O_BINARY)  # type: ignore[attr-defined]
