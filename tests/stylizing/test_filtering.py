"""Between two programs: frames in, as many out, nothing else on the way."""

import contextlib
import fcntl
import os
import threading
import time

import numpy as np
import pytest

from japananime import stylize
from japananime.base.errors import UserError
from japananime.inference.loading import EngineOptions
from japananime.stylizing import filtering
from japananime.stylizing.pictures import Finish
from japananime.video.pipeline import WAITING

WIDTH, HEIGHT = 40, 8
HEADER = b"YUV4MPEG2 W40 H8 F30000:1001 Ip A4:3 C444 XYSCSS=444 XCOLORRANGE=LIMITED XSEEN=me\n"
FRAME = WIDTH * HEIGHT * 3
PIPE = 4096  # bytes that wait in a pipe


def frame(number):
    """A gray picture whose first columns are dark and light as a number's digits in two."""
    digits = [60 + 120 * (number >> bit & 1) for bit in range(WIDTH)]
    return b"FRAME\n" + bytes(digits) * HEIGHT + bytes([128]) * (2 * WIDTH * HEIGHT)


def number_of(data):
    """The number in a frame's bytes; all else in it must be what was written there."""
    number = sum((level > 120) << bit for bit, level in enumerate(data[6 : 6 + WIDTH]))
    assert data == frame(number)
    return number


@contextlib.contextmanager
def pipes(data, most=None):
    """(stream to read, stream to write, the list of pieces read behind it), with threads at the far ends.

    most: close the far end after so many bytes.
    """
    (near, into), (out_of, out) = os.pipe(), os.pipe()
    for end in (into, out_of):
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE)
    pieces = []

    def feed():
        with contextlib.suppress(BrokenPipeError), os.fdopen(into, "wb") as stream:
            stream.write(data)

    def take():
        with os.fdopen(out_of, "rb") as stream:
            while piece := stream.read(most or FRAME + 6):
                pieces.append(piece)
                time.sleep(0.0003)
                if most:
                    return

    threads = [threading.Thread(target=work) for work in (feed, take)]
    for thread in threads:
        thread.start()
    with os.fdopen(near, "rb") as incoming, os.fdopen(out, "wb", buffering=0) as outgoing:
        yield incoming, outgoing, pieces
    for thread in threads:
        thread.join()


def test_of_a_thousand_frames_none_is_lost_or_doubled_with_a_slow_reader():
    ahead = []

    def engine(rgb):
        made = len(ahead) + 1
        ahead.append(made - len(pieces))
        return rgb

    stream = HEADER + b"".join(map(frame, range(1000)))
    with pipes(stream) as (incoming, outgoing, pieces):
        outcome = filtering.run(incoming, outgoing, engine, Finish())
    written = b"".join(pieces)
    assert written.startswith(HEADER)
    rest = written[len(HEADER) :]
    step = FRAME + 6
    assert [number_of(rest[at : at + step]) for at in range(0, len(rest), step)] == list(range(1000))
    assert outcome.frames == outcome.new == 1000
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # In the pipe, in the queue, one in the network, one at the writer, and one in the reader's own buffer and hand.
        buffered = 8192 // step + 2
        assert max(ahead) <= PIPE // step + 1 + WAITING + 2 + buffered


def test_the_style_and_its_strength_are_put_on():
    with pipes(HEADER + frame(0)) as (incoming, outgoing, pieces):
        filtering.run(incoming, outgoing, lambda rgb: np.full_like(rgb, 255), Finish(strength=0.5))
    picture = b"".join(pieces)[len(HEADER) + 6 :]
    # Y 60 is gray 51.2, half way to white 153, and that is Y 147.4.
    assert set(picture[: WIDTH * HEIGHT]) == {147} and set(picture[WIDTH * HEIGHT :]) == {128}


def test_a_stream_is_steadied():
    """A still stream, and a network that draws it lighter every time: half of the second is the first, and so on."""
    levels = iter((40, 80, 60))
    with pipes(HEADER + frame(0) * 3) as (incoming, outgoing, pieces):
        filtering.run(incoming, outgoing, lambda rgb: np.full_like(rgb, next(levels)), Finish(), steadied=True)
    written = b"".join(pieces)[len(HEADER) :]
    step = FRAME + 6
    # 40, (40 + 80) / 2 and (2 * 60 + 60) / 3, of full range in the limited one.
    expected = [round(16 + level * 219 / 255) for level in (40, 60, 60)]
    assert [set(written[at + 6 : at + 6 + WIDTH * HEIGHT]) for at in range(0, len(written), step)] == [
        {level} for level in expected
    ]


