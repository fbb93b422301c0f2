"""A dataset looked through in the browser: what is pointed out, what the page is told, what decisions lead to."""

import http.client
import json
import re
import threading
from importlib import resources

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from japananime.base.errors import UserError
from japananime.datasets import (
    building,
    cutting,
    measuring,
    overlays,
    rejection,
    review_decisions,
    reviewing,
    scene_groups,
)
from japananime.datasets.rejection import Rejection
from japananime.datasets.review_decisions import Decisions
from japananime.datasets.review_server import ReviewServer
from japananime.datasets.reviewing import Review

ONE, OTHER, THIRD = 0, 2**64 - 1, 2**32 - 1


def candidate(name, group, look, time=None, rejected=None):
    measures = rejection.Measures(200, 200, 10, 1, 0, look, "00")
    return building.Candidate("anime", name, name, "", group, time=time, measures=measures, rejected=rejected)


def test_frames_that_come_back_in_another_film_are_openings_and_endings():
    ours = [
        candidate("a1", "a", ONE + 3, 10.0),
        candidate("a2", "a", OTHER, 50.0),
        candidate("a3", "a", THIRD, 100.0),
        candidate("b1", "b", ONE, 1.0),
        candidate("b2", "b", 2**16 - 1, 60.0),
        candidate("b3", "b", THIRD, 60.0, Rejection("similar", 0)),
        candidate("b4", "b", OTHER, 100.0, Rejection("dark", 3)),
        candidate("c1", "c", ONE),  # a picture of a folder is no frame
    ]
    expected = {"a1": "opening", "a3": "ending", "b1": "opening", "b3": "recurring"}
    assert scene_groups.recurring(ours) == expected
    assert scene_groups.recurring(ours[:3]) == scene_groups.recurring([]) == {}


def test_hashes_nine_bits_apart_are_not_the_same():
    far = [candidate("a", "a", 0, 1.0), candidate("b", "b", 2**9 - 1, 1.0)]
    near = [candidate("a", "a", 0, 1.0), candidate("b", "b", 2**8 - 1, 1.0)]
    assert scene_groups.recurring(far) == {} and set(scene_groups.recurring(near)) == {"a", "b"}


def written(rgb, text, place, anchor, stroke=3):
    image = Image.fromarray(rgb)
    font = ImageFont.load_default(size=30)
    ImageDraw.Draw(image).text(place, text, font=font, anchor=anchor, stroke_width=stroke, stroke_fill="black")
    return np.asarray(image)


def test_subtitles_are_seen_and_a_bright_frame_is_none(scene):
    frame = scene(3, 1, 360, 640)[0]
    said = written(frame, "Where did you go?", (320, 330), "mm")
    assert overlays.subtitles(said) > overlays.LETTERS
    assert overlays.subtitles(frame) == 0
    assert overlays.subtitles(written(frame, "Where did you go?", (320, 30), "mm")) == 0
    assert overlays.subtitles(np.full((90, 160, 3), 255, np.uint8)) == 0


def test_subtitles_are_told_by_the_borders_of_their_strokes():
    frame = np.full((360, 640, 3), 120, np.uint8)
    for left in range(100, 400, 20):
        frame[317:343, left - 3 : left + 7] = 0
        frame[320:340, left : left + 4] = 255
    # Fifteen bars of twenty rows, with two borders each.
    assert overlays.subtitles(frame) == 15 * 20 * 2 / 640


def test_what_stands_still_in_a_corner_is_a_logo(scene):
    frames = [scene(seed, 1, 360, 640)[0] for seed in range(10)]
    marked = [written(frame, "TV 7", (630, 10), "rt") for frame in frames]
    middle = [written(frame, "TV 7", (320, 180), "mm") for frame in frames]
    found = [overlays.has_logo(given) for given in (frames, marked, middle, marked[:7])]
    assert found == [False, True, False, False]


