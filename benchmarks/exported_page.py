"""An exported page: how long the first picture takes in Chromium, on WebAssembly with one thread.

    pip install '.[export]' playwright    and Chromium, such as by: apt-get install chromium
    python benchmarks/exported_page.py [--style cel] [--size 640x360] [--visits 3]

Exports the style as a page, serves it as `python -m http.server` does, and visits it each time with a browser that
knows nothing of it. Prints the seconds from opening the address to the controls, from choosing a photo to its picture
(runtime and style are loaded meanwhile), and from choosing another to the second picture.
"""

import argparse
import functools
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from japananime.exporting import page as exported
from japananime.styles import folder as style_folder

PHOTOS = ROOT / "Pretrain" / "origin"
PATIENCE = 600_000  # milliseconds
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static server that sends no header of its own: so the page has one thread."""

    def log_message(self, *_):
        """Say nothing."""


def photo(path, name, size):
    """A bundled photo at a size, as a JPEG; the path."""
    with Image.open(PHOTOS / f"{name}.jpg") as image:
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(path, quality=92)
    return path


def visit(playwright, address, photos):
    """Open the page in a new browser and draw the photos one after another; ([seconds], what the page says)."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    began = time.perf_counter()
    page.goto(f"{address}?engine=wasm")
    page.locator("#styles input").first.wait_for(state="attached")
    taken = [time.perf_counter() - began]
    for path in photos:
        # Enabled again by the picture of this photo, and not still by the one before.
        page.locator("#save").evaluate("button => button.disabled = true")
        began = time.perf_counter()
        page.locator("#file").set_input_files(path)
        page.locator("#save:enabled").wait_for()
        taken.append(time.perf_counter() - began)
    said = page.locator("#status").inner_text()
    browser.close()
    return taken, said


def main():
    """Export, visit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="cel")
    parser.add_argument("--size", default="640x360", help="of the photos (default 640x360)")
    parser.add_argument("--visits", type=int, default=3, help="each with a new browser (default 3)")
    parsed = parser.parse_args()
    size = tuple(map(int, parsed.size.split("x")))
    print(
        f"{psutil.cpu_count()} cores, {psutil.cpu_percent(1.0):.0f} % of them busy with something else before the start"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        exported.write([style_folder.find(parsed.style)], folder / "page")
        photos = [photo(folder / f"{name}.jpg", name, size) for name in ("palace", "raccoon")]
        handler = functools.partial(Quiet, directory=folder / "page")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/"
            visits = [visit(playwright, address, photos) for _ in range(parsed.visits)]
            server.shutdown()
    for (opened, first, second), said in visits:
        print(f"page after {opened:.2f} s, first picture {first:.2f} s, second {second:.2f} s; it says: {said}")
    print(f"first picture, median: {statistics.median(taken[1] for taken, _ in visits):.2f} s")


if __name__ == "__main__":
    main()
