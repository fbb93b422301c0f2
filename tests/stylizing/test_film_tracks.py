"""Sound, subtitles and what else is in a film: copied, encoded anew or left out, and never without a word."""

import av
import numpy as np
import pytest
from film_samples import Inverse, frames, make, scene

from japananime.video import bounds
from japananime.video.reading import source
from japananime.video.writing import track_writing


def spoken(path, codec, *, layout="stereo", rate=44100, container=None, count=25):
    """A film of a second with a tone in a codec."""
    with av.open(str(path), "w", format=container) as out:
        video = out.add_stream("libx264", rate=25, width=64, height=48, options={"preset": "ultrafast"})
        video.pix_fmt = "yuv420p"
        sound = out.add_stream(codec, rate=rate, layout=layout)
        for number in range(count):
            image = av.VideoFrame.from_ndarray(scene(number, 48, 64), format="rgb24")
            image.pts = number
            out.mux(video.encode(image))
        wave = (np.sin(np.arange(rate) * 0.05) * 10000).astype(np.int16)
        block = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], "s16", "stereo")
        block.sample_rate, block.pts = rate, 0
        out.mux([*sound.encode(block), *sound.encode(), *video.encode()])
    return path


def heard(path):
    """The samples of a film's sound, float32 in -1 to 1, of one channel; and its codec."""
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", 44100)
        blocks = [block for frame in container.decode(track) for block in resampler.resample(frame)]
        return np.concatenate([block.to_ndarray()[0] for block in blocks]), track.codec_context.name


@pytest.mark.parametrize(
    ("codec", "suffix", "target", "expected"),
    [
        ("pcm_s16le", ".mkv", ".mp4", "aac"),
        ("pcm_s16le", ".mkv", ".mov", "pcm_s16le"),
        ("pcm_mulaw", ".avi", ".mkv", "flac"),
        ("adpcm_ms", ".avi", ".mkv", "flac"),
        ("flac", ".mkv", ".mov", "aac"),
        ("flac", ".mkv", ".mp4", "flac"),
    ],
)
def test_sound_is_there_in_whatever_the_container_holds(tmp_path, capsys, codec, suffix, target, expected):
    film = spoken(tmp_path / f"film{suffix}", codec)
    made = make(film, out=tmp_path / f"made{target}")
    sound, name = heard(made)
    assert name == expected
    told = capsys.readouterr().err
    assert (f"its audio track 1 ({codec}) cannot be stored in {target} unchanged" in told) == (expected != codec)
    before, _ = heard(film)
    assert abs(sound.size - before.size) < 4100
    # The same tone as loud: AAC begins a little early or late.
    middle = slice(8000, 36000)
    assert abs(np.abs(sound[middle]).mean() - np.abs(before[middle]).mean()) < 0.01
    if expected == "flac":
        assert np.abs(sound[: before.size] - before).max() < 1e-4


def test_it_is_told_before_the_work_and_nothing_is_left_behind(tmp_path, monkeypatch, capsys):
    film = spoken(tmp_path / "film.mkv", "pcm_s16le")
    monkeypatch.setattr(track_writing, "ENCODERS", {"mp4": "no such"})
    make(film, out=tmp_path / "made.mp4")
    assert (
        "its audio track 1 (pcm_s16le) cannot be stored in .mp4 unchanged, and is left out" in capsys.readouterr().err
    )
    with av.open(str(tmp_path / "made.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mkv", "made.mp4"]


def test_a_preview_has_its_own_part_of_encoded_sound(tmp_path):
    film = spoken(tmp_path / "film.avi", "pcm_mulaw")
    sound, _ = heard(make(film, preview=0.4))
    assert 0.3 < sound.size / 44100 < 0.55


@pytest.fixture
def crowded(tmp_path):
    """A film with a font, a second film and a cover besides."""
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        videos = [out.add_stream("libx264", rate=25, width=64, height=48) for _ in range(2)]
        font = out.add_attachment("letters.ttf", "font/ttf", b"not really a font")
        for number in range(3):
            for video in videos:
                image = av.VideoFrame.from_ndarray(scene(number, 48, 64), format="rgb24").reformat(format="yuv420p")
                image.pts = number
                out.mux(video.encode(image))
        for video in videos:
            out.mux(video.encode())
        assert font is not None
    return path


def test_fonts_are_kept_where_they_have_a_place(tmp_path, crowded, capsys):
    with av.open(str(make(crowded, out=tmp_path / "made.mkv"))) as made:
        (attached,) = [stream for stream in made.streams if stream.type == "attachment"]
        assert (attached.metadata["filename"], bytes(attached.data)) == ("letters.ttf", b"not really a font")
    told = capsys.readouterr().err
    assert "its further video is left out" in told and "attached" not in told
    make(crowded, out=tmp_path / "made.mp4")
    assert "1 attached to it (fonts, most often) have no place in .mp4" in capsys.readouterr().err


def test_pictures_in_ycgco_have_their_colours(tmp_path):
    """Written by hand: Y = (R + 2G + B) / 4, Cg = (2G - R - B) / 4, Co = (R - B) / 2, in the narrow range."""
    rgb = np.zeros((48, 64, 3), np.float32) + [200, 80, 40]
    rgb[:, 32:] = [30, 60, 220]
    red, green, blue = np.moveaxis(rgb, -1, 0)
    y, cg, co = (red + 2 * green + blue) / 4, (2 * green - red - blue) / 4, (red - blue) / 2
    planes = [y * 219 / 255 + 16, cg * 224 / 255 + 128, co * 224 / 255 + 128]
    film = tmp_path / "film.mkv"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("libx264", rate=25, width=64, height=48, options={"crf": "4"})
        stream.pix_fmt, stream.codec_context.colorspace = "yuv444p", 8
        image = av.VideoFrame.from_ndarray(np.rint(np.stack(planes)).astype(np.uint8), format="yuv444p")
        image.colorspace, image.pts = 8, 0
        out.mux([*stream.encode(image), *stream.encode()])
    (frame,) = source.open_film(film).frames()
    assert np.abs(frame.load().rgb.astype(int) - rgb).max() <= 4
    ((_, made),) = frames(make(film, Inverse()))
    assert np.abs(made[:, ::63].astype(int) - (255 - rgb[:, ::63])).mean() < 6


def test_films_are_bounded_by_the_bytes_of_their_pictures(tmp_path, monkeypatch):
    film = spoken(tmp_path / "film.mkv", "flac", count=2)
    monkeypatch.setattr(bounds, "LEAST", 0)
    monkeypatch.setattr(source.decoding, "decoded", lambda *arguments: pytest.fail("decoded"))
    with pytest.raises(source.UserError, match=r"film\.mkv: pictures of 64×48 pixels take about .*--max-memory"):
        source.open_film(film, memory=64 * 48 * 60 - 1)
