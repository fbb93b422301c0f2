"""Photos and films on a Dask cluster: a scheduler and two workers as processes, one of which is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from film_samples import film, frames
from samples import paint, wild

from japananime import stylize
from japananime.image import files as image_files
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.training.program import Exportable

pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parents[2]
RECIPE = {"width": 4, "residual_blocks": 1, "activation": "relu", "upsampling": "resize"}


@pytest.fixture
def style(tmp_path):
    folder = tmp_path / "tiny"
    generator = wild(residual_generator.build(**RECIPE))
    generators.save(folder, Exportable("residual", RECIPE, generator), name="tiny")
    return str(folder)


@pytest.fixture
def started():
    """A function that starts a process; all that it started are ended afterwards."""
    processes = []

    def start(*command, **options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        processes.append(subprocess.Popen([sys.executable, *map(str, command)], env=environment, **options))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def wait_for(found, what):
    last = time.monotonic() + 300
    while not found():
        assert time.monotonic() < last, what
        time.sleep(0.02)


def test_every_picture_and_frame_is_there_once_though_a_worker_is_killed(tmp_path, style, random, started):
    inputs = tmp_path / "in"
    for number in range(40):
        paint(inputs / f"{number:02d}.png", random, size=(30 + number, 64))
    (inputs / "bad.jpg").write_text("no picture")
    film(inputs / "film.mkv", 200, size=(48, 64))
    plain = ["--in", inputs, "--style", style, "--codec", "ffv1", "--engine", "openvino", "--precision", "float32"]
    plain = [str(argument) for argument in plain]
    assert stylize.main([*plain, "--out", str(tmp_path / "alone")]) == 1

    known, place = tmp_path / "scheduler.json", {"cwd": tmp_path}
    started("-m", "dask", "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", known, **place)
    wait_for(known.exists, "the scheduler did not start")
    arguments = ("-m", "dask", "worker", "--scheduler-file", known, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    workers = [started(*arguments, **place) for _ in range(2)]
    address, out = json.loads(known.read_text())["address"], tmp_path / "made"
    command = started(
        *("-m", "japananime.stylize", *plain, "--out", out, "--cluster", address),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    wait_for(lambda: any(out.rglob("0*/made/*.mkv")) or command.poll() is not None, "no share was begun")
    assert command.poll() is None, command.stdout.read()
    workers[0].send_signal(signal.SIGKILL)
    output, _ = command.communicate(timeout=300)

    assert command.returncode == 1, output
    assert "40 of 41 pictures made" in output
    assert f"skipped: {inputs / 'bad.jpg'}: not an image" in output
    assert f"{out / 'film.mkv'}: 200 frames" in output
    names = [sorted(path.name for path in (tmp_path / folder).iterdir()) for folder in ("alone", "made")]
    assert names[0] == names[1]
    for name in names[0][:-1]:
        one, other = (image_files.read(tmp_path / folder / name).rgb for folder in ("alone", "made"))
        assert np.array_equal(one, other)
    one, other = frames(tmp_path / "alone" / "film.mkv"), frames(out / "film.mkv")
    assert [time for time, _ in one] == [time for time, _ in other]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(one, other, strict=True))


def test_a_bundled_style_goes_by_its_name_and_others_by_their_path(style, monkeypatch):
    monkeypatch.chdir(Path(style).parent)
    assert style_folder.find("tiny").portable() == style
    assert style_folder.find(style_folder.DEFAULT).portable() == style_folder.DEFAULT


@pytest.mark.parametrize("address", ["local:0", "local:many"])
def test_a_wrong_number_of_workers_is_one_line(tmp_path, style, random, capsys, address):
    paint(tmp_path / "photo.png", random)
    arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", address]
    assert stylize.main(arguments) == 2
    assert f"error: --cluster is '{address}'; after local:" in capsys.readouterr().err


def test_no_scheduler_is_one_line(tmp_path, style, random, capsys, monkeypatch):
    from japananime.stylizing import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    paint(tmp_path / "photo.png", random)
    arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", "tcp://127.0.0.1:1"]
    assert stylize.main(arguments) == 2
    assert "no Dask scheduler with workers there in 1 seconds" in capsys.readouterr().err
