"""japananime.video.reading.film_frames: decoding and seeking."""

from fractions import Fraction

import av
import numpy as np
import pytest

from japananime.video.reading import film_frames


@pytest.mark.parametrize("name, number", [("a.mp4", 1), ("a.mp4", 37), ("a.mkv", 50), ("a.ts", 44), ("a.avi", 30)])
def test_frames_from_the_middle_on_are_those_of_the_whole(tmp_path, make_film, scene, name, number):
    film = make_film(tmp_path / name, scene(1, 60))
    whole = list(film_frames.frames(film))
    rest = list(film_frames.frames(film, after=whole[number - 1]))
    assert [frame.number for frame in rest] == list(range(number, 61))
    assert all(np.array_equal(one.bgr(), other.bgr()) for one, other in zip(rest, whole[number - 1 :], strict=True))


def test_a_place_that_is_not_in_the_film(tmp_path, make_film, scene):
    film = make_film(tmp_path / "a.mp4", scene(1, 30))
    frame = next(film_frames.frames(film))
    missing = film_frames.Frame(5, 0.0, frame.stamp + 1, frame.image, 1.0)
    with pytest.raises(LookupError):
        next(film_frames.frames(film, after=missing))


def test_wide_pixels_are_made_square(tmp_path, scene):
    path = tmp_path / "dvd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.height, stream.width, stream.pix_fmt = 96, 160, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(1)[0], format="rgb24")))
        container.mux(stream.encode())
    frame = next(film_frames.frames(path))
    assert frame.bgr().shape == (96, 160, 3)
    assert frame.rgb().shape == (96, 213, 3)
