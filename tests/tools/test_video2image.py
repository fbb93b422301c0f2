"""tools/video2image.py: which frames come out, how they look, and what happens to films that are not in order."""

import json
import os
import wave

import av
import numpy as np
import pytest
from published import key_frames

from japananime.base import locking, temporary
from japananime.datasets import extraction
from japananime.image import files as image_files
from japananime.image.files import read_rgb
from japananime.video.reading import film_frames


@pytest.fixture
def run(tool):
    return tool("video2image").main


@pytest.fixture
def film(tmp_path, make_film, scene):
    """150 frames at 25 a second, three scenes of 50."""
    return make_film(tmp_path / "film.mp4", scene(1, 50) + scene(2, 50) + scene(3, 50), rate=25)


def table(folder, name="frames.csv"):
    return extraction.read_table(folder / name)


def numbers(folder):
    return [int(row["number"]) for row in table(folder)]


def read(folder, row):
    return read_rgb(folder / row["file"]).astype(int)


def test_key_frames_are_the_published_ones_named_by_number_and_time(run, film, tmp_path, scene):
    assert run([str(film), "--window", "40"]) == 0

    rows = table(tmp_path / "film-frames")
    assert [int(row["number"]) for row in rows] == key_frames(film, tmp_path, window=40)
    cut = next(row for row in rows if row["number"] == "51")
    assert cut["file"] == "film-000051-00h00m02.000s.jpg"
    assert np.abs(read(tmp_path / "film-frames", cut) - scene(2)[0]).mean() < 6


def test_csv_has_every_frame_and_plot_is_a_picture(run, film, tmp_path):
    assert run([str(film), "--window", "40", "--csv", "--plot", "--smooth", "--alpha", "0.5"]) == 0

    rows = table(tmp_path / "film-frames", "scores.csv")
    assert [int(row["number"]) for row in rows] == list(range(1, 151))
    assert rows[50]["time"] == "2.000"
    scores, levels = ([float(row[name]) for row in rows] for name in ("score", "smoothed"))
    assert scores[0] == 0
    assert all(score % 255 == 0 for score in scores)
    assert levels[51] == pytest.approx(0.5 * scores[50] + 0.5 * levels[50], abs=0.01)
    assert '<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="864pt"' in (
        (tmp_path / "film-frames" / "scores.svg").read_text(encoding="utf-8")
    )
    # The plot lies among the frames, and is none of them to what comes next.
    assert {path.suffix for path in image_files.find(tmp_path / "film-frames")[0]} == {".jpg"}


def test_scores_asked_for_later_are_made_later(run, film, tmp_path):
    run([str(film)])
    assert not (tmp_path / "film-frames" / "scores.csv").exists()
    run([str(film), "--plot"])
    assert (tmp_path / "film-frames" / "scores.svg").exists()
    assert not (tmp_path / "film-frames" / "scores.csv").exists()


def test_scenes_gives_one_frame_of_every_scene(run, film, tmp_path):
    assert run([str(film), "--method", "scenes"]) == 0
    assert numbers(tmp_path / "film-frames") == [11, 61, 111]


def test_every_goes_by_the_time_of_frames_not_by_their_number(run, tmp_path, make_film, scene):
    # Frames of 1/25 second, and from the 31st on of 1/5.
    stamps = [number if number < 30 else 30 + 5 * (number - 30) for number in range(60)]
    film = make_film(tmp_path / "phone.mp4", scene(1, 60), rate=25, stamps=stamps)

    assert run([str(film), "--every", "1"]) == 0

    rows = table(tmp_path / "phone-frames")
    assert [row["time"] for row in rows] == ["0.000", "1.000", "2.000", "3.000", "4.000", "5.000", "6.000", "7.000"]
    assert [int(row["number"]) for row in rows] == [1, 26, 35, 40, 45, 50, 55, 60]


def test_letterbox_is_cut_off_unless_kept(run, tmp_path, make_film, scene):
    boxed = [np.pad(picture, ((16, 16), (0, 0), (0, 0))) for picture in scene(1, 30) + scene(2, 30)]
    film = make_film(tmp_path / "wide.mp4", boxed)

    run([str(film), "--window", "20"])
    run([str(film), "--window", "20", "--keep-bars", "--out", str(tmp_path / "kept")])

    rows = table(tmp_path / "wide-frames")
    picture = read(tmp_path / "wide-frames", rows[-1])
    # Two rows more go, into which the compression smears the bar.
    assert picture.shape == (92, 160, 3)
    assert picture.max(axis=(1, 2)).min() > 30
    assert read(tmp_path / "kept" / "wide-frames", rows[-1]).shape == (128, 160, 3)


