"""Films through the whole of the work but the network, for which a few lines of arithmetic stand."""

import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from film_samples import Centred, Inverse, _tone, cloud, film, frames, make, near, packets, scene, task_of, transparent
from PIL import Image

from japananime.base.errors import UserError
from japananime.image import files as image_files
from japananime.stylizing import film_work, planning
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.pictures import Finish
from japananime.stylizing.planning import Wanted
from japananime.video import animations
from japananime.video.reading import source as film_source
from japananime.video.writing import sink as film_sink


def test_every_frame_has_its_time_and_its_picture(tmp_path):
    source = film(tmp_path / "film.mp4", 70, rate=Fraction(30000, 1001))
    target = make(source)
    assert target.name == "film-new.mp4"
    before, after = frames(source), frames(target)
    assert [time for time, _ in after] == [Fraction(1001 * number, 30000) for number in range(70)]
    assert all(near(made, 255 - photo) for (_, photo), (_, made) in zip(before, after, strict=True))
    with av.open(str(source)) as one, av.open(str(target)) as other:
        one, other = one.streams.video[0], other.streams.video[0]
        assert other.duration * other.time_base == one.duration * one.time_base == Fraction(70 * 1001, 30000)
        assert other.average_rate == Fraction(30000, 1001)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film-new.mp4", "film.mp4"]


def test_variable_frame_rate_is_kept(tmp_path):
    times = [0, 100, 150, 400, 401, 1000, 1700]
    source = film(tmp_path / "film.mp4", 7, times=times, base=Fraction(1, 1000))
    assert [time for time, _ in frames(make(source))] == [Fraction(time, 1000) for time in times]
    matroska = film(tmp_path / "film.mkv", 7, times=times, base=Fraction(1, 1000))
    assert [time for time, _ in frames(make(matroska))] == [Fraction(time, 1000) for time in times]


def test_a_rate_that_matroska_has_rounded_is_exact_again_in_mp4(tmp_path):
    source = film(tmp_path / "film.mkv", 30, rate=Fraction(24000, 1001))
    assert frames(source)[1][0] == Fraction(42, 1000)
    target = make(source, out=tmp_path / "film.mp4")
    assert [time for time, _ in frames(target)] == [Fraction(1001 * number, 24000) for number in range(30)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_and_subtitles_are_copied_to_the_byte(tmp_path, suffix):
    source = film(tmp_path / f"film{suffix}", 40, audio=True, subtitles=True)
    target = make(source)
    for kind in ("audio", "subtitle"):
        assert len(packets(source, kind)) >= 3
        assert packets(target, kind) == packets(source, kind)
    assert len(frames(target)) == 40


@pytest.mark.parametrize("matrix", [1, 6])
@pytest.mark.parametrize("full", [False, True])
def test_colours_do_not_shift(tmp_path, matrix, full):
    colors = [(200, 60, 40), (30, 180, 90), (60, 70, 210), (250, 250, 250), (5, 5, 5)]

    def flat(number, height, width):
        return np.tile(np.uint8(colors[number]), (height, width, 1))

    source = film(tmp_path / "film.mp4", 5, colors=(matrix, full), picture=flat, options={"crf": "0"})

    class Same(Inverse):
        def __call__(self, rgb):
            return rgb

    target = make(source, Same(), crf=0)
    for (_, made), color in zip(frames(target), colors, strict=True):
        assert np.abs(made.reshape(-1, 3).mean(0) - color).max() < 2.5
    with av.open(str(target)) as container:
        image = next(container.decode(video=0))
        assert (int(image.colorspace), int(image.color_range)) == (matrix, 2 if full else 1)


@pytest.mark.parametrize("size", [(47, 63), (48, 63), (47, 64)])
def test_odd_sizes_stay_and_it_is_said_how(tmp_path, size, capsys):
    source = film(tmp_path / "film.mp4", 3, size=size, kind="yuv444p")
    assert frames(make(source))[0][1].shape == (*size, 3)
    assert "has an odd side, so it is written as 4:4:4" in capsys.readouterr().err


def test_ten_bits_are_read(tmp_path):
    source = film(tmp_path / "film.mkv", 3, kind="yuv420p10le")
    for (_, photo), (_, made) in zip(frames(source), frames(make(source)), strict=True):
        assert near(made, 255 - photo)


def test_a_turned_film_is_made_upright(tmp_path):
    plain = film(tmp_path / "plain.mp4", 3)
    content = plain.read_bytes()
    # The matrix in the track's header: a quarter turn instead of none.
    none = b"".join(number.to_bytes(4, "big") for number in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
    turn = b"".join(
        (number % 2**32).to_bytes(4, "big") for number in (0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000)
    )
    place = content.index(none, content.index(b"tkhd"))
    source = tmp_path / "film.mp4"
    source.write_bytes(content[:place] + turn + content[place + len(turn) :])
    made = frames(make(source))
    assert near(made[0][1], 255 - np.rot90(frames(plain)[0][1], -1))


def test_pixels_that_are_not_square_stay_so(tmp_path):
    source = film(tmp_path / "film.mp4", 3, stretch=Fraction(4, 3))
    with av.open(str(make(source))) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


def test_interlaced_films_are_made_whole(tmp_path):
    def moving(number, height, width):
        """Two moments a frame: a bar that is four pixels further in every second line."""
        picture = np.full((height, width, 3), 40, np.uint8)
        for half in (0, 1):
            left = 8 + 8 * number + 4 * half
            picture[half::2, left : left + 8] = 220
        return picture

    source = film(
        *(tmp_path / "film.mkv", 6),
        picture=moving,
        options={"flags": "+ildct+ilme", "x264-params": "interlaced=1:tff=1"},
    )  # fmt: skip
    assert film_source.open_film(source).interlaced
    before, after = frames(source), frames(make(source))
    assert [time for time, _ in after] == [time for time, _ in before]

    def comb(picture):
        lines = picture[..., 1].astype(int)
        return np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) / 2).mean()

    assert max(comb(made) for _, made in after[1:-1]) < min(comb(photo) for _, photo in before[1:-1]) / 3


