"""The page in a real browser, its server in a process of its own; skipped where Gradio, Playwright or Chromium lacks.

    pip install -r requirements-demo.txt playwright && apt-get install chromium

The browser reaches this machine alone, and every request that it makes is looked at.
"""

import importlib.util
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from film_samples import film, frames
from PIL import Image

from japananime.styles import folder as style_folder

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LACKING = [name for name in ("gradio", "playwright") if importlib.util.find_spec(name) is None]
LACKING += [] if CHROMIUM else ["chromium"]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"needs {', '.join(LACKING)}")

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "Pretrain" / "origin"
PATIENCE = 120_000  # milliseconds
EVIL = "<img src=x onerror=alert(1)>..%2f..%2fetc%2fpasswd.png"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page that is served as a person would have it served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("temporary")
    command = [sys.executable, "-m", "japananime.demo", "--port", str(port), "--film-seconds", "2"]
    command += ["--picture-megabytes", "1", "--film-megabytes", "1"]
    server = subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        said = server.stdout.readline()
        assert said == f"the page is at http://127.0.0.1:{port}/; Ctrl-C ends it\n", said + server.stdout.read()
        yield f"http://127.0.0.1:{port}/"
        assert any(folder.iterdir())
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0, server.stdout.read()
        assert not list(folder.iterdir())  # nothing of what visitors sent is left
    finally:
        server.kill()
        server.stdout.close()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
                *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
            ],
        )


@pytest.fixture
def visit(address, browser):
    """A function that opens the page for one more visitor; at the end nobody must have asked for anything elsewhere."""
    contexts, elsewhere, wrong = [], [], []

    def ask(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    def opened(**options):
        context = browser.new_context(accept_downloads=True, **options)
        contexts.append(context)
        context.route("**/*", ask)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        page.get_by_text("Or try one of these").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert (elsewhere, wrong) == ([], [])


def upload(page, *files):
    """Give files to the upload field that is to be seen."""
    tab = page.locator("[role=tabpanel]:visible")
    tab.locator("input[type=file]").first.set_input_files(list(files))


def tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def says(page, text):
    """Wait until the page says something."""
    page.locator(".said.block:visible").get_by_text(text).wait_for()


def downloaded(page, button):
    """(name, content) of what a button gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).or_(page.get_by_role("link", name=button)).first.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def picture(kind="PNG", size=(90, 60), mode="RGB", color=(200, 90, 30)):
    """A picture file's content."""
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, kind)
    return file.getvalue()


def sent(name, content, kind="image/png"):
    return {"name": name, "mimeType": kind, "buffer": content}


def test_upload_slider_strength_and_download(visit):
    page = visit()
    upload(page, PHOTOS / "cat.jpg")
    says(page, "451 × 300 pixels")
    slider = page.locator(".slider-wrap").first
    slider.wait_for()
    sizes = page.locator(".slider-wrap img").evaluate_all(
        "all => all.map(one => [one.naturalWidth, one.naturalHeight])"
    )
    assert sizes == [[451, 300], [451, 300]]
    name, content = downloaded(page, "Download in full size")
    assert name == f"cat-{style_folder.DEFAULT}.jpg"
    with Image.open(PHOTOS / "cat.jpg") as photo, Image.open(io.BytesIO(content)) as made:
        photo, made = np.asarray(photo).astype(int), np.asarray(made).astype(int)
    assert made.shape == photo.shape and float(np.abs(made - photo).mean()) > 2
    # No strength at all gives the photo.
    before = page.locator(".slider-wrap img").last.get_attribute("src")
    page.locator("input[type=range]").first.fill("0")
    page.wait_for_function("src => [...document.querySelectorAll('.slider-wrap img')].at(-1)?.src !== src", arg=before)
    page.wait_for_function("document.querySelectorAll('.slider-wrap img').length == 2")
    _, content = downloaded(page, "Download in full size")
    with Image.open(io.BytesIO(content)) as made:
        assert float(np.abs(np.asarray(made).astype(int) - photo).mean()) < 2


def test_characters_out_of_nothing(visit):
    page = visit()
    tab(page, "Characters")
    page.get_by_role("button", name="Make characters").click()
    page.locator("[role=tabpanel]:visible img").first.wait_for()
    name, content = downloaded(page, "Download")
    assert name == "characters-1.png"
    with Image.open(io.BytesIO(content)) as made:
        assert made.size[0] == made.size[1] >= 6 * 64


