"""The small server behind the pages of `vote` and of `build_dataset --review`, asked as no browser of theirs asks."""

import http.client
import socket
import threading
import time

import pytest

from japananime.base import local_page
from japananime.base.local_page import Answer, LocalPage, json_answer


class Page(LocalPage):
    """A page with something on it, and a place where a full disk is met."""

    @property
    def posts(self):
        return {"/add": lambda found: json_answer(found["a"] + 1), "/full": self._full}

    def _full(self, found):
        raise OSError(28, "No space left on device", "votes.csv")

    def get(self, url):
        if url.path == "/fault":
            raise RuntimeError("\x1b[2Jnobody thought of this\nat all")
        return Answer(200, "text/plain", bytes(20_000_000 if url.path == "/large" else 2))


@pytest.fixture
def page():
    with Page() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def ask(page, method, path, body=None, **headers):
    """(status, headers, content) of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", page.server_port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def test_no_page_has_this_one_in_a_frame(page):
    headers = ask(page, "GET", "/")[1]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "site", "mode", "status"),
    [
        ("/", "none", "navigate", 200),
        ("/", "cross-site", "navigate", 200),
        ("/", "cross-site", "no-cors", 403),
        ("/picture", "same-origin", "no-cors", 200),
        ("/picture", "cross-site", "no-cors", 403),
        ("/picture", "same-site", "cors", 403),
        ("/picture", "cross-site", "navigate", 403),
    ],
)
def test_what_a_browser_fetches_for_other_pages_is_refused(page, path, site, mode, status):
    assert ask(page, "GET", path, Sec_Fetch_Site=site, Sec_Fetch_Mode=mode)[0] == status


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "", "localhost:1"])
def test_names_that_others_made_lead_here(page, host):
    assert ask(page, "GET", "/", Host=host)[0] == 403


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "\u0663".encode().decode("latin-1"), "1e3", "", "20000"])
def test_lengths_that_are_none_or_too_much(page, length, capsys):
    assert ask(page, "POST", "/add", b"", Content_Length=length)[0] == 404
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"1", b'"a"', b'{"a": "x"}', b"\xff", b"[" * 9000, b'{"a": 1e999}', b"9" * 5000]
)
def test_what_is_sent_and_means_nothing(page, body, capsys):
    status, _, said = ask(page, "POST", "/add", body)
    assert status == 400 or said == b"Infinity"
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_told_to_both(page, capsys):
    status, _, said = ask(page, "POST", "/full", b"{}")
    assert status == 500 and b"No space left on device" in said
    assert capsys.readouterr().err == "error: [Errno 28] No space left on device: 'votes.csv'\n"


def test_what_nobody_thought_of_is_one_line(page, capsys):
    with pytest.raises(http.client.RemoteDisconnected):
        ask(page, "GET", "/fault")
    assert capsys.readouterr().err == "error: \\x1b[2Jnobody thought of this\n"


def test_a_browser_that_goes_away_is_nothing_to_speak_of(page, capsys):
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", page.server_port)) as leaving:
            leaving.sendall(f"GET /large HTTP/1.0\r\nHost: 127.0.0.1:{page.server_port}\r\n\r\n".encode())
            leaving.recv(1)
            # What has not been read makes the system send a reset.
    assert ask(page, "GET", "/")[0] == 200
    time.sleep(0.2)
    assert capsys.readouterr().err == ""


def test_who_sends_nothing_keeps_no_thread(page, monkeypatch):
    monkeypatch.setattr(local_page._Handler, "timeout", 0.2)
    with socket.create_connection(("127.0.0.1", page.server_port), timeout=20) as silent:
        silent.sendall(f"POST /add HTTP/1.0\r\nHost: 127.0.0.1:{page.server_port}\r\n".encode())
        silent.sendall(b"Content-Length: 5\r\n\r\n{")
        assert silent.recv(100) == b""
