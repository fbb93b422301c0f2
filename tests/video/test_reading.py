"""japananime.video.reading: decoding, seeking, bars."""

from fractions import Fraction

import av
import numpy as np
import pytest

from japananime.video import reading


def test_inside_bars_by_hand(scene):
    picture = scene(1)[0].clip(60)
    boxed = np.pad(picture, ((10, 20), (0, 30), (0, 0)))
    assert reading.inside_bars([boxed]) == (12, 104, 0, 158)
    assert reading.inside_bars([picture]) is None
    assert reading.inside_bars([]) is None
    assert reading.inside_bars([np.zeros_like(picture)]) is None


def test_a_night_scene_makes_no_bars(scene):
    day = scene(1)[0].clip(60)
    night = day.copy()
    night[:40] = 0
    assert reading.inside_bars([night, day]) is None


def test_noise_in_a_bar_is_still_a_bar(scene):
    boxed = np.pad(scene(1)[0].clip(60), ((16, 16), (0, 0), (0, 0)))
    boxed[5, 80] = 255
    boxed[:16] += np.random.default_rng(0).integers(0, 12, boxed[:16].shape).astype(np.uint8)
    assert reading.inside_bars([boxed]) == (18, 110, 0, 160)


@pytest.mark.parametrize("name, number", [("a.mp4", 1), ("a.mp4", 37), ("a.mkv", 50), ("a.ts", 44), ("a.avi", 30)])
def test_frames_from_the_middle_on_are_those_of_the_whole(tmp_path, make_film, scene, name, number):
    film = make_film(tmp_path / name, scene(1, 60))
    whole = list(reading.frames(film))
    rest = list(reading.frames(film, after=whole[number - 1]))
    assert [frame.number for frame in rest] == list(range(number, 61))
    assert all(np.array_equal(one.bgr(), other.bgr()) for one, other in zip(rest, whole[number - 1 :], strict=True))


def test_a_place_that_is_not_in_the_film(tmp_path, make_film, scene):
    film = make_film(tmp_path / "a.mp4", scene(1, 30))
    frame = next(reading.frames(film))
    missing = reading.Frame(5, 0.0, frame.stamp + 1, frame.image, 1.0)
    with pytest.raises(LookupError):
        next(reading.frames(film, after=missing))


def test_wide_pixels_are_made_square(tmp_path, scene):
    path = tmp_path / "dvd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.height, stream.width, stream.pix_fmt = 96, 160, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(1)[0], format="rgb24")))
        container.mux(stream.encode())
    frame = next(reading.frames(path))
    assert frame.bgr().shape == (96, 160, 3)
    assert frame.rgb().shape == (96, 213, 3)