def test_the_slider_moves(visit):
    page = visit()
    upload(page, PHOTOS / "cat.jpg")
    says(page, "451 × 300 pixels")
    handle = page.locator(".slider-wrap .outer, .slider-wrap [role=slider]").first
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 120, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert abs(handle.bounding_box()["x"] - (box["x"] - 120)) < 15


def test_a_sample_is_made_by_a_click(visit):
    page = visit()
    page.locator(".gallery-item").nth(1).click()
    says(page, "451 × 300 pixels")


def test_evil_names_are_harmless(visit):
    page = visit()
    upload(page, sent(EVIL, picture()))
    says(page, "90 × 60 pixels")
    name, content = downloaded(page, "Download in full size")
    assert re.fullmatch(rf"[\w .-]+-{style_folder.DEFAULT}\.png", name)
    assert Image.open(io.BytesIO(content)).size == (90, 60)
    tab(page, "Several")
    upload(page, sent(EVIL, b"no picture"), sent("b.png", picture(size=(64, 32))))
    page.get_by_role("button", name="Make them").click()
    says(page, "1 of 2 pictures made.")
    assert "not a picture" in page.locator(".said.block:visible").inner_text()
    assert page.locator(".said.block img").count() == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("letter.png", b"Dear reader", "letter.png: not a picture; accepted: JPEG, PNG, WebP, GIF, BMP and TIFF"),
        ("vast.png", None, "vast.png: 10000×10000 is 100 megapixels; at most 25 are taken"),
    ],
)
def test_what_is_no_picture_or_too_large_is_said(visit, name, content, words):
    page = visit()
    upload(page, sent(name, content or picture(size=(10_000, 10_000), mode="1", color=1)))
    says(page, words)


def test_a_file_that_is_too_heavy_does_not_even_leave_the_browser(visit):
    page = visit()
    upload(page, sent(EVIL, bytes(1_500_000)))
    page.get_by_text("exceed the maximum allowed size").first.wait_for()


def test_two_visitors_at_once(visit):
    pages = visit(), visit()
    sizes = (320, 200), (200, 320)
    for page, size in zip(pages, sizes, strict=True):
        upload(page, sent("same.png", picture(size=size)))
    for page, (width, height) in zip(pages, sizes, strict=True):
        says(page, f"{width} × {height} pixels")
        _, content = downloaded(page, "Download in full size")
        assert Image.open(io.BytesIO(content)).size == (width, height)


def test_several_pictures(visit):
    page = visit()
    tab(page, "Several")
    upload(page, *(sent("same.png", picture(size=(64 + 8 * number, 64))) for number in range(3)))
    page.get_by_role("button", name="Make them").click()
    says(page, "3 of 3 pictures made.")
    assert page.locator("[role=tabpanel]:visible .gallery-item, [role=tabpanel]:visible .thumbnail-item").count() >= 3
    name, content = downloaded(page, "Download in full size")
    assert name == "japananime.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"same-{style_folder.DEFAULT}{ending}.png" for ending in ("", "-2", "-3")]


def test_a_text_among_photos_loses_none_of_them(visit):
    page = visit()
    tab(page, "Several")
    upload(page, sent("letter.txt", b"Dear reader", "text/plain"), *(sent(f"{n}.png", picture()) for n in range(2)))
    page.get_by_role("button", name="Make them").click()
    says(page, "2 of 3 pictures made.")


def test_a_style_is_chosen_by_its_picture_and_another_photo_given(visit):
    page = visit()
    upload(page, PHOTOS / "cat.jpg")
    says(page, "451 × 300 pixels")
    page.locator(".looks .thumbnail-item").filter(has_text="pastel").click()
    page.get_by_role("button", name="Another photo").wait_for()
    page.wait_for_function("document.querySelectorAll('.slider-wrap img').length == 2")
    for _ in range(100):
        name, _ = downloaded(page, "Download in full size")
        if name == "cat-pastel.jpg":
            break
    assert name == "cat-pastel.jpg"
    page.get_by_role("button", name="Another photo").click()
    page.get_by_text("Or try one of these").wait_for()
    upload(page, sent("second.png", picture()))
    says(page, "90 × 60 pixels")


