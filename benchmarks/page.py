"""The page: how long the first picture takes, and whether twenty visitors at once are answered, in how much memory.

    pip install -r requirements.txt -r requirements-demo.txt
    python benchmarks/page.py [--style daylight] [--visitors 20]

Serves the page in a process of its own, as `python -m japananime.demo` does, and visits it as browsers do: upload,
waiting in line, answer. Prints the seconds from sending a picture of one megapixel to having its address, the first
time and the second; then every visitor's, all sent at the same moment, and the server's memory meanwhile.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SHAPES = ((1000, 1000), (1155, 866), (866, 1155), (1225, 816), (1333, 750))


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--style", default="daylight")
    parser.add_argument("--visitors", type=int, default=20, help="at once (default 20)")
    parsed = parser.parse_args()
    busy = psutil.cpu_percent(1.0)
    print(f"{psutil.cpu_count()} cores, {busy:.0f} % of them busy with something else before the start")
    with tempfile.TemporaryDirectory() as folder:
        photos = [photo(Path(folder, f"{number}.jpg"), number) for number in range(parsed.visitors)]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        began = time.perf_counter()
        command = [sys.executable, "-m", "japananime.demo", "--style", parsed.style, "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            if not server.stdout.readline():
                raise SystemExit("the page did not start")
            print(f"page ready after {time.perf_counter() - began:.1f} s")
            measure(server.pid, f"http://127.0.0.1:{port}/", photos, parsed.style)
        finally:
            server.terminate()
            server.wait()


def photo(path, number):
    """A photo of Pretrain/origin at one megapixel, in one of several shapes."""
    sources = sorted((ROOT / "Pretrain" / "origin").glob("*.jpg"))
    with Image.open(sources[number % len(sources)]) as image:
        image.convert("RGB").resize(SHAPES[number % len(SHAPES)], Image.Resampling.LANCZOS).save(path, quality=92)
    return path


class Visitor:
    """Asks for pictures as the page in a browser does."""

    def __init__(self, address):
        self._http = httpx.Client(base_url=address, timeout=600, trust_env=False)
        self._session = uuid.uuid4().hex
        config = re.search(r"window.gradio_config = (.*?);</script>", self._http.get("/").text).group(1)
        self._number = next(one["id"] for one in json.loads(config)["dependencies"] if one["api_name"] == "picture")

    def picture(self, path, style):
        """Upload a photo and wait for the address of its picture."""
        with path.open("rb") as file:
            sent = self._http.post("/gradio_api/upload", files={"files": file}).raise_for_status().json()[0]
        data = [{"path": sent, "meta": {"_type": "gradio.FileData"}}, style, 1.0, False]
        asked = {"data": data, "fn_index": self._number, "session_hash": self._session}
        self._http.post("/gradio_api/queue/join", json=asked).raise_for_status()
        with self._http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._session}) as answer:
            messages = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
        done = next(message for message in messages if message["msg"] == "process_completed")
        if not done["success"] or not done["output"]["data"][0]:
            raise RuntimeError(f"{path}: {done['output']}")


def measure(process, address, photos, style):
    """Visit a page that is served; print times and memory."""
    clients = [Visitor(address) for _ in photos]

    def visit(client, path):
        began = time.perf_counter()
        client.picture(path, style)
        return time.perf_counter() - began

    memory = Memory(process)
    print(f"memory before the first picture: {memory.now() / 1e6:.0f} MB")
    for words in ("first", "second"):
        print(f"{words} picture of 1 megapixel: {visit(clients[0], photos[0]):.2f} s")
    with memory, ThreadPoolExecutor(len(photos)) as visitors:
        began = time.perf_counter()
        taken = sorted(visitors.map(visit, clients, photos))
        total = time.perf_counter() - began
    print(
        f"{len(taken)} of {len(photos)} visitors at once answered in {total:.1f} s, "
        f"the first after {taken[0]:.1f} s, half after {taken[len(taken) // 2]:.1f} s"
    )
    print(f"largest memory meanwhile: {memory.most / 1e6:.0f} MB")


class Memory:
    """The largest memory that a process has while inside. A context manager."""

    def __init__(self, process):
        self._process, self._end, self.most = psutil.Process(process), threading.Event(), 0

    def now(self):
        """Bytes that lie in memory."""
        return self._process.memory_info().rss

    def __enter__(self):
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._end.set()
        self._thread.join()

    def _watch(self):
        while not self._end.wait(0.02):
            self.most = max(self.most, self.now())


if __name__ == "__main__":
    main()
