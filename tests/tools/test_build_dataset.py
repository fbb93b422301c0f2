"""tools/build_dataset.py: from films and folders to what a training reads."""

import hashlib
import json
import threading
import urllib.request

import cv2
import numpy as np
import pytest

from japananime.base import locking, temporary
from japananime.base.errors import UserError
from japananime.datasets import (
    building,
    extraction,
    measuring,
    rejection,
    review_decisions,
    review_server,
    written_files,
)
from japananime.datasets import index as dataset_index
from japananime.image.edge_smoothing import smooth_edges
from japananime.image.files import read_rgb
from japananime.video.reading import film_frames

FLAGS = ["--size", "64", "--areas", "1x2", "--window", "12"]


@pytest.fixture
def run(tool):
    return tool("build_dataset").main


@pytest.fixture
def sources(tmp_path, make_film, scene, save):
    """A film of twelve scenes with bars, a folder of anime, a folder of photos, and among them what is worthless."""
    shots = sum((scene(seed, 24, 128, 256) for seed in range(12)), [])
    boxed = [np.pad(picture, ((16, 16), (0, 0), (0, 0))) for picture in shots]
    make_film(tmp_path / "films" / "夏 movie.mp4", boxed)
    for seed in range(20, 26):
        save(tmp_path / "art" / f"{seed}.png", scene(seed, 1, 128, 256)[0])
    for seed in range(40, 60):
        save(tmp_path / "photos" / "trip" / f"{seed}.jpg", scene(seed, 1, 300, 400)[0])
    save(tmp_path / "photos" / "again.jpg", scene(40, 1, 300, 400)[0])
    save(tmp_path / "photos" / "small.jpg", scene(70, 1, 50, 90)[0])
    save(tmp_path / "photos" / "dark.jpg", scene(71, 1, 300, 400)[0] // 10)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"nothing")
    return [
        *("--films", str(tmp_path / "films")),
        *("--anime", str(tmp_path / "art")),
        *("--photos", str(tmp_path / "photos")),
        *("--out", str(tmp_path / "dataset")),
        *FLAGS,
    ]


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_dataset_from_everything(run, sources, tmp_path, capsys):
    assert run(sources) == 1  # a photo is broken
    assert "broken.jpg: not an image" in capsys.readouterr().err

    out = tmp_path / "dataset"
    folders = dataset_index.folders(out)
    names = {kind: {path.name for path in folder.iterdir()} for kind, folder in folders.items()}
    assert names["smooth"] == names["anime"]
    assert len(names["val_anime"]) >= 2
    assert 2 <= len(names["val_photos"]) <= 3
    assert len(names["photos"] | names["val_photos"]) == 20
    for kind in ("anime", "smooth", "val_anime"):
        assert all(read_rgb(path).shape == (64, 64, 3) for path in folders[kind].iterdir())
    assert all(read_rgb(path).shape == (128, 171, 3) for path in folders["photos"].iterdir())

    content = json.loads((out / "dataset.json").read_text())
    why = {rejected["file"].split("/")[-1]: rejected["why"] for rejected in content["rejected"]}
    trip = {"broken.jpg": "unreadable", "dark.jpg": "dark", "small.jpg": "small", "40.jpg": "similar"}
    assert {name: why.get(name) for name in trip} == trip
    assert {image["file"] for image in content["images"]} == {
        str(path.relative_to(out)) for folder in folders.values() for path in folder.iterdir()
    }
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "train/anime" in page
    assert "rejected as dark: 1" in page


def test_the_index_tells_where_every_picture_is_from(run, sources, tmp_path):
    run(sources)
    out = tmp_path / "dataset"
    content = json.loads((out / "dataset.json").read_text())
    for image in content["images"]:
        made = (out / image["file"]).read_bytes()
        assert image["hash"] == hashlib.sha256(made).hexdigest()[:16]
    film = {frame.number: frame for frame in film_frames.frames(tmp_path / "films" / "夏 movie.mp4")}
    image = next(image for image in content["images"] if image["kind"] == "anime" and image["frame"])
    frame = film[image["frame"]]
    assert image["time"] == pytest.approx(frame.time, abs=0.001)
    x, y, width, height = image["crop"]
    inside = frame.rgb()[18:142]  # without the bars
    expected = inside[y : y + height, x : x + width].astype(int)
    assert np.abs(read_rgb(out / image["file"]) - expected).mean() < 4
    smoothed = read_rgb(out / image["file"].replace("anime", "smooth", 1)).astype(int)
    assert np.abs(smoothed - smooth_edges(expected.astype(np.uint8))).mean() < 4
    assert content["settings"]["cut"]["size"] == 64
    assert {"japananime", "av", "cv2"} <= set(content["versions"])


def test_validation_is_other_scenes_than_training(run, sources, tmp_path):
    run(sources)
    images = json.loads((tmp_path / "dataset" / "dataset.json").read_text())["images"]
    held = {image["scene"] for image in images if image["kind"].startswith("val_")}
    used = {image["scene"] for image in images if not image["kind"].startswith("val_")}
    assert held
    assert not held & used
    # The film's scenes are of 24 frames each: frames of one are of one part.
    parts = {}
    for image in images:
        if image["frame"]:
            parts.setdefault((image["frame"] - 1) // 24, set()).add(image["kind"] == "val_anime")
    assert all(len(part) == 1 for part in parts.values())


def candidates(hashes, group="film"):
    measures = [rejection.Measures(0, 0, 0, 0, 0, number, "00") for number in hashes]
    return [
        building.Candidate("anime", f"{group}{place}", "", "", group, measures=one)
        for place, one in enumerate(measures)
    ]


def test_neighbours_alike_are_one_scene_even_with_another_shot_between():
    one, other = 0, 2**64 - 1
    ours = candidates([one, one + 3, other, one + 1, other - 1]) + candidates([one], group="another film")
    building.split(ours, 0.5, seed=0)
    assert [candidate.scene for candidate in ours] == [0, 0, 1, 0, 1, 2]


def test_the_share_held_out_is_about_what_was_asked_for():
    numbers = np.random.default_rng(0)
    ours = candidates([int(numbers.integers(2**63)) for _ in range(400)])
    building.split(ours, 0.1, seed=0)
    assert 36 <= sum(candidate.validation for candidate in ours) <= 48
    building.split(ours, 0, seed=0)
    assert not any(candidate.validation for candidate in ours)


def test_started_again_it_redoes_nothing(run, sources, tmp_path, capsys):
    run(sources)
    before = stamps(tmp_path / "dataset")
    run(sources)
    assert "built before" in capsys.readouterr().out
    assert stamps(tmp_path / "dataset") == before


def test_stopped_and_started_again_it_goes_on(run, sources, tmp_path, monkeypatch):
    run([*sources, "--out", str(tmp_path / "whole")])
    write, left = building._write, [8]

    def stops(*arguments):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return write(*arguments)

    monkeypatch.setattr(building, "_write", stops)
    assert run(sources) == 130
    out = tmp_path / "dataset"
    with pytest.raises(UserError, match="finished"):
        dataset_index.folders(out)
    before = stamps(out / "train") | stamps(out / "frames")
    assert before

    def never(*arguments, **named):
        raise AssertionError("done before")

    monkeypatch.setattr(building, "_write", write)
    monkeypatch.setattr(extraction.keyframes, "choose", never)
    monkeypatch.setattr(rejection, "measure", never)
    run(sources)
    assert {path: stamp for path, stamp in stamps(out).items() if path in before} == before
    whole, again = (json.loads((place / "dataset.json").read_text())["images"] for place in (tmp_path / "whole", out))
    assert whole == again


def test_a_new_source_joins_and_nothing_stale_stays(run, sources, tmp_path, save, scene):
    run(sources)
    for seed in range(80, 90):
        save(tmp_path / "art" / f"{seed}.png", scene(seed, 1, 128, 256)[0])
    run(sources)
    out = tmp_path / "dataset"
    images = json.loads((out / "dataset.json").read_text())["images"]
    assert any("art-85" in image["file"] for image in images)
    there = {str(path.relative_to(out)) for part in ("train", "validation") for path in (out / part).rglob("*.jpg")}
    assert there == {image["file"] for image in images}


def test_whole_frames_and_one_kind_alone(run, sources, tmp_path):
    out = tmp_path / "whole"
    assert run(["--anime", str(tmp_path / "art"), "--out", str(out), "--size", "64", "--areas", "none"]) == 0
    folders = dataset_index.folders(out)
    assert folders["photos"] is None
    assert {read_rgb(path).shape for path in folders["anime"].iterdir()} == {(128, 256, 3)}


def test_bars_of_frames_in_a_folder_are_found(tmp_path, scene, save):
    files = [save(tmp_path / f"{seed}.png", np.pad(scene(seed)[0], ((20, 20), (0, 0), (0, 0)))) for seed in range(6)]
    for candidate in building.from_folder("anime", tmp_path, "film", files):
        assert candidate.read().shape == (92, 160, 3)


def test_other_settings_and_foreign_folders_are_refused(run, sources, tmp_path, capsys):
    run(sources)
    assert run([*sources, "--seed", "5"]) == 2
    assert "other settings (cut)" in capsys.readouterr().err
    assert run(["--anime", str(tmp_path / "art"), "--out", str(tmp_path / "photos")]) == 2
    assert "neither empty nor a dataset" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags, words",
    [
        ([], "give --films, --anime or --photos"),
        (["--anime", "missing"], "missing: no such file or folder"),
        (["--anime", "art", "--validation", "0.9"], "--validation is 0.9"),
        (["--anime", "art", "--areas", "six"], "--areas is 'six'"),
    ],
)
def test_wrong_flags(run, sources, tmp_path, monkeypatch, capsys, flags, words):
    monkeypatch.chdir(tmp_path)
    assert run([*flags, "--out", "other"]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_nothing_usable(run, tmp_path, save, capsys):
    save(tmp_path / "dark" / "a.png", np.zeros((300, 300, 3), np.uint8))
    assert run(["--anime", str(tmp_path / "dark"), "--out", str(tmp_path / "out")]) == 2
    assert "none of 1 pictures can be used" in capsys.readouterr().err


def test_photos_are_never_enlarged(run, tmp_path, save, scene):
    save(tmp_path / "photos" / "a.png", cv2.resize(scene(1)[0], (100, 70)))
    run(["--photos", str(tmp_path / "photos"), "--out", str(tmp_path / "out"), "--size", "64"])
    assert read_rgb(next((tmp_path / "out" / "train" / "photos").iterdir())).shape == (70, 100, 3)


def test_one_that_was_killed_at_its_first_write_begins_anew(tmp_path):
    (tmp_path / ".japananime-abcd1234.part").write_text("{")
    (tmp_path / locking.LOCK).write_text("1")
    building.claim(tmp_path, building.Settings())
    assert (tmp_path / building.SETTINGS).is_file()
    (tmp_path / building.SETTINGS).unlink()
    (tmp_path / "mine.txt").touch()
    with pytest.raises(UserError, match="neither empty nor a dataset"):
        building.claim(tmp_path, building.Settings())


def test_two_at_once_do_not_meet_in_a_dataset(run, sources, tmp_path, capsys):
    (tmp_path / "dataset").mkdir()
    with locking.exclusive_lock(tmp_path / "dataset", "--out"):
        assert run(sources) == 2
    assert "at work; end that first" in capsys.readouterr().err
    assert not (tmp_path / "dataset" / "train").exists()


def test_what_a_killed_run_left_is_removed(run, tmp_path, save, scene):
    save(tmp_path / "photos" / "a.png", cv2.resize(scene(1)[0], (100, 70)))
    out = tmp_path / "out"
    out.mkdir()
    temporary.new_file(out)
    run(["--photos", str(tmp_path / "photos"), "--out", str(out), "--size", "64"])
    assert (out / "dataset.json").is_file() and not [path for path in out.iterdir() if temporary.is_own(path)]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"K": 1}',
        '{"K": {"size": [1], "measures": {}}}',
        '{"K": {"size": [1, 2], "measures": {"hash": "x"}}}',
    ],
)
def test_damaged_measures_are_made_again(tmp_path, save, scene, text):
    candidates = building.from_folder("anime", tmp_path, "art", [save(tmp_path / "0.png", scene(0)[0])])
    measuring.examine(candidates, tmp_path)
    path = tmp_path / measuring.MEASURES
    whole = path.read_text()
    (key,) = json.loads(whole)
    path.write_text(text.replace('"K"', json.dumps(key)))
    candidates[0].measures = None
    assert measuring.examine(candidates, tmp_path) == 0
    assert path.read_text() == whole and candidates[0].measures is not None


