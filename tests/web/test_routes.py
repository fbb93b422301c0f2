"""The page's real server, asked as a browser asks and as it is not to be asked; skipped where Gradio lacks."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from samples import paint

from japananime import demo
from japananime.styles import folder as style_folder
from japananime.web import guard as page_headers

pytestmark = pytest.mark.skipif(importlib.util.find_spec("gradio") is None, reason="needs gradio")
ROOT = Path(__file__).resolve().parents[2]
# All that is open of what Gradio has; anything beside it is to be looked at before it is added.
OPEN = {
    ("GET", "/"), ("HEAD", "/"), ("GET", "/assets/{path:path}"), ("GET", "/static/{path:path}"), ("GET", "/theme.css"),
    ("GET", "/favicon.ico"), ("GET", "/gradio_api/startup-events"), ("GET", "/gradio_api/queue/data"),
    ("GET", "/gradio_api/upload_progress"), ("GET", "/gradio_api/heartbeat/{session_hash}"),
    ("GET", "/gradio_api/file={path_or_url:path}"), ("HEAD", "/gradio_api/file={path_or_url:path}"),
    ("POST", "/gradio_api/upload"), ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/run/{api_name}"),
}  # fmt: skip
# In a process of its own, as Gradio leaves event loops open.
ROUTES = """if True:
    import json
    from japananime.base import private_imports as quiet
    gradio = quiet.gradio()
    with gradio.Blocks() as blocks:
        gradio.Button().click(lambda: None)
    waiting, found = list(gradio.routes.App.create_app(blocks).routes), []
    while waiting:
        route = waiting.pop()
        waiting += route.original_router.routes if hasattr(route, "original_router") else getattr(route, "routes", [])
        found += [(method, route.path) for method in getattr(route, "methods", None) or ()]
    print(json.dumps(found))
"""
# Style, strength, boldness, the photo's colours, a second style and its share, faces.
LOOK = [style_folder.DEFAULT, 1.0, 0.5, False, "", 0.5, False]
VALUES = {"path": "a/b.js", "path_or_url": "/tmp/a.png", "session_hash": "abc123", "api_name": "stop"}


def test_of_gradios_routes_only_those_that_the_page_uses_are_open():
    found = subprocess.run([sys.executable, "-c", ROUTES], cwd=ROOT, capture_output=True, text=True, check=True)
    routes = set(map(tuple, json.loads(found.stdout)))
    assert len(routes) > 60 and ("POST", "/gradio_api/process_recording") in routes
    guard = page_headers.Guard(None)
    open_to_all = set()
    for method, path in routes:
        real = re.sub(r"{(\w+)(:\w+)?}", lambda name: VALUES.get(name[1], "x"), path)
        scope = {"method": method, "path": real, "headers": [(b"host", b"localhost"), (b"content-length", b"1")]}
        open_to_all |= {(method, path)} if guard._refusal(scope) is None else set()
    assert open_to_all == OPEN


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """(address, folder of its files) of a page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("temporary")
    process = subprocess.Popen(
        [sys.executable, "-m", demo.__name__, "--port", str(port)], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        assert "the page is at" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}", folder
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert not list(folder.iterdir())
    finally:
        process.kill()
        process.stdout.close()


def ask(address, body=None, **headers):
    """(status, content) of a request."""
    request = urllib.request.Request(address, body, {name.replace("_", "-"): text for name, text in headers.items()})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def send(address, path):
    """Upload a file: where the server put it."""
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body = head + path.read_bytes() + b"\r\n--x--\r\n"
    status, said = ask(f"{address}/gradio_api/upload", body, content_type="multipart/form-data; boundary=x")
    assert status == 200
    return json.loads(said)[0]


def number(address, name):
    """The number by which Gradio knows what the page can do."""
    config = re.search(r"window.gradio_config = (.*?);</script>", ask(address)[1].decode()).group(1)
    return next(one["id"] for one in json.loads(config)["dependencies"] if one["api_name"] == name)


def join(address, photo, session):
    """Ask for a picture: (status, answer)."""
    data = [{"path": photo, "meta": {"_type": "gradio.FileData"}}, *LOOK]
    body = {"data": data, "fn_index": number(address, "picture"), "session_hash": session}
    return ask(f"{address}/gradio_api/queue/join", json.dumps(body).encode(), content_type="application/json")


def test_page_upload_and_picture(server, tmp_path, random):
    address, _ = server
    status, page = ask(address)
    assert status == 200 and b"window.gradio_config" in page
    assert join(address, send(address, paint(tmp_path / "a.png", random)), "session1")[0] == 200
    status, said = ask(f"{address}/gradio_api/queue/data?session_hash=session1")
    lines = [json.loads(line[6:]) for line in said.decode().splitlines() if line.startswith("data: ")]
    done = next(line for line in lines if line["msg"] == "process_completed")
    assert done["success"] and "48 × 40 pixels" in done["output"]["data"][2]
    status, made = ask(f"{address}/gradio_api/file={done['output']['data'][3]['value']['path']}")
    assert (status, made[:8]) == (200, b"\x89PNG\r\n\x1a\n")


def test_a_list_of_other_files_is_not_followed(server, tmp_path):
    address, _ = server
    (tmp_path / "x.mp4").write_text(f"#EXTM3U\n#EXTINF:1,\nfile:{tmp_path}/film.mp4\n#EXT-X-ENDLIST\n")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.mp4"\r\n\r\n'
    body += (tmp_path / "x.mp4").read_bytes() + b"\r\n--x--\r\n"
    path = f"{address}/gradio_api/process_recording"
    assert ask(path, body, content_type="multipart/form-data; boundary=x")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_others_are_refused(server, headers, status):
    address, _ = server
    assert ask(address, **headers)[0] == status
    assert ask(f"{address}/gradio_api/upload", b"1", **headers)[0] == status


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://evil.example"])
def test_what_gradio_would_allow_other_pages_is_refused_before_it(server, origin):
    address, _ = server
    for method in ("OPTIONS", "GET"):
        asked = urllib.request.Request(
            address, method=method, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60)
        said = {name.lower(): text for name, text in refused.value.headers.items()}
        refused.value.close()
        assert refused.value.code == 403 and not [name for name in said if name.startswith("access-control")]
        assert {name.decode(): text.decode() for name, text in page_headers.HEADERS}.items() <= said.items()


def test_addresses_are_refused(server):
    address, _ = server
    assert join(address, "http://nowhere.invalid/a.png", "session2")[0] == 400


def test_waiting_in_line_cannot_be_gone_round(server, tmp_path, random):
    address, _ = server
    photo = {"path": send(address, paint(tmp_path / "a.png", random)), "meta": {"_type": "gradio.FileData"}}
    body = {"data": [photo, *LOOK], "fn_index": number(address, "picture")}
    path = f"{address}/gradio_api/run/predict"
    assert ask(path, json.dumps(body).encode(), content_type="application/json")[0] in (401, 403, 404)


def test_one_visitor_does_not_fill_the_line(server, tmp_path, random):
    address, _ = server  # the last, as its tasks are still waiting
    photo = send(address, paint(tmp_path / "a.png", random, size=(600, 800)))
    answers = [join(address, photo, f"greedy{number}") for number in range(demo.Limits().waiting_each + 4)]
    refused = [json.loads(said)["detail"] for status, said in answers if status == 503]
    assert 1 <= len(refused) <= 4 and refused[0].startswith("So many tasks of yours")
    assert answers[0][0] == 200
