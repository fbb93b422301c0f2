"""What stands before the page, with a few lines in the page's place."""

import asyncio
import base64
import json

import pytest

from japananime.web import guard as page_headers
from japananime.web.guard import HEADERS, JOIN, MOST_BYTES, STARTED, UPLOAD, Guard
from japananime.web.password import CHALLENGE

HOST = "127.0.0.1:7860"
FILES = "/gradio_api/file=/tmp/a/b.png"


def ask(method="GET", path="/", body=b"", host=HOST, client="10.0.0.1", guard=None, **headers):
    """(status, what reached the page, headers of the answer) of a request. guard: what else a Guard is made with."""
    reached = []
    sent = []

    async def page(scope, receive, send):
        reached.append((await receive())["body"] if method == "POST" else b"")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    named = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {"type": "http", "method": method, "path": path, "client": (client, 50_000)}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in named.items() if value is not None]
    asyncio.run(
        Guard(page, names={"studio.example"}, has_room=lambda size: size <= 5, **guard or {})(scope, receive, send)
    )
    return sent[0]["status"], reached, sent[0]["headers"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("HEAD", "/"), ("GET", "/assets/index.js"), ("GET", "/static/img/logo.svg"),
        ("GET", "/theme.css"),
        ("GET", "/gradio_api/queue/data"), ("GET", "/gradio_api/heartbeat/abc123"), ("GET", FILES), ("HEAD", FILES),
    ],
)  # fmt: skip
def test_what_the_page_uses_is_there(method, path):
    status, reached, headers = ask(method, path)
    assert (status, reached) == (200, [b""])
    assert set(HEADERS) <= set(headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/process_recording"), ("POST", "/gradio_api/component_server"), ("GET", "/config"),
        ("POST", "/gradio_api/api/picture"), ("POST", "/gradio_api/run/film"), ("POST", "/gradio_api/call/picture"),
        ("GET", "/gradio_api/proxy=http://example.org"), ("GET", "/gradio_api/file=http://example.org/a.png"),
        ("GET", "/gradio_api/runs"), ("GET", "/monitoring"), ("GET", "/gradio_api/dev/reload"), ("DELETE", "/"),
        ("OPTIONS", "/"), ("POST", "/"), ("GET", "/gradio_api/queue/join"), ("GET", "/gradio_api/heartbeat/a/b"),
        ("GET", "/theme.css/"), ("GET", "//"), ("POST", "/gradio_api/upload/"), ("GET", "/theme.css\n"),
    ],
)  # fmt: skip
def test_nothing_else_is_there(method, path):
    status, reached, headers = ask(method, path, content_length="1")
    assert (status, reached) == (404, [])
    assert set(HEADERS) <= set(headers)