@pytest.fixture
def dataset(tmp_path, save, scene):
    """(candidates, folder) of a dataset of seven pictures; the sixth is too small and the last looks like the first."""
    looks = [scene(seed)[0] for seed in (1, 2, 3, 4, 5)] + [scene(6, 1, 40, 50)[0], scene(1)[0]]
    files = [save(tmp_path / "art" / f"{number}.png", rgb) for number, rgb in enumerate(looks)]
    settings = building.Settings(cut=cutting.Settings(size=64, areas=None))
    out = tmp_path / "dataset"
    building.claim(out, settings)
    candidates = building.from_folder("anime", tmp_path / "art", "art", files)
    measuring.examine(candidates, out)
    building.reject(candidates, settings)
    building.split(candidates, 0, 0)
    records, _ = building.write(candidates, out, settings)
    building.write_index(records, candidates, "inputs", out, settings, {})
    return candidates, out


def test_rows_are_scenes_with_what_was_found_out():
    ours = [
        candidate("a", "film", ONE, 1.0),
        candidate("b", "film", ONE + 1, 2.0, Rejection("similar", 1)),
        candidate("c", "film", OTHER, 3.0, Rejection("small", 40)),
        candidate("d", "other", OTHER, 0.0),
    ]
    rows = Review(ours, {"a": ["subtitles"]}, {"a": 2}).rows()
    assert [[one["name"] for one in row["pictures"]] for row in rows] == [["a", "b"], ["c"], ["d"]]
    assert [(row["group"], row["kind"]) for row in rows] == [("film", "anime")] * 2 + [("other", "anime")]
    assert rows[0]["pictures"][0] == {
        **{"id": 0, "name": "a", "time": 1.0, "why": None, "value": None, "open": True},
        **{"flags": ["subtitles"], "faces": 2},
    }
    assert [rows[0]["pictures"][1][name] for name in ("why", "value", "open", "faces")] == ["similar", 1, True, None]
    assert not rows[1]["pictures"][0]["open"]


def test_decisions_overrule_measures_but_not_what_cannot_be_cut():
    ours = [
        candidate("a", "film", ONE),
        candidate("b", "film", ONE, rejected=Rejection("similar", 1)),
        candidate("c", "film", ONE, rejected=Rejection("small", 4)),
        candidate("d", "film", ONE, rejected=Rejection("dark", 4)),
    ]
    review_decisions.apply(ours, {"a": "reject", "b": "keep", "c": "keep", "gone": "keep"})
    assert [one.rejected and one.rejected.why for one in ours] == ["by hand", None, "small", "dark"]


def test_the_page_is_prepared_once(dataset):
    candidates, out = dataset
    asked = []

    def count(rgb):
        asked.append(rgb.shape)
        return 3

    review, status = reviewing.prepare(candidates, out, count)
    assert status == 0 and len(asked) == 7
    assert review.faces == {one.name: 3 for one in candidates} and set(map(tuple, review.flags.values())) == {()}
    assert reviewing.prepare(candidates, out, count)[0].faces == review.faces and len(asked) == 7


