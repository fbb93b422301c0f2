"""The dataset tools against the programs as published, and the memory of a long film.

    python benchmarks/dataset_tools.py                     on films made here
    python benchmarks/dataset_tools.py film.mp4 frames     on films and folders of pictures of your own
    python benchmarks/dataset_tools.py --memory            two hours of film through video2image, in its own process

Both programs run on the same film and the same frames, in turns, and the better of the runs counts for each. Decoding a
film once is timed as well: that much would be left if comparing cost nothing.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import av
import cv2
import numpy as np
import psutil
import published
from tqdm import tqdm

from japananime.base import jobs
from japananime.datasets import extraction
from japananime.image import files as image_files
from japananime.image.edge_smoothing import smooth_edges
from japananime.video.reading import film_frames

RUNS = 3
FRAMES = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "inputs", nargs="*", metavar="PATH", help="films, folders of pictures (default: a film is made)"
    )
    parser.add_argument("--memory", action="store_true", help="measure memory instead")
    parser.add_argument("--hours", type=float, default=2.0, help="length of the film for --memory (default 2)")
    parser.add_argument("--size", default="640x360", help="of the film for --memory (default 640x360)")
    parsed = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, OpenCV {cv2.__version__}, PyAV {av.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        if parsed.memory:
            width, height = map(int, parsed.size.split("x"))
            measure_memory(Path(folder), width, height, parsed.hours)
            return
        for path in map(Path, parsed.inputs or [make_film(Path(folder, "made.mp4"), 1280, 720, 1200)]):
            if path.is_dir():
                compare_smoothing(
                    path.name, [image_files.read_rgb(file) for file in image_files.find(path)[0][:FRAMES]]
                )
            else:
                compare_key_frames(path, Path(folder))
                compare_smoothing(path.name, list(film_frames.sample(path, FRAMES)))


def compare_key_frames(film, folder):
    """Time both programs and print the ratios: of the time that passes, and of the processors' time."""
    times, picked = {"published": [], "ours": [], "decoding": []}, {}
    for run in range(RUNS):
        out = folder / f"{film.stem}-{run}"
        out.mkdir()
        with _timed(times["published"]):
            picked["published"] = published.key_frames(film, out)
        with _timed(times["ours"]):
            settings = extraction.Settings()
            rows = extraction.extract(film_frames.open_film(film), out / "ours", settings, threads=os.cpu_count()).rows
        picked["ours"] = [int(row["number"]) for row in rows]
        with _timed(times["decoding"]):
            for _ in film_frames.frames(film):
                pass
    (slow, slow_work), (fast, fast_work), (least, _) = (np.min(times[name], axis=0) for name in times)
    same = "the same" if picked["published"] == picked["ours"] else "NOT the same"
    print(
        f"video2image, {film.name}: published {slow:.2f} s, ours {fast:.2f} s, {slow / fast:.1f} times as fast "
        f"({slow_work / fast_work:.1f} times in processor time); {same} {len(picked['ours'])} frames picked"
    )
    print(f"  decoding it once and nothing else: {least:.2f} s, {slow / least:.1f} times as fast")


@contextlib.contextmanager
def _timed(times):
    began, worked = time.perf_counter(), time.process_time()
    yield
    times.append((time.perf_counter() - began, time.process_time() - worked))


def compare_smoothing(name, frames):
    """Time both on frames, uint8 (height, width, 3), and print the ratio."""
    began = time.perf_counter()
    expected = [published.smooth(frame) for frame in tqdm(frames, unit="frame", leave=False)]
    slow = time.perf_counter() - began
    fast = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        made, _ = jobs.run(frames, smooth_edges, "frame")
        fast = min(fast, time.perf_counter() - began)
    farthest = max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(expected, made, strict=True))
    height, width = frames[0].shape[:2]
    seconds = f"published {slow / len(frames):.2f} s a frame, ours {1000 * fast / len(frames):.1f} ms"
    print(
        f"image_smoothing, {len(frames)} frames of {name}, {width}×{height}: {seconds}, "
        f"{slow / fast:.0f} times as fast; at most {farthest} gray level apart"
    )


def measure_memory(folder, width, height, hours):
    """Run video2image on a long film in a process of its own and print the most memory it took."""
    part = make_film(folder / "part.mp4", width, height, 480)
    film = repeat(part, folder / "long.mkv", hours * 3600)
    began = time.perf_counter()
    command = [sys.executable, ROOT / "tools" / "video2image.py", film, "--out", folder / "out", "--csv", "--plot"]
    peak, child = 0, psutil.Popen(command)
    # What the system calls a child's maximum includes what its parent had when it was started, so it is looked at.
    while child.poll() is None:
        with contextlib.suppress(psutil.Error):
            peak = max(peak, child.memory_info().rss)
        time.sleep(0.02)
    if child.returncode:
        sys.exit(f"video2image ended with {child.returncode}")
    seconds = time.perf_counter() - began
    header = film_frames.open_film(film)
    print(
        f"video2image, {header.seconds / 3600:.2f} hours of {width}×{height}, about {header.frames} frames: "
        f"{peak / 1e6:.0f} MB at most, {seconds:.0f} s ({header.frames / seconds:.0f} frames a second)"
    )


def make_film(path, width, height, count):
    """A film like a drawn one: flat shapes on painted grounds, holds, pans, a cut every 40 frames or so."""
    generator = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "veryfast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        left = 0
        for number in range(count):
            if not left:
                left = int(generator.integers(25, 60))
                ground = _ground(generator, 2 * width, height)
                shapes = generator.random((12, 2))
                colors = generator.integers(0, 256, (12, 3)).tolist()
                speed = int(generator.choice([0, 0, 2, 5]))
            picture = ground[:, left * speed : left * speed + width].copy()
            for (x, y), color in zip(shapes, colors, strict=True):
                # Drawn films move on every second frame.
                center = int((x + 0.01 * (number // 2 % 20)) * width), int(y * height)
                cv2.circle(picture, center, height // 9, color, -1, cv2.LINE_AA)
                cv2.circle(picture, center, height // 9, (20, 20, 20), 2, cv2.LINE_AA)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            left -= 1
        container.mux(stream.encode())
    return path


def repeat(part, path, seconds):
    """The same film again and again until it is so long, without encoding it anew."""
    with av.open(str(path), "w") as target:
        stream, shift = None, 0
        while True:
            with av.open(str(part)) as source:
                original = source.streams.video[0]
                stream = stream or target.add_stream_from_template(original)
                if shift * original.time_base >= seconds:
                    return path
                for packet in source.demux(original):
                    if packet.dts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        target.mux(packet)
                shift += original.duration


def _ground(generator, width, height):
    coarse = generator.integers(40, 220, (9, 32, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(int)
    return np.clip(smooth + generator.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
