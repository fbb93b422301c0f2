"""The tools as a person starts them: from any directory, with TensorFlow and Keras not installed."""

import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
# None in sys.modules makes an import fail as if there were no such module.
WITHOUT_TENSORFLOW = """\
import runpy, sys
sys.modules.update(tensorflow=None, keras=None)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(folder, name, *arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, str(TOOLS / f"{name}.py"), *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "", "PYTHONUTF8": "1", "PYTHONWARNINGS": "error::ResourceWarning"},
    )


def test_from_a_film_to_a_dataset(tmp_path, make_film, scene):
    make_film(tmp_path / "夏 movie.mp4", sum((scene(seed, 20, 300, 480) for seed in range(4)), []))
    steps = [
        ("video2image", "夏 movie.mp4", "--window", 10),
        ("clean_dataset", "夏 movie-frames"),
        ("image_cutting", "夏 movie-frames"),
        ("image_smoothing", "夏 movie-frames-cut"),
        ("build_dataset", "--films", "夏 movie.mp4", "--window", 10, "--out", "dataset"),
    ]
    for name, *arguments in steps:
        done = start(tmp_path, name, *arguments)
        # The film is so short that its pictures are few, which is said once.
        told = [line for line in done.stderr.splitlines() if not line.startswith("warning: anime: 30 pictures ")]
        assert (done.returncode, told) == (0, []), (name, done.stderr)
    cut = {path.name for path in (tmp_path / "夏 movie-frames-cut").iterdir()}
    assert len(cut) >= 12
    assert {path.name for path in (tmp_path / "夏 movie-frames-cut-smooth").iterdir()} == cut
    assert (tmp_path / "dataset" / "dataset.json").exists()


def test_a_wrong_flag_is_one_line_and_status_two(tmp_path):
    done = start(tmp_path, "video2image", "film.mp4", "--window", "0")
    assert done.returncode == 2
    assert done.stderr == "error: --window is 0; it must be at least 2\n"


def test_a_missing_film_is_one_line_and_status_one(tmp_path):
    done = start(tmp_path, "video2image", "film.mp4")
    assert done.returncode == 1
    assert done.stderr == "skipped: film.mp4: no such file or folder\n"
