"""Films that are damaged, joined, cut off or not what their names say: nothing is lost without a word."""

from fractions import Fraction

import av
import numpy as np
import pytest
from film_samples import Inverse, film, frames, make, near, packets, scene, task_of

from japananime.base.errors import UserError
from japananime.stylizing import films as film_stylizing
from japananime.stylizing.film_work import FilmSettings
from japananime.video import reading


def test_two_recordings_joined_are_one_film(tmp_path):
    parts = [
        film(
            tmp_path / f"{number}.ts",
            30,
            audio=True,
            picture=lambda n, *size, first=30 * number: scene(first + n, *size),
        )
        for number in (0, 1)
    ]
    source = tmp_path / "film.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    target = make(source, out=tmp_path / "film.mkv")
    made = frames(target)
    assert len(made) == 60
    assert [round(25 * (time - made[0][0])) for time, _ in made] == list(range(60))
    assert all(near(rgb, 255 - scene(number, 48, 64)) for number, (_, rgb) in enumerate(made))
    sound = [(time, content) for _, time, content in packets(target, "audio")]
    assert [time for time, _ in sound] == sorted({time for time, _ in sound})
    # Without the seven bytes of headers that only .ts files have.
    before = [[(time, content[7:]) for _, time, content in packets(part, "audio")] for part in parts]
    # Of sound that overlaps where the parts meet a packet or two may be left out.
    assert len(sound) >= sum(map(len, before)) - 2
    assert {content for _, content in sound} <= {content for part in before for _, content in part}
    # The sound of either part is as far behind its pictures as it was.
    for part, own, first, place in zip(parts, before, (0, 30), (5, -5), strict=True):
        late = own[place][0] - frames(part)[0][0]
        assert abs(sound[place][0] - made[first][0] - late) < Fraction(1, 100)


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile 'secret.mp4'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mp4\n#EXT-X-ENDLIST\n",
    ],
)
def test_a_list_of_other_files_is_no_film(tmp_path, text):
    film(tmp_path / "secret.mp4", 5)
    for name in ("list.mp4", "list.mkv"):
        (tmp_path / name).write_text(text)
        with pytest.raises(UserError, match=r"list\.m..: not a film"):
            reading.open_container(tmp_path / name)
        with pytest.raises(UserError, match=r"list\.m..: not a film"):
            make(tmp_path / name)


def test_a_codec_without_a_decoder_is_one_line(tmp_path):
    source = film(tmp_path / "film.mov", 5, codec="png", kind="rgb24")
    source.write_bytes(source.read_bytes().replace(b"png ", b"zzzz"))
    with pytest.raises(UserError, match="codec that there is no decoder for"):
        make(source)
    with pytest.raises(UserError, match="codec that there is no decoder for"):
        reading.open_film(source)


def test_a_film_that_nobody_foresaw_does_not_end_the_run(tmp_path, capsys):
    class Stumbling(Inverse):
        def __call__(self, rgb):
            if rgb.shape[0] == 32:
                raise ZeroDivisionError("of a library")
            return super().__call__(rgb)

    sources = [film(tmp_path / "a.mp4", 2, size=(32, 64)), film(tmp_path / "b.mp4", 2)]
    tasks = [task_of(source) for source in sources]
    assert film_stylizing.make_all(tasks, Stumbling(), FilmSettings()) == 1
    told = capsys.readouterr()
    assert told.err == f"skipped: {sources[0]}: cannot be made (ZeroDivisionError, of a library)\n"
    assert tasks[1].target.exists() and not tasks[0].target.exists()