def test_a_film(visit, tmp_path):
    page = visit()
    tab(page, "Film")
    upload(page, film(tmp_path / "a.mp4", 12, audio=True))
    page.locator("[role=tabpanel]:visible video").first.wait_for()
    page.get_by_role("button", name="Make it").click()
    says(page, "12 frames")
    name, content = downloaded(page, "Download")
    assert name == f"a-{style_folder.DEFAULT}.mp4"
    (tmp_path / "made.mp4").write_bytes(content)
    assert len(frames(tmp_path / "made.mp4")) == 12


def test_the_beginning_of_a_film_is_shown_while_the_rest_is_made(visit, tmp_path):
    page = visit()
    tab(page, "Film")
    upload(page, film(tmp_path / "a.mp4", 190, size=(360, 640), rate=Fraction(100)))
    page.locator("[role=tabpanel]:visible video").first.wait_for()
    page.get_by_role("button", name="Make it").click()
    says(page, "The beginning")
    beginning = page.locator("[role=tabpanel]:visible video").nth(1)
    beginning.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].some(one => one.src.includes('beginning') && one.readyState > 1)"
    )
    # 60 of the 190 frames.
    assert abs(beginning.evaluate("one => one.duration") - 0.6) < 0.1
    says(page, re.compile(r"The beginning; \d+ of 190 frames are made"))
    says(page, "190 frames")
    assert downloaded(page, "Download")[0] == f"a-{style_folder.DEFAULT}.mp4"


def test_a_film_that_is_stopped(visit, tmp_path):
    page = visit()
    tab(page, "Film")
    upload(page, film(tmp_path / "a.mp4", 48, size=(720, 1280)))
    page.locator("[role=tabpanel]:visible video").first.wait_for()
    page.get_by_role("button", name="Make it").click()
    page.get_by_text(re.compile(r"\d+/48")).first.wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    says(page, "stopped")


def test_nothing_is_remembered_in_the_browser(visit):
    page = visit()
    upload(page, sent("secret-name.png", picture()))
    says(page, "90 × 60 pixels")
    kept = page.evaluate("""async () => {
        const databases = (await indexedDB.databases()).map(one => one.name);
        return JSON.stringify([databases, {...localStorage}, {...sessionStorage}]);
    }""")
    assert "secret-name" not in kept and json.loads(kept)[0] == []


def test_a_film_that_is_too_long(visit, tmp_path):
    page = visit()
    tab(page, "Film")
    upload(page, film(tmp_path / "long.mp4", 75))
    page.locator("[role=tabpanel]:visible video").first.wait_for()
    page.get_by_role("button", name="Make it").click()
    says(page, "long.mp4: lasts 3 seconds; at most 2 are taken")


def test_the_webcam(visit):
    page = visit(permissions=["camera"])
    page.get_by_role("button", name="Capture from camera").or_(page.locator("[aria-label=webcam]")).first.click()
    page.get_by_text("Click to Access Webcam").click()
    # On a busy machine the camera's first picture is late, and without one nothing is taken.
    page.wait_for_function("[...document.querySelectorAll('video')].some(one => one.videoWidth && one.readyState > 2)")
    page.get_by_role("button", name="capture photo").click()
    says(page, re.compile(r"\d+ × \d+ pixels"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_light_and_dark(visit, scheme):
    page = visit(viewport={"width": 375, "height": 740}, color_scheme=scheme, has_touch=True, is_mobile=True)
    for name in ("Film", "Several", "Picture"):
        tab(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = np.mean([int(part) for part in re.findall(r"\d+", color)[:3]])
    assert brightness > 200 if scheme == "light" else brightness < 60


def test_a_browser_is_told_to_ask_nobody_else(address, visit):
    page = visit()
    answer = page.request.get(address)
    assert answer.headers["content-security-policy"].startswith("default-src 'self' data: blob:;")
    assert answer.headers["referrer-policy"] == "no-referrer"
    # A connection that is only prepared is no request, but it tells somebody.
    prepared = page.locator("link[rel=preconnect], link[rel=dns-prefetch]").evaluate_all("all => all.map(a => a.href)")
    assert [link for link in prepared if not link.startswith(address)] == []
    # The policy holds: what a script tries to fetch from elsewhere does not leave.
    assert page.evaluate("fetch('http://127.0.0.2:9/').then(() => 'left', error => 'kept')") == "kept"
