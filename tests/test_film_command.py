"""Films through the whole command and a real network: what is bad in them, full disks, and stillness."""

import contextlib
from fractions import Fraction

import av
import numpy as np
import pytest
from film_samples import _tone, film, frames, near, scene, transparent
from samples import wild

from japananime import stylize
from japananime.inference import loading
from japananime.networks import light_generator, residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators, graph
from japananime.training.program import Exportable
from japananime.video.reading import source as film_source
from japananime.video.writing import sink as film_sink

resource = pytest.importorskip("resource")  # limits of the system, which Windows has not

PLAIN = {"width": 2, "residual_blocks": 1}
NORMALISED = {"width": 4, "residual_blocks": 1, "normalisation": "instance"}


@pytest.fixture(scope="module")
def style(tmp_path_factory):
    """A style that does not look at the whole picture."""
    folder = tmp_path_factory.mktemp("plain")
    generators.save(folder, Exportable("light", PLAIN, light_generator.build(**PLAIN)), name="tiny")
    return str(folder)


@pytest.fixture(scope="module")
def normalised(tmp_path_factory):
    """A style that does."""
    folder = tmp_path_factory.mktemp("normalised")
    network = wild(residual_generator.build(**NORMALISED))
    generators.save(folder, Exportable("residual", NORMALISED, network), name="tiny")
    return str(folder)


def run(style, *arguments):
    """The command in float32 on OpenVINO, which gives the same on every machine."""
    fixed = ["--engine", "openvino", "--precision", "float32", "--max-memory", "200M"]
    return stylize.main(["--style", style, *fixed, *(str(argument) for argument in arguments)])


def noise(number, height, width):
    """What cannot be compressed."""
    return np.random.default_rng(number).integers(0, 256, (height, width, 3)).astype(np.uint8)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_bad_films_get_a_line_each_and_the_good_one_is_made(style, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    film(folder / "good.mp4", 3)
    (folder / "empty.mp4").touch()
    (folder / "noise.mp4").write_bytes(noise(0, 40, 40).tobytes())
    with av.open(str(folder / "sound.mp4"), "w") as out:
        _tone(out, out.add_stream("aac", rate=8000), 1)
    for name, codec in (("none.mkv", "libx264"), ("bare.avi", "mpeg4")):
        with av.open(str(folder / name), "w") as out:
            stream = out.add_stream(codec, rate=25, width=64, height=48)
            stream.pix_fmt = "yuv420p"
            out.start_encoding()
    whole = film(tmp_path / "whole.mp4", 20).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    assert run(style, "--in", folder, "--out", tmp_path / "out") == 1
    said = capsys.readouterr()
    for name, words in {
        "empty.mp4": "an empty file",
        "noise.mp4": "not a film that FFmpeg can read",
        "sound.mp4": "has no pictures in it, only audio",
        "none.mkv": "ends before its first frame",
        "bare.avi": "not one frame can be decoded",
        "cut.mp4": "cut off before its index",
    }.items():
        (line,) = (line for line in said.err.splitlines() if name in line)
        assert line.startswith(f"skipped: {folder / name}: ") and words in line
    assert len(said.err.splitlines()) == 6
    assert "good.mp4: 3 frames" in said.out
    assert names(tmp_path / "out") == ["good.mp4"]


def test_a_film_whose_frames_are_all_damaged_leaves_nothing(style, tmp_path, capsys):
    source = film(tmp_path / "film.mkv", 10)
    content = source.read_bytes()
    with av.open(str(source)) as container:
        first = next(packet.pos for packet in container.demux(video=0))
    source.write_bytes(content[:first] + bytes(len(content) - first))
    assert run(style, "--in", source) == 1
    assert "film.mkv: not one frame can be decoded" in capsys.readouterr().err
    assert names(tmp_path) == ["film.mkv"]


def test_a_film_that_was_cut_off_is_made_as_far_as_it_goes_and_it_is_said(style, tmp_path, capsys):
    source = film(tmp_path / "film.mkv", 40, rate=Fraction(5), picture=noise)
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    assert run(style, "--in", source) == 0
    assert "its pictures end after 3.8 of 8.0 seconds" in capsys.readouterr().out
    assert 17 <= len(frames(tmp_path / "film-tiny.mkv")) <= 22
    whole = film(tmp_path / "whole.mkv", 40, rate=Fraction(5))
    assert run(style, "--in", whole) == 0
    assert "end after" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("codec", "kind", "suffix"), [("h264", "yuv444p", ".mp4"), ("vp9", "yuv420p", ".webm"), ("ffv1", "bgr0", ".mkv")]
)
def test_853_by_479(style, tmp_path, codec, kind, suffix):
    source = film(tmp_path / "film.mkv", 2, size=(479, 853), codec="ffv1", kind="bgr0")
    target = tmp_path / f"out{suffix}"
    # Strength 0 is the film itself: whatever is moved or cut off shows.
    assert run(style, "--in", source, "--out", target, "--codec", codec, "--strength", 0) == 0
    made = frames(target)
    assert [rgb.shape for _, rgb in made] == [(479, 853, 3)] * 2
    assert all(near(rgb, scene(number, 479, 853), 4) for number, (_, rgb) in enumerate(made))
    with av.open(str(target)) as container:
        assert container.streams.video[0].codec_context.pix_fmt in (kind, "0rgb", "rgb0")


