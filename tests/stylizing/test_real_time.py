"""Films made at their own rate: which size is taken, that it is kept, and what the pictures are."""

import io
import json
from dataclasses import replace

import av
import numpy as np
import pytest
from film_samples import Inverse, cloud, film, frames, near, scene, task_of, transparent

from japananime.base.errors import UserError
from japananime.base.terminal import Bar
from japananime.image.resize import resize
from japananime.inference.loading import EngineOptions
from japananime.stylizing import cluster, real_time
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.cluster import Order
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.real_time import largest
from japananime.video.reading import source as film_source
from japananime.video.writing import encoders
from japananime.video.writing import sink as film_sink
from japananime.video.writing.codecs import CODECS


class Seeing(Inverse):
    """Notes the shapes that it is shown; is interrupted after so many."""

    def __init__(self, after=10**9):
        super().__init__()
        self.shapes, self.after = [], after

    def __call__(self, rgb):
        if self.calls == self.after:
            raise KeyboardInterrupt
        self.shapes.append(rgb.shape)
        return super().__call__(rgb)


@pytest.fixture
def tried(monkeypatch):
    """What is measured: {short side: frames per second}, and at which sides and presets it was asked for."""
    speeds, asked = {}, []

    def speed(work, engine, over=None):
        size = work.source.loaded_at
        side = min(size) if size else 0
        if engine is real_time._unchanged:
            asked.append(work.settings.preset)
            return {"veryfast": 60.0, "superfast": 80.0}[work.settings.preset]
        asked.append(side)
        return speeds[side]

    monkeypatch.setattr(real_time, "_speed", speed)
    return speeds, asked


def make(source, target, engine, **settings):
    settings = FilmSettings(**settings)
    return film_stylizing.make(task_of(source, target, settings), engine, settings)