def test_what_comes_before_a_torn_frame_is_written_and_the_fault_is_told():
    torn = pytest.raises(UserError, match="breaks off within a frame, after 2 whole ones")
    with pipes(HEADER + frame(0) + frame(1) + frame(2)[:-1]) as (incoming, outgoing, pieces), torn:
        filtering.run(incoming, outgoing, lambda rgb: rgb, Finish())
    assert b"".join(pieces) == HEADER + frame(0) + frame(1)


def test_a_stream_without_frames_gives_one_without_frames():
    with pipes(HEADER) as (incoming, outgoing, pieces):
        assert filtering.run(incoming, outgoing, lambda rgb: rgb, Finish()).frames == 0
    assert b"".join(pieces) == HEADER


def test_pictures_larger_than_memory_are_refused():
    large = pytest.raises(UserError, match="999999×999999 pixels take about")
    with pipes(b"YUV4MPEG2 W999999 H999999\n") as (incoming, outgoing, pieces), large:
        filtering.run(incoming, outgoing, lambda rgb: rgb, Finish())
    assert pieces == []


class Normalising:
    """An engine that says what it was measured on."""

    def __init__(self):
        self.measured = []

    def measure(self, pictures):
        (picture,) = pictures
        self.measured.append(int(picture[0, 0, 0]))
        return {"one": (picture.mean((0, 1)), picture.var((0, 1)))}

    def apply(self, rgb, statistics):
        return np.broadcast_to(statistics["one"][0].round().astype(np.uint8), rgb.shape)


def test_a_network_that_normalises_is_measured_once_a_shot():
    engine = Normalising()
    apply = filtering.ShotByShot(engine)
    made = [apply(np.full((64, 64, 3), level, np.uint8))[0, 0, 0] for level in (10, 11, 12, 13, 200, 201, 202)]
    assert engine.measured == [10, 200]
    assert made == [10, 10, 10, 10, 200, 200, 200]


@contextlib.contextmanager
def standard(incoming, outgoing):
    """These streams in place of the process's own."""
    kept = os.dup(0), os.dup(1)
    os.dup2(incoming.fileno(), 0)
    os.dup2(outgoing.fileno(), 1)
    incoming.close()
    outgoing.close()
    try:
        yield
    finally:
        for number, old in enumerate(kept):
            os.dup2(old, number)
            os.close(old)


def command(data, most=None):
    """(exit status, what was written) of the command between two pipes."""
    with pipes(data, most) as (incoming, outgoing, pieces), standard(incoming, outgoing):
        status = stylize.main(["--in", "-", "--out", "-"])
    return status, b"".join(pieces)


@pytest.fixture
def unchanged(monkeypatch):
    """No network: a style that gives the photo back, and says something where only frames belong."""

    def engine(rgb):
        os.write(1, b"a library's banner")
        return rgb

    monkeypatch.setattr(EngineOptions, "load", lambda options, style: engine)


def test_standard_output_holds_frames_alone(unchanged, capsys):
    stream = HEADER + frame(5) + frame(6)
    assert command(stream) == (0, stream)
    said = capsys.readouterr()
    assert said.err.startswith("2 frames, ") and said.out == ""


def test_a_torn_frame_ends_the_command_with_a_line_and_a_status(unchanged, capsys):
    assert command(HEADER + frame(5) + b"FRAME\nab") == (2, HEADER + frame(5))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: standard input breaks off within a frame")


def test_where_nobody_reads_any_more_the_command_ends_quietly(unchanged, capsys):
    status, written = command(HEADER + frame(1) * 500, most=len(HEADER) + FRAME)
    assert (status, written) == (141, HEADER + frame(1)[:FRAME])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--in", "-"], "--in is '-' and --out is 'None'; a filter between two programs is --in - --out -"),
        (["photo.jpg", "--out", "-"], "--in is 'photo.jpg' and --out is '-'"),
        (["-", "photo.jpg", "--out", "-"], "--in is '- photo.jpg' and --out is '-'"),
        (["-", "--out", "-", "--compare"], "--compare cannot be used with --in - --out -"),
        (["-", "--out", "-", "--crf", "0"], "--crf cannot be used with --in - --out -"),
        (["-", "--out", "-", "--faces"], "--faces cannot be used with --in - --out -"),
    ],
)
def test_half_a_filter_is_refused(arguments, message, capsys):
    assert stylize.main(arguments) == 2
    assert message in capsys.readouterr().err