def test_black_flat_faded_and_repeated_frames_are_left_out_unless_kept(run, tmp_path, make_film, scene):
    black, gray = (np.full((96, 160, 3), level, np.uint8) for level in (0, 128))
    faded = (scene(2)[0] * 0.1 + 128).astype(np.uint8)
    parts = [scene(1, 12), [black] * 12, scene(3, 12), [gray] * 12, scene(4, 12), [faded] * 12, scene(5, 12)]
    film = make_film(tmp_path / "film.mp4", sum(parts, []))

    run([str(film), "--window", "4"])
    run([str(film), "--window", "4", "--keep-all", "--out", str(tmp_path / "all")])

    rows = table(tmp_path / "film-frames")
    left_out = {int(row["number"]): row["left_out"] for row in rows if not row["file"]}
    assert left_out[13] == "dark"
    assert left_out[37] == "flat"
    assert left_out[61] == "flat"
    assert numbers(tmp_path / "all" / "film-frames") == [int(row["number"]) for row in rows]
    assert all(row["file"] for row in table(tmp_path / "all" / "film-frames"))


@pytest.mark.parametrize("rotation, corner", [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1))])
def test_a_phone_held_upright_gives_upright_pictures(run, tmp_path, make_film, scene, rotation, corner):
    pictures = [picture.copy() for picture in scene(1, 30)]
    for picture in pictures:
        picture[:24, :24] = (255, 0, 0)
    film = make_film(tmp_path / "phone.mp4", pictures, rotation=rotation)

    run([str(film)])

    picture = read(tmp_path / "phone-frames", table(tmp_path / "phone-frames")[0])
    assert picture.shape[:2] == ((96, 160) if rotation == 180 else (160, 96))
    y, x = (12 if place == 0 else -12 for place in corner)
    assert picture[y, x, 0] > 200 > 60 > picture[y, x, 1]


def test_other_containers_and_codecs(run, tmp_path, make_film, scene):
    films = [
        make_film(tmp_path / "a.mkv", scene(1, 30), codec="ffv1", options={}),
        make_film(tmp_path / "b.avi", scene(2, 30), codec="mpeg4", options={}),
        make_film(tmp_path / "c.webm", scene(3, 30), codec="libvpx-vp9", options={"cpu-used": "8"}),
    ]
    assert run([str(film) for film in films] + ["--out", str(tmp_path / "out")]) == 0
    for name in "abc":
        assert len(list((tmp_path / "out" / f"{name}-frames").glob("*.jpg"))) >= 1


def test_names_with_spaces_and_japanese_characters(run, tmp_path, make_film, scene):
    film = make_film(tmp_path / "夏の 空" / "第1話: 50% 「始まり」.mp4", scene(1, 30))
    assert run([str(film), "--plot"]) == 0
    folder = tmp_path / "夏の 空" / "第1話: 50% 「始まり」-frames"
    assert next(folder.glob("*.jpg")).name.startswith("第1話: 50% 「始まり」-0000")


def test_bad_films_are_told_and_the_others_done(run, tmp_path, film, capsys, make_film, scene):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no film " * 100)
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000))
    headless = tmp_path / "headless.mp4"
    headless.write_bytes(film.read_bytes()[:3000])
    names = ["empty.mp4", "text.mp4", "sound.wav", "headless.mp4", "missing.mp4"]

    status = run([str(tmp_path / name) for name in names] + [str(film)])

    told = capsys.readouterr().err.splitlines()
    assert status == 1
    assert len(told) == 5
    for name, reason in zip(
        names,
        ["an empty file", "not a film", "no pictures in it, only audio", "not a film", "no such file"],
        strict=True,
    ):
        assert any(line.startswith(f"skipped: {tmp_path / name}: ") and reason in line for line in told), (name, told)
    assert numbers(tmp_path / "film-frames")
    assert not (tmp_path / "text-frames").exists()


def test_a_film_without_frames_is_told(run, tmp_path, make_film, scene, capsys):
    path = tmp_path / "none.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode())
    assert run([str(path)]) == 1
    assert "none.mkv: " in capsys.readouterr().err


def test_a_film_that_was_cut_off_gives_what_there_is_and_a_warning(run, tmp_path, make_film, scene, capsys):
    pictures = sum((scene(seed, 40) for seed in range(5)), [])
    whole = make_film(tmp_path / "whole.mkv", pictures)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    assert run([str(cut), "--window", "40"]) == 0

    found = numbers(tmp_path / "cut-frames")
    assert found and 60 < found[-1] < 140
    assert "warning: " in capsys.readouterr().err