@pytest.mark.parametrize(
    "host", [HOST, "localhost:7860", "[::1]:7860", "192.168.1.7:7860", "Studio.Example", "LOCALHOST"]
)
def test_names_that_are_its_own(host):
    assert ask(host=host)[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example:7860", "127.0.0.1.evil.example", "studio.example.evil.example", "", None, "[::1", "a@b"]
)
def test_names_that_others_made_lead_here(host):
    assert ask(host=host)[:2] == (421, [])


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:3000", "http://127.0.0.1:7861", "null", "file://", ""]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", FILES), ("POST", UPLOAD)])
def test_pages_from_elsewhere_may_neither_read_nor_send(method, path, origin):
    assert ask(method, path, b"1", origin=origin, content_length="1")[:2] == (403, [])


def test_the_page_itself_may():
    assert ask(origin=f"http://{HOST}")[0] == 200
    assert ask("POST", UPLOAD, b"1", origin=f"http://{HOST}", content_length="1")[0] == 200
    assert (
        ask("POST", UPLOAD, b"1", origin="https://studio.example", host="studio.example", content_length="1")[0] == 200
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_fetches_for_others_is_refused_but_links_lead_here(site):
    assert ask(path=FILES, sec_fetch_site=site, sec_fetch_mode="no-cors")[0] == 403
    assert ask(path=FILES, sec_fetch_site=site, sec_fetch_mode="navigate")[0] == 403
    assert ask(path="/", sec_fetch_site=site, sec_fetch_mode="no-cors")[0] == 403
    assert ask(path="/", sec_fetch_site=site, sec_fetch_mode="navigate")[0] == 200
    assert ask(path=FILES, sec_fetch_site="same-origin", sec_fetch_mode="no-cors")[0] == 200


@pytest.mark.parametrize(("length", "status"), [("5", 200), ("6", 507), (None, 411), ("x", 411), ("-1", 411)])
def test_a_full_folder_refuses_uploads(length, status):
    assert ask("POST", UPLOAD, b"12345", content_length=length)[0] == status


@pytest.mark.parametrize(
    "data",
    [
        {"path": "http://example.org/a.png"},
        {"path": "HTTPS://example.org/a.png"},
        [{"deep": [{"path": "ftp://example.org/a"}]}],
        {"path": "/tmp/a.png", "orig_path": "http://example.org"},
    ],
)
def test_files_that_are_addresses_never_reach_gradio(data):
    assert ask("POST", JOIN, json.dumps({"data": [data]}).encode())[:2] == (400, [])


def test_files_that_were_uploaded_do():
    body = json.dumps({"data": [{"path": "/tmp/a.png", "url": f"http://{HOST}{FILES}"}, "daylight", 1.0]}).encode()
    assert ask("POST", JOIN, body)[:2] == (200, [body])


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 200_000, b" " * (MOST_BYTES + 1)])
def test_what_is_no_payload_is_refused(body):
    assert ask("POST", JOIN, body)[:2] == (400, [])


def test_of_one_address_so_many_tasks_wait_and_no_more():
    guard = {"may_wait": lambda address: address != "10.0.0.2"}
    status, reached, headers = ask("POST", JOIN, b"{}", client="10.0.0.2", guard=guard)
    assert (status, reached) == (503, []) and (b"content-type", b"application/json") in headers
    assert ask("POST", JOIN, b"{}", client="10.0.0.3", guard=guard)[0] == 200
    assert ask("POST", UPLOAD, b"1", client="10.0.0.2", guard=guard, content_length="1")[0] == 200


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (None, 401), ("", 401), ("Basic", 401), ("Basic %", 401), ("Bearer " + basic("me:京 ü:1")[6:], 401),
        (basic("me:京 ü:"), 401), (basic("me:京 ü:12"), 401), (basic("京 ü:1"), 401), (basic("me:京 ü:1"), 200),
        (basic(":京 ü:1"), 200), ("basic " + basic("me:京 ü:1")[6:], 200),
    ],
)  # fmt: skip
def test_a_password_is_asked_for(monkeypatch, given, status):
    monkeypatch.setattr(page_headers, "WRONG_PASSWORD", 0.0)
    guard = {"password": "京 ü:1"}
    found, reached, headers = ask(authorization=given, guard=guard)
    assert (found, bool(reached)) == (status, status == 200)
    assert (CHALLENGE in headers) == (status == 401) and set(HEADERS) <= set(headers)
    assert ask("POST", UPLOAD, b"1", authorization=given, guard=guard, content_length="1")[0] == status
    # Gradio asks itself for it, before anybody else can.
    assert ask(path=STARTED, guard=guard)[0] == 200


def test_who_gives_a_wrong_password_waits(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(page_headers.asyncio, "sleep", sleep)
    ask(authorization=basic("me:wrong"), guard={"password": "right"})
    assert waited == [page_headers.WRONG_PASSWORD] and waited[0] >= 1
    ask(guard={"password": "right"})
    ask(authorization=basic("me:right"), guard={"password": "right"})
    assert len(waited) == 1


def test_no_sockets():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(None)({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
