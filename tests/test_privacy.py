"""Every command, watched: nothing is asked of another computer and no file is left but where one was asked for."""

import ast
import importlib.util
import re
import socket
import time
import urllib.request
from pathlib import Path

import pytest
from film_samples import film
from samples import paint
from small_settings import SMALL
from watching import Watch, calls

from japananime import (
    demo,
    evaluate,
    experiment,
    export,
    generate,
    live,
    neural_style,
    stylize,
    train,
    vote,
)
from japananime.base import private_imports
from japananime.styles import folder as style_folder

ROOT = Path(__file__).resolve().parents[1]
REPORTING = {"openvino", "openvino_telemetry", "onnxruntime", "gradio", "gradio_client", "huggingface_hub"}


@pytest.fixture
def watch(tmp_path):
    return Watch(tmp_path / "watch")


def test_the_watch_sees_what_it_is_for(watch, tmp_path):
    script = """if True:
        import os, socket, subprocess, sys
        for attempt in (
            lambda: socket.getaddrinfo("example.org", 80),
            lambda: socket.create_connection(("192.0.2.1", 80)),
            lambda: open("../elsewhere", "w"),
            lambda: os.mkdir("../folder"),
            lambda: os.rename("../folder", "../renamed"),
            lambda: subprocess.run(["true"]),
            lambda: subprocess.run([sys.executable, "-c", "open('../child', 'w')"]),
            lambda: open(os.path.expanduser("~/.number"), "w"),
            lambda: open("allowed", "w"),
        ):
            try:
                attempt()
            except OSError:
                pass
    """
    assert watch.run("-c", script)[0] == 0
    assert watch.seen() == [
        "socket.getaddrinfo: 'example.org'",
        "socket.getaddrinfo: '192.0.2.1'",
        "open: '../elsewhere'",
        "os.mkdir: '../folder'",
        "os.rename: '../folder'",
        "os.rename: '../renamed'",
        "subprocess.Popen: ('true', ['true'])",
        "open: '../child'",
        ".number",
    ]


def test_help(watch):
    commands = [(module, "--help") for module in (train, evaluate, generate, neural_style)]
    _, said = watch.run("-c", calls(*commands))
    assert (said.splitlines()[-1], watch.seen()) == ("statuses: [0, 0, 0, 0]", []), said


@pytest.mark.parametrize("kind", ["photo", "film", "photo by TensorFlow"])
def test_stylize(watch, tmp_path, random, kind):
    source = film(tmp_path / "in.mp4", 6) if kind == "film" else paint(tmp_path / "in.png", random)
    engine = "tensorflow" if kind == "photo by TensorFlow" else "auto"
    status, said = watch.run("-m", stylize.__name__, "--in", source, "--out", watch.out / "made", "--engine", engine)
    assert (status, watch.seen()) == (0, []), said
    assert list((watch.out / "made").iterdir())


@pytest.mark.parametrize("source", ["generated", "film"])
def test_live(watch, tmp_path, source):
    """FFmpeg's own sockets are no events: `tests/video/live/test_feed.py` holds what servers are asked for."""
    what = ["testsrc2=size=64x48:rate=20:duration=0.3", "--input-format", "lavfi"]
    if source == "film":
        what = [film(tmp_path / "in.mp4", 6)]
    status, said = watch.run("-m", live.__name__, *what, "--out", watch.out / "made.mkv")
    assert (status, watch.seen()) == (0, []), said
    assert (watch.out / "made.mkv").is_file()


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs dask[distributed]")
def test_stylize_on_a_cluster(watch, tmp_path, random):
    source = paint(tmp_path / "in.png", random)
    status, said = watch.run(
        "-m", stylize.__name__, "--in", source, "--out", watch.out / "made", "--cluster", "local:1"
    )
    assert (status, watch.seen()) == (0, []), said


