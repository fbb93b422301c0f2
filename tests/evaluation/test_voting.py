"""Votes: ranks that come out as they should, a table that is gone on with, and the page's server."""

import csv
import http.client
import json
import math
import re
import threading
from importlib import resources

import numpy as np
import pytest

from japananime import vote
from japananime.base import locking
from japananime.base.errors import UserError
from japananime.evaluation import ballots, ranking
from japananime.evaluation.ballots import Ballot, Ballots
from japananime.evaluation.ranking import DRAW, LEFT, RIGHT, Vote
from japananime.evaluation.vote_server import VoteServer


def test_strengths_of_two_by_hand(monkeypatch):
    monkeypatch.setattr(ranking, "PRIOR", 0.0)
    votes = [Vote("x", "p", "a", "b", choice) for choice in [LEFT] * 6 + [RIGHT] * 1 + [DRAW] * 2]
    votes.append(Vote("x", "p", "b", "a", LEFT))
    won = ranking.wins(["a", "b"], votes)
    np.testing.assert_array_equal(won, [[0, 7], [3, 0]])
    # Odds of 7 to 3, half of their logarithm up and half down.
    assert ranking.strengths(won) == pytest.approx([math.log(7 / 3) / 2, -math.log(7 / 3) / 2])


def test_two_hundred_simulated_votes_give_back_a_known_order(random):
    names, strength = list("abcde"), dict(zip("abcde", (2.0, 1.0, 0.0, -1.0, -2.0), strict=True))
    votes = []
    for number in range(200):
        left, right = random.choice(names, 2, replace=False)
        preferred = random.random() < 1 / (1 + math.exp(strength[right] - strength[left]))
        votes.append(Vote("x", str(number), left, right, LEFT if preferred else RIGHT))
    found = ranking.ranks(names, votes)
    assert [row.name for row in found] == names
    for row in found:
        assert row.low <= strength[row.name] + 0.8 and row.high >= strength[row.name] - 0.8
        assert row.low < row.strength < row.high
    assert sum(row.votes for row in found) == 400
    text = ranking.report(names, votes)
    assert "200 votes of 1 person on 200 photos" in text and text.index("| a |") < text.index("| e |")


def test_nobody_is_without_bounds():
    found = ranking.ranks(["a", "b"], [Vote("x", "p", "a", "b", LEFT)] * 3)
    assert [row.name for row in found] == ["a", "b"] and found[0].strength < 5
    assert [row.strength for row in ranking.ranks(["a", "b"], [])] == pytest.approx([0, 0])


@pytest.fixture
def sources(tmp_path, save, random):
    for folder in ("photos", "a", "b", "c"):
        for name in ("one", "two", "three"):
            save(tmp_path / folder / f"{name}.png", random.integers(0, 256, (12, 16, 3)).astype(np.uint8))
    save(tmp_path / "photos" / "alone.png", np.zeros((8, 8, 3), np.uint8))
    return tmp_path


def gathered(sources):
    photos, made, left_out = ballots.gather(sources / "photos", {name: sources / name for name in "abc"})
    assert left_out == 1
    return Ballots(photos, made, sources / "votes.csv")


def test_every_pair_of_every_photo_is_asked_once_and_the_table_is_gone_on_with(sources):
    seen = []
    for number in range(9):
        votes = gathered(sources)  # as if it had been stopped and started before each vote
        assert (votes.given("x"), votes.most) == (number, 9)
        ballot = votes.next("x")
        seen.append((ballot.photo, frozenset((ballot.left, ballot.right))))
        votes.cast("x", ballot, (LEFT, RIGHT, DRAW)[number % 3])
    assert len(set(seen)) == 9
    again = gathered(sources)
    assert again.next("x") is None and again.next("somebody else") is not None
    assert [one.choice for one in again.votes] == [LEFT, RIGHT, DRAW] * 3


def test_lines_that_are_no_votes_are_left_out(sources):
    votes = gathered(sources)
    votes.cast("=cmd", Ballot("one", "a", "b"), LEFT)
    with votes.table.open("a") as file:
        file.write("x,one,a,b,maybe\nx,none,a,b,left\nx,one,a,z,left\nx,one,a,a,left\nx,one\n")
    assert "'=cmd" in votes.table.read_text()
    assert gathered(sources).votes == [Vote("=cmd", "one", "a", "b", LEFT)]