def test_a_folder_of_the_dataset_that_leads_out_is_not_written_to(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.jpg").touch()
    building.claim(tmp_path / "dataset", building.Settings())
    (tmp_path / "dataset" / "train").mkdir()
    (tmp_path / "dataset" / "train" / "photos").symlink_to(outside)
    with pytest.raises(UserError, match="leads out of the dataset"):
        building.write([], tmp_path / "dataset", building.Settings())
    assert [path.name for path in outside.iterdir()] == ["mine.jpg"]


def test_what_somebody_puts_there_stays_and_what_is_wanted_no_more_goes(run, tmp_path, save, scene):
    for number in (1, 2):
        save(tmp_path / "photos" / f"{number}.png", cv2.resize(scene(number)[0], (100, 70)))
    out, arguments = tmp_path / "out", ["--photos", str(tmp_path / "photos"), "--size", "64", "--validation", "0"]
    assert run([*arguments, "--out", str(out)]) == 0
    made = out / "train" / "photos"
    before = {path.name for path in made.iterdir()}
    assert len(before) == 2
    (made / "mine.jpg").write_bytes(b"mine")
    (made / "left-by-a-kill.jpg").touch()
    written_files.note(out, ["train/photos/left-by-a-kill.jpg"])
    (tmp_path / "photos" / "1.png").unlink()
    assert run([*arguments, "--out", str(out)]) == 0
    after = {path.name for path in made.iterdir()}
    assert after == {"mine.jpg", *(name for name in before if "2" in name)}
    assert (made / "mine.jpg").read_bytes() == b"mine"


def test_of_a_dataset_of_an_earlier_version_the_index_tells_what_is_its_own(tmp_path):
    (tmp_path / "train").mkdir()
    for name in ("old.jpg", "mine.jpg", "new.jpg"):
        (tmp_path / "train" / name).touch()
    (tmp_path / "dataset.json").write_text('{"images": [{"file": "train/old.jpg"}, {"file": "train/new.jpg"}]}')
    written_files.keep(tmp_path, ["train"], ["train/new.jpg"])
    assert sorted(path.name for path in (tmp_path / "train").iterdir()) == ["mine.jpg", "new.jpg"]
    assert (tmp_path / "written.txt").read_text() == "train/new.jpg\n"


def review(run, sources, monkeypatch, decide):
    """Run with --review; decide(ask) gives the decisions over HTTP, then says it is done: the exit status."""
    started = {}

    class Server(review_server.ReviewServer):
        def serve_until_stopped(self, open_browser=False):
            def person():
                def ask(path, content=None):
                    body = None if content is None else json.dumps(content).encode()
                    with urllib.request.urlopen(self.address + path, body, timeout=20) as answer:
                        return json.loads(answer.read())

                started["by"] = decide(ask)
                ask("done", {})

            threading.Thread(target=person, daemon=True).start()
            super().serve_until_stopped(open_browser)

    monkeypatch.setattr(review_server, "ReviewServer", Server)
    status = run([*sources, "--review", "--port", "0"])
    assert "by" in started
    return status


def test_decisions_on_the_page_are_built_and_stay(run, sources, tmp_path, monkeypatch, capsys):
    def decide(ask):
        told = ask("review")
        numbers = {one["name"]: one["id"] for row in told["rows"] for one in row["pictures"]}
        assert all(one["faces"] is not None for row in told["rows"][:3] for one in row["pictures"])
        ask("decide", {"ids": [numbers["art-21"], numbers["photos-trip-45"]], "what": "reject"})
        ask("decide", {"ids": [numbers["photos-dark"]], "what": "keep"})
        return numbers

    assert review(run, sources, monkeypatch, decide) == 1  # a photo is broken
    out = tmp_path / "dataset"

    def check():
        content = json.loads((out / "dataset.json").read_text())
        names = {path.name for path in out.glob("*/*/*.jpg")}
        assert content["decisions"] == {"art-21": "reject", "photos-trip-45": "reject", "photos-dark": "keep"}
        why = {one["file"].split("/")[-1]: one["why"] for one in content["rejected"]}
        assert why["21.png"] == why["45.jpg"] == "by hand" and "dark.jpg" not in why
        assert "photos-dark.jpg" in names and "photos-trip-45.jpg" not in names
        assert not any(name.startswith("art-21") for name in names) and any(name.startswith("art-22") for name in names)
        assert "inputs" in content

    check()
    before = stamps(out)
    capsys.readouterr()
    assert run(sources) == 0 and "built before" in capsys.readouterr().out and stamps(out) == before
    # A further build, with more to build from, honours them too.
    assert run([*sources, "--anime", str(tmp_path / "art"), str(tmp_path / "photos" / "trip")]) == 1
    check()


def test_a_review_without_a_decision_changes_nothing(run, sources, tmp_path, monkeypatch, capsys):
    run(sources)
    images = (tmp_path / "dataset" / "dataset.json").read_bytes()
    assert review(run, sources, monkeypatch, lambda ask: ask("review")) == 1
    assert "nothing has changed" in capsys.readouterr().out
    assert (tmp_path / "dataset" / "dataset.json").read_bytes() == images


def test_decisions_of_a_review_that_was_killed_are_built_by_the_next_run(run, sources, tmp_path):
    run(sources)
    out = tmp_path / "dataset"
    review_decisions.Decisions(out).decide(["art-21"], "reject")
    assert any(path.name.startswith("art-21") for path in out.glob("*/*/*.jpg"))
    run(sources)
    assert not any(path.name.startswith("art-21") for path in out.glob("*/*/*.jpg"))
