"""The plain stream of pictures: what its header says, and that its numbers become the colours of a film."""

import io

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given
from hypothesis import strategies as some

from japananime.base.errors import UserError
from japananime.image.files import Picture
from japananime.video import y4m
from japananime.video.reading import source

SIDES = some.integers(1, 999_999)


@given(
    *(SIDES, SIDES, some.sampled_from(sorted(y4m.FORMATS)), some.integers(1, 10**9), some.integers(1, 10**9)),
    some.booleans(), some.randoms(use_true_random=False),
)  # fmt: skip
def test_what_a_header_says_is_read_in_any_order(width, height, pixels, above, below, full, chance):
    words = [f"W{width}", f"H{height}", f"F{above}:{below}", "Ip", "A4:3", f"C{pixels}", "XYSCSS=ANY"]
    words += ["XCOLORRANGE=FULL"] if full else []
    chance.shuffle(words)
    line = f"YUV4MPEG2 {' '.join(words)}\n".encode()
    header = y4m.parse(line)
    assert (header.width, header.height, header.full, header.line) == (width, height, full, line)
    assert header.rate * below == above
    share = {"yuv420p": 4, "yuv422p": 2, "yuv444p": 1}[header.pixel_format]
    color = (width + (share > 1)) // (1 + (share > 1)) * ((height + (share == 4)) // (1 + (share == 4)))
    assert header.frame_bytes == width * height + 2 * color


@given(some.lists(some.binary(max_size=12)), some.booleans())
def test_any_other_header_is_refused_in_one_line(words, begins):
    line = (b"YUV4MPEG2 W2 H2 " if begins else b"") + b" ".join(words) + b"\n"
    try:
        header = y4m.parse(line)
    except UserError as error:
        assert "\n" not in str(error) and len(str(error)) < 3000
    else:
        assert begins and header.width > 0 and header.height > 0 and header.rate > 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "no YUV4MPEG2 stream"),
        (b"RIFF\n", "no YUV4MPEG2 stream"),
        (b"YUV4MPEG2 W2 H2", "no YUV4MPEG2 stream"),
        (b"YUV4MPEG2 W2\n", "says H in its header"),
        (b"YUV4MPEG2 W0 H2\n", "says W0 in its header"),
        (b"YUV4MPEG2 W-2 H2\n", "says W-2 in its header"),
        (b"YUV4MPEG2 W2 H2 F25\n", "says F25 in its header"),
        (b"YUV4MPEG2 W2 H2 C420p10\n", "of the kind C420p10; accepted: C420, C420jpeg, C420mpeg2, C422, C444"),
        (b"YUV4MPEG2 W2 H2 Cmono\n", "of the kind Cmono"),
        (b"YUV4MPEG2 W2 H2 It\n", "is interlaced (It)"),
    ],
)
def test_what_cannot_be_filtered_is_named(line, message):
    with pytest.raises(UserError) as error:
        y4m.parse(line)
    assert message in str(error.value)


def header(width, height, pixels="444", more=""):
    return y4m.parse(f"YUV4MPEG2 W{width} H{height} F25:1 C{pixels}{more}\n".encode())


# Y 120, U 100 and V 150 by hand: 1.164 (Y - 16) + 1.596 (V - 128) and so on, by BT.601, BT.709 and in full range.
@pytest.mark.parametrize(
    ("width", "height", "more", "color"),
    [
        (6, 4, "", (156, 114, 65)),
        (7, 5, "", (156, 114, 65)),
        (1280, 2, "", (160, 115, 62)),
        (6, 4, " XCOLORRANGE=FULL", (151, 114, 70)),
        (6, 4, " XCOLORRANGE=LIMITED", (156, 114, 65)),
    ],
)
@pytest.mark.parametrize("pixels", sorted(y4m.FORMATS))
def test_colours_are_those_of_the_standards(width, height, more, color, pixels):
    told = header(width, height, pixels, more)
    data = b"".join(bytes([level]) * (tall * wide) for level, (tall, wide) in zip((120, 100, 150), told.planes))  # noqa: B905
    rgb = y4m.to_rgb(data, told).rgb
    assert rgb.shape == (height, width, 3)
    assert np.abs(rgb - np.array(color)).max() <= (1 if width == 1280 else 0)
    again = np.frombuffer(y4m.from_rgb(rgb, told, VideoReformatter()), np.uint8)
    assert np.abs(again.astype(int) - np.frombuffer(data, np.uint8)).max() <= 1


def test_a_frame_has_the_colours_that_it_has_in_a_film(tmp_path, random):
    told = header(22, 18, "420mpeg2")
    data = random.integers(16, 236, told.frame_bytes, np.uint8).tobytes()
    with av.open(str(tmp_path / "film.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25, width=22, height=18, pix_fmt="yuv420p")
        image = av.VideoFrame.from_ndarray(np.frombuffer(data, np.uint8).reshape(27, 22), format="yuv420p")
        out.mux(stream.encode(image))
        out.mux(stream.encode())
    (frame,) = source.open_film(tmp_path / "film.mkv").frames()
    assert np.array_equal(y4m.to_rgb(data, told).rgb, frame.load().rgb)


def test_a_stream_that_knows_no_rate_has_frames_at_growing_times():
    reader = y4m.Reader(io.BytesIO(b"YUV4MPEG2 W1 H1 F0:0 C444\n" + b"FRAME\nabcFRAME Ip\ndef"))
    first, second = reader.frames()
    assert (first.number, first.time, second.number) == (0, 0, 1) and second.time > 0
    assert reader.fault is None


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (b"FRAME\nab", "breaks off within a frame, after 1 whole ones, which are made (2 of 3 bytes)"),
        (b"FRAME\n", "(0 of 3 bytes)"),
        (b"FRA", "what follows 1 frames is not another one"),
        (b"FRAMES\nabc", "what follows 1 frames is not another one"),
    ],
)
def test_a_fault_is_told_behind_the_frames_before_it(rest, message):
    reader = y4m.Reader(io.BytesIO(b"YUV4MPEG2 W1 H1 C444\nFRAME\nabc" + rest))
    assert len(list(reader.frames())) == 1
    assert message in reader.fault


def test_a_stream_that_takes_bytes_by_and_by_gets_all_of_them():
    class Slow(io.BytesIO):
        def write(self, data):
            return super().write(data[:2])

    slow, told = Slow(), header(1, 1)
    writer = y4m.Writer(slow, told)
    writer.begin()
    writer.write(None, Picture(np.full((1, 1, 3), 255, np.uint8)))
    assert slow.getvalue() == told.line + b"FRAME\n" + bytes([235, 128, 128])
