"""Films marked with PQ or HLG, through every door by which frames become pictures."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from film_samples import Inverse, frames, make

from japananime.image import tone_mapping
from japananime.image.tone_mapping import BT2020, HLG, PQ
from japananime.video.color_marks import Colors
from japananime.video.live import feed as live_feed
from japananime.video.reading import film_frames, hdr
from japananime.video.reading import source as film_source
from japananime.video.reading.frame_colors import ACCURATE

# Gray, white, a highlight of 1000 candelas, and a dull red, as levels of PQ (50, 203 and 1000; 60, 20 and 5).
LEVELS = {PQ: [[0.4403] * 3, [0.5807] * 3, [0.7518] * 3], HLG: [[0.5] * 3, [0.75] * 3, [1.0] * 3]}
SHOWN = [142.6, 230.4, 255]
WIDTH, HEIGHT = 96, 64


def patches(transfer):
    """uint16 (HEIGHT, WIDTH, 3): three patches beside each other."""
    return (np.repeat(LEVELS[transfer], WIDTH // 3, axis=0)[None].repeat(HEIGHT, 0) * 65535).round().astype(np.uint16)


def marked(path, transfer, codec, options, count=3):
    """A film of the patches in ten bits, BT.2020, marked as high dynamic range."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, width=WIDTH, height=HEIGHT, options=options)
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = BT2020, transfer, 9, 1
        for number in range(count):
            image = av.VideoFrame.from_ndarray(patches(transfer), format="rgb48le").reformat(
                format="yuv420p10le", dst_colorspace=9, src_color_range=2, dst_color_range=1, interpolation=ACCURATE
            )
            image.colorspace, image.color_primaries, image.color_trc, image.color_range = 9, BT2020, transfer, 1
            image.pts, image.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(image))
        out.mux(stream.encode())
    return path


def middles(rgb):
    """The colours in the middles of the three patches, (3, 3)."""
    third = rgb.shape[1] // 3
    return rgb[rgb.shape[0] // 2, [third // 2, third // 2 + third, third // 2 + 2 * third]].astype(float)


@pytest.fixture(scope="module", params=[PQ, HLG])
def film(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("hdr") / "film.mp4"
    if request.param == PQ:
        return marked(path, PQ, "libx265", {"x265-params": "lossless=1:log-level=none"})
    return marked(path, HLG, "libx264", {"qp": "0"})


def test_a_frame_is_shown_as_its_light_is(film):
    source = film_source.open_film(film)
    assert (source.coded.transfer, source.coded.matrix) == (PQ if hdr.name(source.coded) == "PQ" else HLG, 9)
    assert source.colors == Colors(matrix=1, full=False, primaries=1, transfer=1)
    expected = np.repeat(np.array(SHOWN)[:, None], 3, axis=1)
    frame = next(source.frames())
    assert middles(frame.load().rgb) == pytest.approx(expected, abs=2)
    assert middles(frame.thumbnail()) == pytest.approx(expected, abs=2)
    # Drawn small, as `--speed realtime` may do.
    small = next(replace(source, loaded_at=(48, 32)).frames()).load().rgb
    assert small.shape == (32, 48, 3)
    assert middles(small) == pytest.approx(expected, abs=2)
    # As the tools of datasets see it, and `live`.
    frame = next(film_frames.frames(film))
    assert middles(frame.rgb()) == pytest.approx(expected, abs=2)
    assert np.array_equal(frame.bgr(), frame.rgb()[..., ::-1])
    assert middles(frame.bgr(48)) == pytest.approx(expected, abs=2)
    picture = live_feed.to_picture(frame.image, live_feed.colors_of(frame.image), alpha=False)
    assert np.array_equal(picture.rgb, frame.rgb())


def test_the_film_that_is_made_is_a_common_one_and_it_is_said(film, capsys):
    target = make(film, Inverse(), out=film.with_name("made.mp4"), crf=4)
    expected = 255 - np.repeat(np.array(SHOWN)[:, None], 3, axis=1)
    assert len(frames(target)) == 3
    assert middles(frames(target)[0][1]) == pytest.approx(expected, abs=4)
    with av.open(str(target)) as container:
        image = next(container.decode(video=0))
        marks = image.colorspace, image.color_primaries, image.color_trc, image.color_range
        assert tuple(map(int, marks)) == (1, 1, 1, 1)
    kind = hdr.name(film_source.open_film(film).coded)
    assert f"its high dynamic range ({kind}) is tone-mapped" in capsys.readouterr().err


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_the_table_is_as_the_arithmetic(random, transfer):
    levels = random.uniform(0.1, 0.74, (40, 50, 1)) + random.uniform(-0.06, 0.06, (40, 50, 3))
    planes = av.VideoFrame.from_ndarray((levels * 65535).round().astype(np.uint16), format="rgb48le")
    shown = hdr.tone_mapped(planes.reformat(format=hdr.PLANES), Colors(9, False, BT2020, transfer))
    expected = 255 * tone_mapping.to_bt709(levels, transfer)
    # Where BT.709 ends, the arithmetic has an edge that a table rounds off.
    off = np.abs(shown - expected)[expected.min(axis=-1) > 0]
    assert shown.dtype == np.uint8
    assert off.mean() < 0.4  # of rounding alone 0.25
    assert np.quantile(off, 0.99) < 4


def test_transparency_of_a_film_that_is_tone_mapped_stays(tmp_path):
    pixels = np.dstack([patches(PQ), np.full((HEIGHT, WIDTH), 0x8080, np.uint16)])
    image = av.VideoFrame.from_ndarray(pixels, format="rgba64le").reformat(format="yuva444p10le", dst_colorspace=9)
    picture = film_source.frame_colors.to_picture(image, Colors(9, False, BT2020, PQ), alpha=True)
    assert middles(picture.rgb)[:, 0] == pytest.approx(SHOWN, abs=2)
    assert np.abs(picture.alpha.astype(int) - 128).max() <= 1


def test_common_films_are_not_touched():
    assert [hdr.name(Colors(transfer=number)) for number in (1, 2, 13, 14, 16, 18)] == ["", "", "", "", "PQ", "HLG"]