def test_train(watch, folders):
    """Its preflight, which is all that --dry-run does, a step, and what is written at the end."""
    places = ["--photos", folders / "photos", "--anime", folders / "anime", "--out", watch.out / "run"]
    one_step = ["--epochs", "1", "--pretrain-epochs", "0", "--steps-per-epoch", "1"]
    status, said = watch.run("-m", train.__name__, *places, *SMALL, *one_step)
    assert (status, watch.seen()) == (0, []), said


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")
def test_an_experiment(watch, folders):
    """Its one training, a step long, and what is written of it."""
    flags = " ".join([*SMALL, "--epochs", "1", "--pretrain-epochs", "0", "--steps-per-epoch", "1"])
    places = ["--photos", folders / "photos", "--anime", folders / "anime", "--out", watch.out / "runs"]
    status, said = watch.run("-m", experiment.__name__, "japananimegan", *places, "--flags", flags)
    assert (status, watch.seen()) == (0, []), said
    assert (watch.out / "runs" / "experiment.md").is_file()


def test_export(watch):
    commands = [(export, "--to", kind, "--style", style_folder.DEFAULT) for kind in ("onnx", "tflite")]
    _, said = watch.run("-c", calls(*commands))
    assert (said.splitlines()[-1], watch.seen()) == ("statuses: [0, 0]", []), said


def test_a_page_fetches_what_it_runs_on_and_says_so(watch):
    """The one connection of all these commands, refused here: it is told before, and nothing half-made is left."""
    status, said = watch.run("-m", export.__name__, "--to", "page", "--style", style_folder.DEFAULT, "--out", "page")
    assert (status, watch.seen()) == (2, ["socket.getaddrinfo: 'registry.npmjs.org'"]), said
    assert "fetching ONNX Runtime Web" in said and "https://registry.npmjs.org/" in said
    assert list(watch.out.iterdir()) == []


def test_the_tools(watch, folders):
    pytest.importorskip("scenedetect")
    moving = film(folders / "film.mp4", 40, size=(96, 128))
    small = ["--size", "16"]
    _, said = watch.run("-c", calls(
        ("tools.video2image", moving, "--window", "10", "--out", "frames"),
        ("tools.image_cutting", folders / "anime", *small, "--out", "cut"),
        ("tools.image_smoothing", folders / "photos", "--out", "smooth"),
        ("tools.clean_dataset", folders / "photos", "--out", "clean"),
        ("tools.face_crop", ROOT / "Pretrain" / "origin", "--out", "faces"),
        ("tools.build_dataset", "--films", moving, "--photos", folders / "anime", *small, "--out", "dataset"),
    ))  # fmt: skip
    assert said.splitlines()[-1].startswith("statuses: [0, 0, 0, 0, 0, 0"), said
    # Cleaning moves what it rejects out of the folder that it is given: that is what it was asked for.
    mine = [line for line in watch.seen() if not line.endswith(f"{folders / 'photos'!s}'") and "/photos/" not in line]
    assert mine == [], said


@pytest.mark.parametrize("page", ["vote", "review"])
def test_pages_for_this_computer(watch, folders, page):
    anime, photos = folders / "anime", folders / "photos"
    if page == "vote":
        places = ["--photos", photos, "--outputs", f"a={anime}", f"b={photos}", "--out", "votes"]
        command = [vote.__name__, *places]
    else:
        pytest.importorskip("scenedetect")
        command = ["tools.build_dataset", "--anime", anime, "--size", "16", "--out", "dataset", "--review"]
    server = watch.start("-m", *command, "--port", "0")
    lines = []
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/", lines[-1] if lines else "")):
            assert (said := server.stdout.readline()), lines
            lines.append(said)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for path in ("", "next?voter=x" if page == "vote" else "review"):
            assert opener.open(found[0] + path, timeout=60).status == 200
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=60)
    assert (server.returncode, watch.seen()) == (0, []), lines + [said]


@pytest.mark.skipif(importlib.util.find_spec("gradio") is None, reason="needs gradio")
def test_the_page(watch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = watch.start("-m", demo.__name__, "--port", port)
    try:
        assert "the page is at" in server.stdout.readline()
        time.sleep(3)  # what is told behind the page's back takes a moment
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=30)
    assert watch.seen() == [], said


def sources():
    """Every file of Python."""
    return [path for part in ("japananime", "tools", "benchmarks", "docs") for path in (ROOT / part).rglob("*.py")]


def test_libraries_that_report_are_imported_in_one_place_alone():
    others = [path for path in sources() if path != Path(private_imports.__file__)]
    assert len(others) > 100
    wrong = []
    for path in others:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{path.name}:{node.lineno}" for name in names if name.split(".")[0] in REPORTING]
    assert wrong == []