@pytest.mark.parametrize(
    ("name", "encoder", "kind", "codec"),
    [
        ("film.webm", "libvpx-vp9", "yuva420p", "vp9"),
        ("film.mov", "prores_ks", "yuva444p10le", "prores"),
        ("film.mkv", "ffv1", "bgra", "ffv1"),
    ],
)
def test_transparency_is_kept_where_the_codec_can(tmp_path, name, encoder, kind, codec, capsys):
    source = transparent(tmp_path / name, encoder, kind)
    target = make(source, codec=codec)
    found = film_source.open_film(target)
    assert found.alpha
    made = [frame.load() for frame in found.frames()]
    assert len(made) == 4
    assert made[0].alpha[:, :28].min() > 250 and made[0].alpha[:, 36:].max() < 5
    assert near(made[3].rgb[:, :28], 255 - cloud(3, 48, 64)[:, :28, :3])
    assert capsys.readouterr().err == ""
    assert make(source, out=tmp_path / "flat.mp4").exists()
    assert "its transparency is laid on white; --codec vp9" in capsys.readouterr().err
    assert frames(tmp_path / "flat.mp4")[0][1][:, 40:].min() > 245


class Stops(Inverse):
    """An engine that is interrupted after so many frames."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def __call__(self, rgb):
        if self.calls == self.after:
            raise KeyboardInterrupt
        return super().__call__(rgb)


def test_interrupted_and_continued_is_the_same_film(tmp_path, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 8)
    # On pictures much smaller than this x264 does not give the same bytes twice for the same frames.
    source = film(tmp_path / "film.mp4", 30, size=(96, 128), audio=True)
    whole = make(source, out=tmp_path / "whole.mp4")
    parts = tmp_path / "parts.mp4"
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            make(source, Stops(13), out=parts)
        assert not parts.exists()
    engine = Inverse()
    make(source, engine, out=parts)
    assert engine.calls < 30
    assert parts.read_bytes() == whole.read_bytes()
    assert not parts.with_name("parts.mp4.parts").exists()


def test_other_settings_begin_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(film_sink, "SEGMENT", 8)
    source = film(tmp_path / "film.mp4", 20)
    with pytest.raises(KeyboardInterrupt):
        make(source, Stops(18))
    engine = Inverse()
    make(source, engine, crf=30)
    assert engine.calls == 20


def test_killed_and_started_again(tmp_path):
    source = film(tmp_path / "film.mp4", 40)
    script = tmp_path / "run.py"
    script.write_text(
        "import sys, time; sys.path[:0] = sys.argv[3:]\n"
        "import film_samples as tests; from japananime.video.writing import sink as segments; segments.SEGMENT = 6\n"
        "class Slow(tests.Inverse):\n"
        "    def __call__(self, rgb):\n"
        "        time.sleep(float(sys.argv[2])); return super().__call__(rgb)\n"
        "engine = Slow(); tests.make(sys.argv[1], engine); print(engine.calls)\n"
    )
    root = Path(__file__).parents[1]
    paths = [str(root), str(root.parent)]
    process = subprocess.Popen([sys.executable, script, source, "0.1", *paths], stdout=subprocess.DEVNULL)
    work = tmp_path / "film-new.mp4.parts" / "made"
    deadline = time.monotonic() + 60
    while process.poll() is None and not (work / "000001.mkv").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "film-new.mp4").exists()
    again = subprocess.run([sys.executable, script, source, "0", *paths], capture_output=True, text=True, check=True)
    assert int(again.stdout) <= 40 - 12
    assert len(frames(tmp_path / "film-new.mp4")) == 40
    assert all(
        near(made, 255 - photo)
        for (_, photo), (_, made) in zip(frames(source), frames(tmp_path / "film-new.mp4"), strict=True)
    )


def test_a_broken_frame_is_repeated_and_counted(tmp_path, capsys):
    source = film(tmp_path / "film.mov", 12, codec="png", kind="rgb24")
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        sizes = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    place, size = sizes[5]
    content[place + size // 4 : place + size] = bytes(size - size // 4)
    source.write_bytes(content)
    settings = FilmSettings(codec="ffv1")
    task = task_of(source, tmp_path / "film.mkv", settings)
    line = film_stylizing.make(task, Inverse(), settings)
    made = frames(task.target)
    assert len(made) == 12
    assert "1 broken ones replaced by the one before" in line
    assert np.array_equal(made[5][1], made[4][1])
    assert not np.array_equal(made[6][1], made[5][1])


def test_statistics_are_of_the_shot(tmp_path):
    def shots(number, height, width):
        """A still background, dark before the cut and light after; a block comes and goes."""
        picture = np.full((height, width, 3), 40 if number < 12 else 150, np.uint8)
        picture[:, :8] += np.uint8(5)
        if number % 12 in range(4, 9):
            picture[8:24, 20:38] = 230 if number < 12 else 30
        return picture

    source = film(tmp_path / "film.mkv", 24, picture=shots, codec="ffv1", kind="bgr0")
    made = [rgb[4, 12].astype(int) for _, rgb in frames(make(source, Centred(), codec="ffv1"))]
    assert len({tuple(color) for color in made[:12]}) == len({tuple(color) for color in made[12:]}) == 1
    alone = [Centred()(shots(number, 48, 64))[4, 12] for number in range(24)]
    assert len({tuple(color) for color in alone[:12]}) == 2


def test_strength_compare_and_preview(tmp_path):
    source = film(tmp_path / "film.mp4", 50, audio=True)
    settings = FilmSettings(preview=0.4, finish=Finish(strength=0.5))
    task = task_of(source, None, settings, compare=True)
    assert (task.target.name, task.comparison.name) == ("film-new-preview.mp4", "film-new-preview-compare.mp4")
    film_stylizing.make(task, Inverse(), settings)
    both, made = frames(task.comparison), frames(task.target)
    assert [time for time, _ in both] == [time for time, _ in made] == [Fraction(number, 25) for number in range(10)]
    for (_, pair), (_, photo) in zip(both, frames(source)[20:30], strict=True):
        assert pair.shape == (48, 128, 3)
        assert near(pair[:, :64], photo)
        assert near(pair[:, 64:], np.full((48, 64, 3), 127))
    sound = packets(source, "audio")
    excerpt = packets(task.target, "audio")
    assert excerpt and {content for *_, content in excerpt} <= {content for *_, content in sound}


def animation(path, count=5, durations=(40, 100, 250, 40, 70), loop=3, alpha=False):
    images = [Image.fromarray(cloud(number, 48, 64) if alpha else scene(number, 48, 64)) for number in range(count)]
    options = {"lossless": True} if path.suffix == ".webp" else {"disposal": 2} if alpha else {}
    images[0].save(path, save_all=True, append_images=images[1:], duration=list(durations), loop=loop, **options)
    return path


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_keep_durations_loop_and_transparency(tmp_path, suffix, alpha):
    source = animation(tmp_path / f"moving{suffix}", alpha=alpha)
    target = make(source)
    before, after = animations.open_animation(source), animations.open_animation(target)
    assert (after.loop, after.frame_count, after.alpha) == (before.loop, 5, alpha) == (3, 5, alpha)
    pairs = list(zip(before.frames(), after.frames(), strict=True))
    assert [frame.duration for frame, _ in pairs] == [Fraction(part, 1000) for part in (40, 100, 250, 40, 70)]
    for photo, made in pairs:
        assert (photo.time, photo.duration) == (made.time, made.duration)
        seen = slice(0, 28) if alpha else slice(None)
        assert near(made.load().rgb[:, seen], 255 - photo.load().rgb[:, seen], 10)
        if alpha:
            assert made.load().alpha[:, 36:].max() == 0


def test_an_animation_goes_on_where_it_was(tmp_path):
    source = animation(tmp_path / "moving.gif")
    with pytest.raises(KeyboardInterrupt):
        make(source, Stops(3))
    engine = Inverse()
    target = make(source, engine)
    assert engine.calls == 2
    assert animations.open_animation(target).frame_count == 5


def test_an_animation_becomes_a_film_and_a_film_an_animation(tmp_path):
    moving = make(animation(tmp_path / "moving.gif"), out=tmp_path / "moving.mp4")
    assert [time for time, _ in frames(moving)] == [Fraction(part, 1000) for part in (0, 40, 140, 390, 430)]
    back = animations.open_animation(make(moving, out=tmp_path / "back.webp"))
    assert [frame.duration * 1000 for frame in back.frames()] == [40, 100, 250, 40, 70]


def test_a_folder_of_frames_is_one_film(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in (1, 2, 10):
        level = 60 if number == 2 else 50
        Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(folder / f"frame{number}.png")
    settings = FilmSettings()
    task = task_of(folder, None, settings, frames=True, compare=True)
    assert task.target == tmp_path / "frames-new"
    film_stylizing.make(task, Centred(), settings)
    assert sorted(path.name for path in task.target.iterdir()) == ["frame1.png", "frame10.png", "frame2.png"]
    levels = [image_files.read(task.target / f"frame{number}.png").rgb.mean() for number in (1, 2, 10)]
    assert levels[1] - levels[0] == 10 and levels[0] == levels[2]
    assert image_files.read(task.comparison / "frame2.png").rgb.shape == (48, 128, 3)


def test_what_cannot_be_made_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as out:
        _tone(out, out.add_stream("aac", rate=8000), 1)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    text = tmp_path / "text.mkv"
    text.write_text("no film")
    bare = tmp_path / "bare.mp4"
    with av.open(str(bare), "w") as out:
        out.add_stream("libx264", rate=25, width=64, height=48)
        _tone(out, out.add_stream("aac", rate=8000), 1)
    for path, words in (
        (sound, "has no pictures in it, only audio"),
        (empty, "an empty file"),
        (text, "not a film"),
        (bare, "frame|pictures"),
    ):
        with pytest.raises(UserError, match=words):
            make(path)
    source = film(tmp_path / "film.mp4", 10)
    monkeypatch.setattr(film_work.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 90, 10))
    with pytest.raises(UserError, match=r"film-new.mp4: about 0.0 GB are needed .* make room"):
        make(source)
    monkeypatch.undo()
    with pytest.raises(UserError, match="cannot hold --codec ffv1; give a name ending in .mkv"):
        make(source, out=tmp_path / "new.mp4", codec="ffv1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bare.mp4", "empty.mp4", "film.mp4", "sound.mp4", "text.mkv",
    ]  # fmt: skip


def test_a_track_that_the_container_cannot_hold_is_named_before_the_work(tmp_path, capsys):
    source = film(tmp_path / "film.mkv", 10, subtitles=True)

    class Late(Inverse):
        def __call__(self, rgb):
            said.append(capsys.readouterr().err)
            return super().__call__(rgb)

    said = []
    make(source, Late(), out=tmp_path / "film.mp4")
    assert (
        "its subtitle track 1 (srt) cannot be stored in .mp4 unchanged, and is left out; give --out a name in .mkv"
        in said[0]
    )
    assert packets(tmp_path / "film.mp4", "subtitle") == []


def test_a_folder_gives_its_films_and_leaves_its_photos(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    film(tmp_path / "in" / "deep" / "film.mp4", 2)
    animation(tmp_path / "in" / "moving.webp")
    plan = planning.plan([tmp_path / "in"], None, Wanted("new"))
    assert [task.target.relative_to(tmp_path) for task in plan.films] == [
        Path("in-new/deep/film.mp4"), Path("in-new/moving.webp"),
    ]  # fmt: skip
    assert plan.photos == ()
    Image.new("RGB", (64, 64)).save(tmp_path / "in" / "photo.jpg")
    plan = planning.plan([tmp_path / "in"], None, Wanted("new"))
    assert [task.target for task in plan.photos] == [tmp_path / "in-new" / "photo.jpg"]
    assert len(plan.films) == 2


def test_a_lost_frame_of_a_film_with_reordered_frames_is_put_back_in_its_place(tmp_path):
    source = film(tmp_path / "film.mp4", 30)
    expected = [time for time, _ in frames(source)]
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        lost = [packet for packet in container.demux(video=0) if packet.size][12]
        lost_time = lost.pts * lost.time_base
    content[lost.pos : lost.pos + lost.size] = bytes(lost.size)
    source.write_bytes(content)
    found = list(film_source.open_film(source).frames())
    assert [frame.time for frame in found] == expected
    assert [frame.time for frame in found if frame.broken] == [lost_time]


def test_a_folder_of_others_that_is_in_the_way_is_not_removed(tmp_path):
    source = film(tmp_path / "a.mp4", 3)
    (tmp_path / "b.mp4.parts").mkdir()
    (tmp_path / "b.mp4.parts" / "letter").write_text("mine")
    with pytest.raises(UserError, match=r"b.mp4.parts is in the way"):
        film_stylizing.make(planning.Task(source, tmp_path / "b.mp4"), Inverse(), FilmSettings())
    assert (tmp_path / "b.mp4.parts" / "letter").read_text() == "mine"