@pytest.mark.parametrize(("name", "options"), [("film.mp4", {"movflags": "faststart"}), ("film.mkv", {})])
def test_a_film_that_is_cut_off_near_its_end_is_told(tmp_path, name, options):
    whole = film(tmp_path / name, 100, picture=noise)
    content = remuxed(whole, tmp_path / f"front-{name}", options=options).read_bytes()
    source = tmp_path / f"cut-{name}"
    source.write_bytes(content[: len(content) * 3 // 4])
    task = task_of(source)
    line = film_stylizing.make(task, Inverse(), FilmSettings())
    made = frames(task.target)
    assert 65 <= len(made) <= 80
    assert f"its pictures end after {len(made) / 25:.1f} of 4.0 seconds" in line
    with av.open(str(task.target)) as container:
        assert container.duration / av.time_base < len(made) / 25 + 0.1
    task = task_of(whole)
    assert "end after" not in film_stylizing.make(task, Inverse(), FilmSettings())


def noise(number, height, width):
    return np.random.default_rng(number).integers(0, 256, (height, width, 3)).astype(np.uint8)


def remuxed(path, target, last=None, options=None, title=None):
    """The same film in another file. last: ticks that its last packet lasts. title: of it, and of a chapter."""
    with av.open(str(path)) as source, av.open(str(target), "w", container_options=options or {}) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        if title:
            out.metadata["title"] = title
            out.set_chapters(
                [{"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {"title": title}}]
            )
        found = [packet for packet in source.demux(video=0) if packet.size]
        found[-1].duration = last or found[-1].duration
        for packet in found:
            packet.stream = stream
            out.mux(packet)
    return target


def test_a_last_frame_that_is_shown_for_long_is(tmp_path):
    plain = film(tmp_path / "plain.mov", 5, codec="png", kind="rgb24")
    with av.open(str(plain)) as container:
        second = int(1 / container.streams.video[0].time_base)
    source = remuxed(plain, tmp_path / "film.mov", last=3 * second)
    for film_file in (source, make(source)):
        with av.open(str(film_file)) as container:
            stream = container.streams.video[0]
            assert stream.duration * stream.time_base == Fraction(4, 25) + 3


def test_a_film_without_sound_keeps_its_title_and_chapters(tmp_path):
    plain = film(tmp_path / "plain.mkv", 50)
    source = remuxed(plain, tmp_path / "film.mkv", title="A walk")
    with av.open(str(make(source))) as made:
        assert made.metadata["title"] == "A walk"
        assert [chapter["metadata"]["title"] for chapter in made.chapters()] == ["A walk"]


def test_every_damaged_frame_is_there_and_counted(tmp_path):
    source = film(tmp_path / "film.mp4", 36, size=(96, 128), picture=noise)
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for place, size in places[2::3]:
        content[place + 4 : place + size] = bytes(size - 4)
    source.write_bytes(content)
    task = task_of(source)
    line = film_stylizing.make(task, Inverse(), FilmSettings())
    assert "36 frames" in line and "12 broken ones replaced by the one before" in line
    assert len(frames(task.target)) == 36


def test_a_frame_that_a_decoder_drops_where_the_size_changes_is_there_and_counted(tmp_path):
    parts = [
        film(tmp_path / f"{height}.m2v", 12, size=(height, 2 * height), codec="mpeg2video", container="mpeg2video")
        for height in (48, 96)
    ]
    source = tmp_path / "film.mpg"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    task = task_of(source)
    line = film_stylizing.make(task, Inverse(), FilmSettings())
    assert "24 frames" in line and "1 broken ones replaced by the one before" in line
    times = [time for time, _ in frames(task.target)]
    assert [round(25 * (time - times[0])) for time in times] == list(range(24))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_film_whose_clock_begins_late_has_a_middle_too(tmp_path, suffix):
    times = [1_000_000 + 40 * number for number in range(50)]
    source = film(tmp_path / f"film{suffix}", 50, times=times, base=Fraction(1, 1000))
    warnings = []
    assert len(list(reading.frames(source, warn=warnings.append))) == 50
    assert warnings == []
    made = frames(make(source, preview=0.4))
    assert [round(25 * (time - made[0][0])) for time, _ in made] == list(range(10))
    assert near(made[0][1], 255 - scene(20, 48, 64))