@pytest.fixture
def ask(dataset):
    candidates, out = dataset
    with ReviewServer(Review(candidates), Decisions(out)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def go(method, path, body=None, host=None, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            headers["Host"] = host or f"127.0.0.1:{server.server_port}"
            connection.request(method, path, body if body is None else body.encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()

        go.server, go.out = server, out
        yield go
        server.shutdown()


def test_decisions_land_in_the_index(ask):
    index = ask.out / "dataset.json"
    told = json.loads(ask("GET", "/review")[2])
    names = [one["name"] for row in told["rows"] for one in row["pictures"]]
    assert names == [f"art-{number}" for number in range(7)] and told["decided"] == {}
    before = json.loads(index.read_text())
    assert before["inputs"] == "inputs" and before["decisions"] == {}

    assert ask("POST", "/decide", '{"ids": [0, 2, 5], "what": "reject"}')[0] == 200
    assert ask("POST", "/decide", '{"ids": [6], "what": "keep"}')[0] == 200
    after = json.loads(index.read_text())
    # The sixth is too small, whatever one decides; without `inputs` the next run builds again.
    assert after.pop("decisions") == {"art-0": "reject", "art-2": "reject", "art-6": "keep"}
    assert "inputs" not in after and after == {
        name: before[name] for name in before if name not in ("decisions", "inputs")
    }
    assert ask("POST", "/decide", '{"ids": [0, 2], "what": null}')[0] == 200
    assert json.loads(ask("GET", "/review")[2])["decided"] == {"art-6": "keep"} == review_decisions.read(ask.out)


def test_pictures_are_those_of_the_dataset_by_number(ask, tmp_path):
    status, kind, picture = ask("GET", "/picture/large/0")
    (tmp_path / "got.jpg").write_bytes(picture)
    expected = ask.server.review.candidates[0].read().astype(int)
    assert (status, kind) == (200, "image/jpeg")
    assert np.abs(np.asarray(Image.open(tmp_path / "got.jpg")) - expected).mean() < 3


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/", None, {"host": "evil.example"}, 403),
        ("POST", "/decide", '{"ids": [0], "what": "reject"}', {"Origin": "http://evil.example"}, 403),
        ("POST", "/done", "{}", {"Origin": "http://evil.example"}, 403),
        ("GET", "/dataset.json", None, {}, 404),
        ("GET", "/picture/small/7", None, {}, 404),
        ("GET", "/picture/small/-1", None, {}, 404),
        ("GET", f"/picture/small/{'9' * 5000}", None, {}, 404),
        ("GET", "/picture/small/../../dataset.json", None, {}, 404),
        ("GET", "/picture/small/%2e%2e%2fdataset.json", None, {}, 404),
        ("GET", "/picture/huge/0", None, {}, 404),
        ("POST", "/decide", '{"ids": [7], "what": "reject"}', {}, 400),
        ("POST", "/decide", '{"ids": [true], "what": "reject"}', {}, 400),
        ("POST", "/decide", '{"ids": [0], "what": "delete"}', {}, 400),
        ("POST", "/decide", '{"ids": 0, "what": "keep"}', {}, 400),
        ("POST", "/decide", "[]", {}, 400),
        ("POST", "/decide", "x", {"Content-Length": "2000000"}, 404),
    ],
)
def test_what_the_server_refuses(ask, method, path, body, headers, status):
    before = (ask.out / "dataset.json").read_bytes()
    assert ask(method, path, body, **headers)[0] == status
    assert (ask.out / "dataset.json").read_bytes() == before


def test_a_decision_that_could_not_be_written_is_not_taken_for_made(dataset, monkeypatch):
    noted = Decisions(dataset[1])

    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(review_decisions, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            noted.decide(["art-0"], "reject")
    assert noted.decided == {} and not noted.waiting
    noted.decide(["art-0"], "reject")
    assert review_decisions.read(dataset[1]) == {"art-0": "reject"} == noted.decided


def test_a_picture_that_is_gone_is_told(ask):
    ask.server.review.candidates[1].file.unlink()
    status, _, words = ask("GET", "/picture/small/1")
    assert status == 500 and b"1.png" in words


def test_a_damaged_index_is_told(tmp_path):
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(UserError, match="not a dataset's index"):
        review_decisions.read(tmp_path)
    assert review_decisions.read(tmp_path / "nowhere") == {}


def test_the_page_has_all_that_its_script_asks_for():
    page = resources.files("japananime.datasets").joinpath("review_page.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'\bby\("(\w+)"\)', page))
    assert len(asked) > 8 and asked <= set(re.findall(r'\bid="(\w+)"', page))
    assert set(re.findall(r'data-what="(\w+)"', page)) == {review_decisions.KEEP, review_decisions.REJECT, "undo"}
    assert "[hidden] { display: none !important; }" in page
