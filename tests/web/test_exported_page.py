"""Styles as a web page in a real browser, against the program's own pictures; skipped where what it takes is lacking.

    pip install onnx playwright && apt-get install chromium

ONNX Runtime Web must be in the cache: python -m japananime.export --to page --out page puts it there.
"""

import functools
import http.server
import importlib.util
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from japananime.exporting import page_runtime
from japananime.inference import loading, two_passes
from japananime.styles import folder as style_folder

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LACKING = [name for name in ("onnx", "playwright") if importlib.util.find_spec(name) is None]
LACKING += [] if CHROMIUM else ["chromium"]
LACKING += (
    [] if (page_runtime.cache_folder() / f"onnxruntime-web-{page_runtime.VERSION}.tgz").is_file() else ["runtime"]
)
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"needs {', '.join(LACKING)}")

PHOTOS = Path(__file__).resolve().parents[2] / "Pretrain" / "origin"
PATIENCE = 120_000  # milliseconds
GPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static server; `isolated` ones send what makes threads possible."""

    isolated = False

    def end_headers(self):
        if self.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_):
        pass


class Isolated(Quiet):
    isolated = True


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from japananime.exporting import page

    folder = tmp_path_factory.mktemp("exported") / "page"
    page.write([style_folder.find("cel"), style_folder.find("watercolor")], folder)
    return folder


@pytest.fixture
def serve(folder):
    """A function that serves the page and gives its address and the server."""
    servers = []

    def start(handler=Quiet):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/", server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *GPU, *camera])


@pytest.fixture
def visit(browser):
    """A function that opens an address; at the end nobody must have asked for anything elsewhere, or failed."""
    contexts, elsewhere, wrong = [], [], []

    def start(address, query="?engine=wasm", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        origin = address.rstrip("/")
        context.on("request", lambda request: elsewhere.append(request.url) if not own(request.url, origin) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(address + query)
        page.locator("#styles input").first.wait_for(state="attached")
        return page

    yield start
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert wrong == []


def own(url, origin):
    return url.startswith((origin + "/", "data:", f"blob:{origin}/"))


def photo(path, width, height):
    Image.open(PHOTOS / "palace.jpg").convert("RGB").resize((width, height)).save(path)
    return path


def draw(page, path):
    page.locator("#file").set_input_files(path)
    page.locator("#save:enabled").wait_for()
    return page.locator("#status").inner_text()


def downloaded(page):
    with page.expect_download() as download:
        page.locator("#save").click()
    return np.asarray(Image.open(download.value.path()).convert("RGB"), np.int16), download.value.suggested_filename


def expected(path, style, boldness):
    engine = loading.load(
        style_folder.find(style), "openvino", "float32", drawn_at=two_passes.drawn_at(boldness)
    )  # as python -m japananime.stylize --precision float32 --boldness X
    return engine(np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize(
    ("style", "width", "height", "boldness"),
    [("cel", 150, 97, 0.5), ("cel", 1101, 860, 0.5), ("watercolor", 333, 600, 0.0)],
)
def test_its_picture_is_the_programs(serve, visit, tmp_path, style, width, height, boldness):
    path = photo(tmp_path / "some photo.png", width, height)
    page = visit(serve()[0])
    page.locator(f"#styles input[value={style}]").check()
    page.locator("#boldness").fill(str(boldness))
    assert "1 thread)" in draw(page, path)
    picture, name = downloaded(page)
    assert name == f"some photo-{style}.png"
    # What a level more or less becomes between the two passes, where edges are made crisp, may be two.
    away = np.abs(picture - expected(path, style, boldness))
    assert away.max() <= 2
    assert (away <= 1).mean() > 0.9999


def test_on_a_graphics_chip_it_is_the_same(serve, visit, tmp_path):
    path = photo(tmp_path / "photo.png", 150, 97)
    page = visit(serve()[0], "")
    if page.evaluate("navigator.gpu ? navigator.gpu.requestAdapter().then(Boolean) : false") is False:
        pytest.skip("this Chromium offers no WebGPU adapter")
    assert "WebGPU" in draw(page, path)
    assert np.abs(downloaded(page)[0] - expected(path, "cel", 0.5)).max() <= 1


def test_where_threads_are_allowed_it_takes_them(serve, visit, tmp_path):
    path = photo(tmp_path / "photo.png", 150, 97)
    page = visit(serve(Isolated)[0])
    assert re.search(r"\([2-8] threads\)", draw(page, path))
    assert np.abs(downloaded(page)[0] - expected(path, "cel", 0.5)).max() <= 1


def test_without_its_server_it_goes_on_and_strength_mixes(serve, visit, tmp_path):
    path, address, server = photo(tmp_path / "photo.png", 150, 97), *serve()
    page = visit(address)
    draw(page, path)
    server.shutdown()
    page.context.set_offline(True)
    again = photo(tmp_path / "again.png", 97, 150)
    draw(page, again)
    page.locator("#strength").fill("0")
    assert (downloaded(page)[0] == np.asarray(Image.open(again))).all()


def test_a_file_that_is_no_photo_is_told(serve, visit, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"no photo")
    page = visit(serve()[0])
    page.locator("#file").set_input_files(path)
    page.get_by_text("photo.png is no picture that this browser can read.").wait_for()


def test_the_camera_and_the_slider(serve, visit):
    page = visit(serve()[0])
    page.locator("#camera").click()
    page.locator("#shoot:enabled").click()
    page.locator("#save:enabled").wait_for()
    page.locator("#compare").fill("25")
    assert page.locator("#before").evaluate("one => one.style.getPropertyValue('--shown')") == "25%"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_light_and_dark(serve, visit, scheme):
    page = visit(
        serve()[0], viewport={"width": 390, "height": 800}, color_scheme=scheme, has_touch=True, is_mobile=True
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = np.mean([int(part) for part in re.findall(r"\d+", color)[:3]])
    assert brightness > 200 if scheme == "light" else brightness < 60