@pytest.mark.parametrize(
    ("speeds", "found", "asked"),
    [
        ([50, 40, 30, 20], (30, 30), [3, 4]),
        ([50, 40, 30, 24], (40, 24), [3, 4]),
        ([20, 15, 12, 10], (10, 20), [3, 2, 1]),
        ([50, 20, 12, 10], (10, 50), [3, 2, 1]),
        ([9], (10, 9), [1]),
    ],
)
def test_the_largest_that_is_as_fast_as_wanted(speeds, found, asked):
    sides, measured = [10, 20, 30, 40][: len(speeds)], []

    def speed(side):
        measured.append(side // 10)
        return speeds[side // 10 - 1]

    assert largest(sides, speed, 24) == found
    assert measured == asked


def test_frames_are_loaded_small_in_their_true_colours(tmp_path):
    def smooth(number, height, width):
        return resize(scene(number, 12, 16), (height, width))

    source = film_source.open_film(film(tmp_path / "film.mp4", 3, size=(96, 128), picture=smooth, options={"crf": "1"}))
    small = replace(source, loaded_at=(64, 48))
    for own, other in zip(source.frames(), small.frames(), strict=True):
        expected = resize(own.load().rgb, (48, 64)).astype(int)
        found = other.load().rgb
        assert found.shape == (48, 64, 3)
        assert np.abs(found - expected)[4:-4, 4:-4].max() <= 4
        assert np.abs(found - expected).mean() < 0.5


def test_the_film_is_drawn_small_and_is_as_large_as_ever(tmp_path, tried, capsys):
    speeds, asked = tried
    speeds.update({144: 60, 160: 40, 180: 25, 0: 10})
    source = film(tmp_path / "film.mp4", 5, size=(200, 320), audio=True)
    engine = Seeing()
    line = make(source, tmp_path / "out.mp4", engine, speed="realtime")
    # 27.5 frames a second are wanted of the size, 75 of reading and writing.
    assert asked == ["veryfast", "superfast", 180, 160]
    assert engine.shapes == [(160, 256, 3)] * 5
    for (time, made), (when, photo) in zip(frames(tmp_path / "out.mp4"), frames(source), strict=True):
        assert time == when and made.shape == (200, 320, 3)
        assert near(made, 255 - photo)
    said = capsys.readouterr().err
    assert "short side 200, drawn at 160 pixels and enlarged, encoder's preset superfast: 40.0 frames a second" in said
    assert "× real time" in line


def test_what_nothing_holds_is_drawn_smallest_and_it_is_said(tmp_path, tried, capsys):
    tried[0].update({144: 12, 160: 10, 180: 9, 0: 8})
    engine = Seeing()
    make(film(tmp_path / "film.mp4", 2, size=(200, 320)), tmp_path / "out.mp4", engine, speed="realtime")
    assert engine.shapes == [(144, 230, 3)] * 2
    assert (
        "12.0 frames a second at its beginning of 25; no size that may be taken holds that" in capsys.readouterr().err
    )


def test_at_full_speed_nothing_is_tried(tmp_path, tried):
    engine = Seeing()
    make(film(tmp_path / "film.mp4", 2, size=(200, 320)), tmp_path / "out.mp4", engine)
    assert tried[1] == [] and engine.shapes == [(200, 320, 3)] * 2


def test_a_run_that_goes_on_does_so_at_the_same_size(tmp_path, tried, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 4)
    speeds, asked = tried
    speeds.update({144: 60, 160: 40, 180: 25, 0: 10})
    source = film(tmp_path / "film.mkv", 12, size=(200, 320), codec="ffv1", kind="bgr0")
    make(source, tmp_path / "whole.mkv", Seeing(), speed="realtime", codec="ffv1")
    with pytest.raises(KeyboardInterrupt):
        make(source, tmp_path / "parts.mkv", Seeing(7), speed="realtime", codec="ffv1")
    kept = json.loads((tmp_path / "parts.mkv.parts" / real_time.PACE_FILE).read_text())
    assert (kept["side"], kept["preset"]) == (160, None)
    speeds.update(dict.fromkeys((144, 160, 180, 0), 500))
    asked.clear()
    engine = Seeing()
    make(source, tmp_path / "parts.mkv", engine, speed="realtime", codec="ffv1")
    assert asked == [] and engine.shapes == [(160, 256, 3)] * 8
    parts, whole = (frames(tmp_path / name) for name in ("parts.mkv", "whole.mkv"))
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(parts, whole, strict=True))


def test_pieces_whose_pace_is_lost_are_made_anew(tmp_path, tried, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 4)
    tried[0].update({144: 60, 160: 40, 180: 25, 0: 10})
    source = film(tmp_path / "film.mp4", 12, size=(200, 320))
    with pytest.raises(KeyboardInterrupt):
        make(source, tmp_path / "out.mp4", Seeing(7), speed="realtime")
    (tmp_path / "out.mp4.parts" / real_time.PACE_FILE).write_text("{}")
    tried[0].update({160: 20})
    engine = Seeing()
    make(source, tmp_path / "out.mp4", engine, speed="realtime")
    assert engine.shapes == [(144, 230, 3)] * 12


def test_a_trial_reads_draws_and_writes_and_leaves_nothing(tmp_path):
    source = film(tmp_path / "film.mp4", 3, size=(200, 320))
    engine = Seeing()
    make(source, tmp_path / "out.mp4", engine, speed="realtime")
    # A film of three frames is gone through again and again.
    assert len(engine.shapes) > 3 + real_time.CLEAR
    assert len(frames(tmp_path / "out.mp4")) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "out.mp4"]


def test_an_encoder_that_does_not_open_gives_way_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(encoders, "HARDWARE", (encoders.Hardware("nvenc", "nowhere", "cq", "nv12", {}),))
    source = film(tmp_path / "film.mp4", 2)
    make(source, tmp_path / "out.mp4", Inverse(), encoder="nvenc")
    (line,) = capsys.readouterr().err.splitlines()
    assert "h264_nowhere (" in line and line.endswith("does not open here; libx264 is taken")
    assert all(
        near(made, 255 - photo)
        for (_, made), (_, photo) in zip(frames(tmp_path / "out.mp4"), frames(source), strict=True)
    )