@pytest.mark.parametrize(
    ("encoder", "kind", "options"),
    [
        ("libx264", "yuv420p10le", {}),
        ("prores_ks", "yuv422p10le", {}),
        ("libx264", "yuv420p", {"flags": "+ildct+ilme", "x264-params": "interlaced=1:tff=1"}),
        ("mpeg2video", "yuv420p", {"flags": "+ildct+ilme"}),
    ],
)
def test_ten_bits_and_interlaced(style, tmp_path, encoder, kind, options):
    source = film(tmp_path / "film.mkv", 6, codec=encoder, kind=kind, options=options)
    assert run(style, "--in", source, "--strength", 0) == 0
    before, after = frames(source), frames(tmp_path / "film-tiny.mkv")
    assert [time for time, _ in after] == [time for time, _ in before]
    # Lines that never moved stay as they were under deinterlacing, but where the block runs.
    assert all(near(made[20:], photo[20:]) for (_, photo), (_, made) in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("name", "encoder", "kind", "codec"),
    [("film.webm", "libvpx-vp9", "yuva420p", "vp9"), ("film.mov", "prores_ks", "yuva444p10le", "prores")],
)
def test_transparency_through_the_network(style, tmp_path, name, encoder, kind, codec):
    source = transparent(tmp_path / name, encoder, kind)
    assert run(style, "--in", source, "--codec", codec) == 0
    found = film_source.open_film(tmp_path / name.replace(".", "-tiny."))
    made = [frame.load() for frame in found.frames()]
    assert found.alpha and len(made) == 4
    assert all(frame.alpha[:, :28].min() > 250 and frame.alpha[:, 36:].max() < 5 for frame in made)


@contextlib.contextmanager
def largest_file(size):
    """No file can grow beyond so many bytes: what a full disk is like, in the middle of the work."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("limit", "pieces"), [(20_000, 0), (200_000, 3)])
def test_a_disk_that_fills_up(style, tmp_path, monkeypatch, capsys, limit, pieces):
    monkeypatch.setattr(film_sink, "SEGMENT", 8)
    folder = tmp_path / "in"
    folder.mkdir()
    film(folder / "a.mp4", 24, size=(120, 160), picture=noise)
    film(folder / "b.mp4", 3)
    options = ("--in", folder, "--strength", 0, "--crf", 10)
    assert run(style, *options, "--out", tmp_path / "whole") == 0
    whole = (tmp_path / "whole" / "a.mp4").read_bytes()
    assert len(whole) > 3 / 2 * limit
    capsys.readouterr()
    out = tmp_path / "out"
    with largest_file(limit):
        assert run(style, *options, "--out", out) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"skipped: {out / 'a.mp4'}: cannot be finished (File too large); what is made is kept in ")
    assert (out / "b.mp4").exists() and not (out / "a.mp4").exists()
    assert len(list(out.rglob("*.mkv"))) == pieces
    assert not list(out.rglob("*.part"))
    # With room again the same command goes on, to the same film.
    assert run(style, *options, "--out", out) == 0
    assert (f"{8 * pieces} of them made before" in capsys.readouterr().out) == bool(pieces)
    assert (out / "a.mp4").read_bytes() == whole
    assert names(out) == ["a.mp4", "b.mp4"]


def room(number, height, width):
    """A still room, dark before a cut and light after; on its right someone comes, walks and goes."""
    rows, columns = np.mgrid[:height, :width]
    light = 40 if number < 10 else 150
    layers = [rows + light, columns * 48 // width + light, (rows + columns) * 40 // (height + width) + light]
    picture = np.stack(layers, -1).astype(np.uint8)
    if number % 10 in range(3, 8):
        left = VISITED + 3 * (number % 10 - 3)
        picture[8:56, left : left + 40] = 150 if number < 10 else 80
    return picture


VISITED = 256  # no one is to the left of this


def flicker(photos, made):
    """The mean change of what stands still, from frame to frame of a shot, in levels."""
    still = (photos[1:] == photos[:-1]).all(axis=-1)
    still[9] = False  # the cut
    return np.abs(np.diff(made.astype(int), axis=0))[still].mean()


def test_statistics_by_shot_hold_still_what_stands_still(normalised, tmp_path):
    source = film(tmp_path / "film.mkv", 20, size=(64, 320), picture=room, codec="ffv1", kind="bgr0")
    photos = np.stack([room(number, 64, 320) for number in range(20)])
    assert run(normalised, "--in", source, "--codec", "ffv1") == 0
    made = np.stack([rgb for _, rgb in frames(tmp_path / "film-tiny.mkv")])
    engine = loading.load(style_folder.find(normalised), "openvino", "float32", 2 * 10**8)
    alone = np.stack([engine(photo) for photo in photos])
    assert flicker(photos, made) < 0.8 * flicker(photos, alone)
    # Beyond what the convolutions see of the visitor, not one level changes within a shot.
    far = VISITED - graph.read(normalised).reach
    assert flicker(photos[:, :, :far], made[:, :, :far]) == 0
    assert flicker(photos[:, :, :far], alone[:, :, :far]) > 1
    # At the cut the statistics change with the picture: each shot begins as its first frame would by itself.
    for first in (0, 10):
        own, other = (np.abs(made[first] - alone[number].astype(int)).mean() for number in (first, 10 - first))
        assert own < other / 2
