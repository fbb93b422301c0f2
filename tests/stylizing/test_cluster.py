"""Photos and films on a Dask cluster: a scheduler and two workers as processes, one of which is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from film_samples import film, frames
from samples import paint, wild

from japananime import stylize
from japananime.base import temporary
from japananime.image import files as image_files
from japananime.image.files import Picture
from japananime.inference.loading import EngineOptions
from japananime.networks import residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import generators
from japananime.stylizing.film_work import FilmSettings
from japananime.stylizing.pictures import make_picture
from japananime.stylizing.planning import Task
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


def begun(out):
    """Whether a piece of a chunk is there. `os.walk` minds no folder that goes while it looks, as `rglob` does."""
    pieces = (Path(folder, name) for folder, _, names in os.walk(out) for name in names)
    return any(piece.match("0*/made/*.mkv") for piece in pieces)


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
    wait_for(lambda: begun(out) or command.poll() is not None, "no share was begun")
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


def test_what_a_worker_left_that_died_over_a_photo_is_gone_and_nothing_else(tmp_path, style, random, monkeypatch):
    """Half a picture under a temporary name, of this run; beside it what other runs have at work, and old leftovers."""
    from distributed import LocalCluster

    from japananime.stylizing import cluster

    def die_once(task, *others):
        os.close(temporary.new_file(task.target.parent)[0])
        return make_picture(task, *others)

    monkeypatch.setattr(cluster, "make_picture", die_once)
    for number in range(3):
        paint(tmp_path / "in" / f"{number}.png", random)
    out = tmp_path / "made"
    out.mkdir()
    descriptor, others = temporary.new_file(out)
    with temporary.marked("0123abcd"):
        more, another = temporary.new_file(out)
    old = out / ".japananime-aaaaaaaa.part"
    old.touch()
    os.utime(old, (0, 0))
    for opened in (descriptor, more):
        os.close(opened)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as here:
        arguments = ["--in", str(tmp_path / "in"), "--style", style, "--out", str(out)]
        assert stylize.main([*arguments, "--cluster", here.scheduler_address]) == 0
    assert {path.name for path in out.iterdir()} == {"0.png", "1.png", "2.png", others.name, another.name}


def test_a_bundled_style_goes_by_its_name_and_others_by_their_path(style, monkeypatch):
    monkeypatch.chdir(Path(style).parent)
    assert style_folder.find("tiny").portable() == style
    assert style_folder.find(style_folder.DEFAULT).portable() == style_folder.DEFAULT


@dataclass(frozen=True)
class BrightFaces:
    """Takes bright photos for faces, which it makes black."""

    def load(self, style, options):
        return lambda rgb: np.zeros_like(rgb) if rgb.mean() > 100 else None


def test_faces_of_photos_are_drawn_by_workers_as_well(tmp_path):
    from japananime.stylizing import cluster

    for name, level in {"bright": 200, "dark": 50}.items():
        image_files.write(tmp_path / f"{name}.png", Picture(np.full((20, 30, 3), level, np.uint8)))
    order = cluster.Order("daylight", EngineOptions(), FilmSettings(), BrightFaces())
    tasks = [Task(tmp_path / f"{name}.png", tmp_path / f"{name}-made.png") for name in ("bright", "dark")]
    assert cluster._make_pictures(order, tasks) == ([], [str(tmp_path / "dark.png")])
    assert [int(image_files.read(task.target).rgb.max()) for task in tasks] == [0, 50]


@pytest.mark.parametrize("address", ["local:0", "local:many"])
def test_a_wrong_number_of_workers_is_one_line(tmp_path, style, random, capsys, address):
    paint(tmp_path / "photo.png", random)
    arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", address]
    assert stylize.main(arguments) == 2
    assert f"error: --cluster is '{address}'; after local:" in capsys.readouterr().err


def test_no_scheduler_is_one_line(tmp_path, style, random, capsys, monkeypatch):
    from japananime.stylizing import cluster_workers

    monkeypatch.setattr(cluster_workers, "PATIENCE", 1)
    paint(tmp_path / "photo.png", random)
    arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", "tcp://127.0.0.1:1"]
    assert stylize.main(arguments) == 2
    assert "no Dask scheduler with workers there in 1 seconds" in capsys.readouterr().err


def test_a_worker_that_goes_while_all_are_asked_does_not_end_the_run(tmp_path, style, random, monkeypatch):
    from distributed import Client, LocalCluster

    real = Client.run

    def one_is_gone(client, *arguments, **options):
        gone = {"tcp://127.0.0.1:1": OSError("in <TCP (closed)>: Connection reset by peer")}
        return {**real(client, *arguments, **options), **(gone if options.get("on_error") == "return" else {})}

    monkeypatch.setattr(Client, "run", one_is_gone)
    paint(tmp_path / "photo.png", random)
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as here:
        arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", here.scheduler_address]
        assert stylize.main(arguments) == 0


def test_nobody_takes_part_in_a_cluster_here_and_its_servers_show_nothing():
    import urllib.error
    import urllib.request

    from distributed import Client
    from distributed.security import Security

    from japananime.stylizing import cluster_workers

    with cluster_workers.connected("local:1") as (client, workers):
        assert workers == 1
        address = client.scheduler.address
        assert address.startswith("tls://127.0.0.1:")
        (worker,) = client.scheduler_info(n_workers=-1)["workers"]
        assert worker.startswith("tls://127.0.0.1:")
        for stranger in (None, Security.temporary()):
            with pytest.raises((OSError, TypeError, ValueError)):
                Client(address, timeout=2, security=stranger or Security())
        ports = [client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.http_server.port)]
        ports += client.run(lambda dask_worker: dask_worker.http_server.port).values()
        for port in ports:
            for page in ("status", "info/main/workers.html", "health", "json/counts.json"):
                with pytest.raises(urllib.error.HTTPError, match="404"):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5)


def certificate(folder):
    """A certificate that signs itself, and its key, as files."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cluster")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    (folder / "cluster.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "cluster.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cluster.pem", folder / "cluster.key"


def test_a_cluster_with_certificates_of_its_own(tmp_path, style, random, capsys, monkeypatch):
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    from japananime.stylizing import cluster_workers

    pem, key = map(str, certificate(tmp_path))
    tls = "distributed.comm.tls"
    files = {
        f"{tls}.{role}.{kind}": path
        for role in ("client", "scheduler", "worker")
        for kind, path in (("cert", pem), ("key", key))
    }
    own = {f"{tls}.ca-file": pem, **files}
    paint(tmp_path / "photo.png", random)
    with dask.config.set(own):
        quiet = {"protocol": "tls", "security": Security(), "dashboard_address": "127.0.0.1:0"}
        here = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, **quiet)
    with here:
        monkeypatch.setattr(cluster_workers, "PATIENCE", 1)
        arguments = ["--in", str(tmp_path / "photo.png"), "--style", style, "--cluster", here.scheduler_address]
        assert stylize.main(arguments) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"error: --cluster is '{here.scheduler_address}': no Dask scheduler")
        assert told.count("\n") == 1
        monkeypatch.setattr(cluster_workers, "PATIENCE", 300)
        with dask.config.set(own):
            assert stylize.main(arguments) == 0
    assert "1 of 1 pictures made" in capsys.readouterr().out