def test_an_encoder_that_opens_is_taken(tmp_path, monkeypatch, capsys):
    # A software encoder of FFmpeg stands for one in hardware.
    monkeypatch.setattr(encoders, "IN_HARDWARE", {"h264": "prores"})
    there = encoders.Hardware("nvenc", "ks", "mbs_per_slice", "yuv422p10le", {})
    monkeypatch.setattr(encoders, "HARDWARE", (replace(there, name="qsv", family="nowhere"), there))
    make(film(tmp_path / "film.mp4", 2), tmp_path / "out.mkv", Inverse(), encoder="auto", crf=8)
    assert capsys.readouterr().err.strip().endswith("prores_ks opens here and is taken")
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.video[0].codec_context.name == "prores"


def test_encoders_by_codec():
    assert encoders.names("h264") == ["auto", "x264", "nvenc", "qsv", "amf"]
    assert encoders.names("vp9") == ["auto", "vpx"]
    assert encoders.names("prores") == ["auto"]
    with pytest.raises(UserError, match="--encoder is x264; with --codec h265 it must be auto, x265, nvenc, qsv, amf"):
        FilmSettings(codec="h265", encoder="x264").check()
    nvenc = encoders.made_with(CODECS["h265"], "nvenc")
    assert (nvenc.encoder, nvenc.encoder_options(None, False)["cq"]) == ("hevc_nvenc", "20")
    assert encoders.made_with(CODECS["h264"], None, "ultrafast").options == {"preset": "ultrafast"}
    assert encoders.made_with(CODECS["h264"], "x264") == CODECS["h264"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"speed": "realtime"}, "--speed is realtime, measured on this machine"), ({"encoder": "auto"}, "--encoder auto")],
)
def test_a_cluster_does_not_try_one_machine_for_all(settings, message):
    order = Order("daylight", EngineOptions(), FilmSettings(**settings))
    with pytest.raises(UserError, match=message):
        cluster.make_all("local:2", order, [], [])


def test_the_bar_says_how_many_times_real_time_it_is():
    with Bar(total=9, file=io.StringIO(), disable=False) as bar:
        film_stylizing._move(bar, True, 25.0)
        assert bar.postfix is None  # nothing is measured yet
        bar._ema_dn, bar._ema_dt = (lambda: 30.0), (lambda: 1.0)
        film_stylizing._move(bar, True, 25.0)
        assert bar.postfix == "1.2 × real time"
        film_stylizing._move(bar, False, 25.0)
        assert bar.n == 3


def test_transparency_and_the_comparison_are_enlarged_as_well(tmp_path, tried, monkeypatch):
    monkeypatch.setattr(real_time, "SIDES", (24,))
    tried[0].update({24: 60, 0: 10})
    settings = FilmSettings(codec="prores", speed="realtime")
    task = task_of(transparent(tmp_path / "film.mov", "prores_ks", "yuva444p10le"), None, settings, compare=True)
    engine = Seeing()
    film_stylizing.make(task, engine, settings)
    assert engine.shapes == [(24, 32, 3)] * 4
    made = [frame.load() for frame in film_source.open_film(task.target).frames()]
    assert made[0].rgb.shape == (48, 64, 3)
    # Opaque on the left, clear on the right; the edge between them is as soft as a small picture's.
    assert made[0].alpha[:, :24].min() > 250 and made[0].alpha[:, 40:].max() < 5
    assert near(made[3].rgb[:, :24], 255 - cloud(3, 48, 64)[:, :24, :3], 12)
    assert [rgb.shape for _, rgb in frames(task.comparison)] == [(48, 128, 3)] * 4