def test_a_clip_shorter_than_the_window(run, tmp_path, make_film, scene, capsys):
    film = make_film(tmp_path / "clip.mp4", scene(1, 20) + scene(2, 20))
    assert run([str(film)]) == 0
    assert numbers(tmp_path / "clip-frames") == [21]
    assert "shorter than --window 100" in capsys.readouterr().out


@pytest.fixture
def stop_at(monkeypatch):
    """`stop_at(3)`: the third picture is not written any more, as after Ctrl-C, but those of later runs are."""

    def arrange(count):
        write, left = extraction._write, [count]

        def stops(*arguments):
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return write(*arguments)

        monkeypatch.setattr(extraction, "SECONDS_BETWEEN_STATES", 0)
        monkeypatch.setattr(extraction, "_write", stops)

    return arrange


def test_a_stopped_run_goes_on_and_gives_the_same(run, tmp_path, film, stop_at, monkeypatch):
    flags = [str(film), "--window", "20", "--csv"]
    run([*flags, "--out", str(tmp_path / "whole")])
    stop_at(4)
    assert run(flags) == 130
    folder = tmp_path / "film-frames"
    past = json.loads((folder / "state.json").read_text())["past"]
    assert past["number"] > 50

    begun, frames = [], film_frames.frames
    monkeypatch.setattr(film_frames, "frames", lambda *a, **k: begun.append(k.get("after")) or frames(*a, **k))
    assert run(flags) == 0

    assert [after.number for after in begun] == [past["number"]]
    for name in ("frames.csv", "scores.csv"):
        assert table(folder, name) == table(tmp_path / "whole" / "film-frames", name)


def test_scores_wanted_only_after_a_stop_are_those_of_the_whole_film(run, tmp_path, film, stop_at):
    stop_at(3)
    assert run([str(film), "--window", "20"]) == 130
    assert run([str(film), "--window", "20", "--csv"]) == 0
    assert [int(row["number"]) for row in table(tmp_path / "film-frames", "scores.csv")] == list(range(1, 151))


def test_a_film_that_changes_its_size_on_the_way(run, tmp_path, make_film, scene):
    parts = [make_film(tmp_path / f"{width}.ts", scene(1, 30, 96, width), rate=25) for width in (160, 240)]
    film = tmp_path / "both.ts"
    film.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert run([str(film), "--window", "10"]) == 0
    shapes = {read(tmp_path / "both-frames", row).shape for row in table(tmp_path / "both-frames")}
    assert shapes == {(96, 160, 3), (96, 240, 3)}


def test_a_finished_film_is_not_done_again(run, film, tmp_path, capsys):
    run([str(film)])
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "film-frames").iterdir()}
    assert run([str(film)]) == 0
    assert "done before" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "film-frames").iterdir()} == before


def test_what_a_killed_run_left_is_removed(run, film, tmp_path):
    folder = tmp_path / "film-frames"
    folder.mkdir()
    (_, left), (_, fresh) = (temporary.new_file(folder) for _ in range(2))
    os.utime(left, (left.stat().st_mtime - 2 * temporary.ABANDONED,) * 2)
    assert run([str(film)]) == 0
    assert [path for path in folder.iterdir() if temporary.is_own(path)] == [fresh]


def test_two_at_once_do_not_meet_in_a_folder(run, film, tmp_path, capsys):
    (tmp_path / "film-frames").mkdir()
    with locking.exclusive_lock(tmp_path / "film-frames", "--out"):
        assert run([str(film)]) == 1
        assert [path.name for path in (tmp_path / "film-frames").iterdir()] == [locking.LOCK]
    assert capsys.readouterr().err.count("at work; end that first") == 1
    assert run([str(film)]) == 0


def test_other_settings_do_not_mix_with_what_is_there(run, film, tmp_path, capsys):
    run([str(film)])
    assert run([str(film), "--window", "20"]) == 1
    assert "other settings (window)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--window", "1"], "--window is 1"),
        (["--blur", "4"], "--blur is 4"),
        (["--alpha", "0"], "--alpha is 0"),
        (["--every", "0"], "--every is 0"),
        (["--every", "2", "--plot"], "--method keyframes"),
    ],
)
def test_wrong_flags_are_named_before_any_work(run, film, tmp_path, capsys, flags, words):
    assert run([str(film), *flags]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "film-frames").exists()


def test_out_that_is_a_file(run, film, tmp_path, capsys):
    assert run([str(film), "--out", str(film)]) == 2
    assert "--out is" in capsys.readouterr().err