def test_a_vote_that_a_full_disk_cuts_off_spoils_no_other_and_can_be_given_again(sources, monkeypatch):
    with VoteServer(gathered(sources)) as server:
        first, second = (server.hand_out("x")["token"] for _ in range(2))
        assert server.take(first, LEFT)

        def half(writer, row):
            writer.writer.writerow(["x"])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(csv.DictWriter, "writerow", half)
            with pytest.raises(OSError, match="No space"):
                server.take(second, RIGHT)
        assert [one.choice for one in gathered(sources).votes] == [LEFT]
        assert server.take(second, RIGHT)
    assert [one.choice for one in gathered(sources).votes] == [LEFT, RIGHT]


def test_two_pages_do_not_share_a_folder(sources, capsys):
    (sources / "out").mkdir()
    with locking.exclusive_lock(sources / "out", "--out"):
        arguments = ["--photos", str(sources / "photos"), "--outputs", f"a={sources / 'a'}", f"b={sources / 'b'}"]
        assert vote.main([*arguments, "--out", str(sources / "out"), "--port", "0"]) == 2
    assert "is at work; end that first" in capsys.readouterr().err


@pytest.fixture
def ask(sources):
    with VoteServer(gathered(sources)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def go(method, path, body=None, host=None, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            headers["Host"] = host or f"127.0.0.1:{server.server_port}"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()

        go.server = server
        yield go
        server.shutdown()


def test_the_page_shows_two_pictures_and_takes_a_vote(ask):
    status, kind, page = ask("GET", "/")
    assert (status, kind) == (200, "text/html; charset=utf-8") and b"ArrowLeft" in page
    told = json.loads(ask("GET", "/next?voter=Mia%20")[2])
    assert (told["given"], told["most"]) == (0, 9)
    for side in ("photo", "left", "right"):
        status, kind, picture = ask("GET", f"/picture/{told['token']}/{side}")
        assert (status, kind, picture[:2]) == (200, "image/jpeg", b"\xff\xd8")
    voter, ballot = ask.server.waiting[told["token"]]
    body = json.dumps({"token": told["token"], "choice": RIGHT})
    assert ask("POST", "/vote", body)[0] == 200
    assert ask.server.ballots.votes == [Vote("Mia", ballot.photo, ballot.left, ballot.right, RIGHT)] and voter == "Mia"
    assert ask("POST", "/vote", body)[0] == 400  # a vote counts once
    assert json.loads(ask("GET", "/next?voter=Mia")[2])["given"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/", None, {"host": "evil.example"}, 403),
        ("POST", "/vote", "{}", {"Origin": "http://localhost:1"}, 403),
        ("GET", "/votes.csv", None, {}, 404),
        ("GET", "/picture/x/left", None, {}, 404),
        ("GET", "/picture/../etc/passwd", None, {}, 404),
        ("POST", "/other", "{}", {}, 404),
        ("POST", "/vote", "x" * 20_000, {}, 404),
        ("POST", "/vote", "[" * 9_000, {}, 400),
        ("POST", "/vote", '{"token": ["x"], "choice": "left"}', {}, 400),
    ],
)
def test_what_the_server_refuses(ask, method, path, body, headers, status):
    assert ask(method, path, body, **headers)[0] == status
    assert not ask.server.ballots.votes


def test_the_command_writes_the_report_of_what_is_there(sources, capsys):
    votes = gathered(sources)
    for photo in ("one", "two", "three"):
        votes.cast("x", Ballot(photo, "a", "b"), RIGHT)
    (sources / "out").mkdir()
    votes.table.rename(sources / "out" / "votes.csv")
    flags = ["--photos", str(sources / "photos"), "--outputs", *(f"{name}={sources / name}" for name in "abc")]
    assert vote.main([*flags, "--out", str(sources / "out"), "--report"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("b: preferred 100% of 3 times") and lines[2].startswith("a: preferred 0% of 3 times")
    assert "3 votes of 1 person" in (sources / "out" / "votes.md").read_text()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [(["a"], "it must be NAME=DIR"), (["a=a"], "names 1 makers"), (["a=a", "a=b"], "names 1 makers")],
)
def test_wrong_use(outputs, message):
    with pytest.raises(UserError, match=message):
        vote.parse(["--photos", "p", "--outputs", *outputs])


def test_the_page_has_all_that_its_script_asks_for():
    page = resources.files("japananime.evaluation").joinpath("vote_page.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'\bby\("(\w+)"\)', page))
    assert asked == {"voter", "question", "count", "photo"}
    assert asked <= set(re.findall(r'\bid="(\w+)"', page))
    assert set(re.findall(r'data-choice="(\w+)"', page)) == set(ranking.CHOICES)
    # What is hidden stays so although its kind is laid out as a grid or a row: at the end no pair is left to see.
    assert "[hidden] { display: none !important; }" in page
