"""--help of every command where nothing is installed but what `pip install japananime` brings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from japananime.__main__ import COMMANDS, MODULES

ROOT = Path(__file__).resolve().parents[1]
TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("*.py"))
# All that is of an extra. None in sys.modules makes an import fail as if there were no such module.
EXTRAS = (
    *("tensorflow", "keras", "tensorboard", "cv2", "matplotlib", "imagehash", "scenedetect", "scipy"),
    *("gradio", "dask", "distributed", "cryptography", "onnx", "onnxruntime", "ai_edge_litert"),
    *("pillow_heif", "pillow_jxl", "pyvirtualcam", "tkinter"),
)
# In a process of its own, in which none of them has been imported.
ASK_ALL = """if True:
    import contextlib, importlib, io, json, sys
    sys.modules.update(dict.fromkeys(json.loads(sys.argv[2])))
    said = {}
    for name in json.loads(sys.argv[1]):
        sys.argv[0] = "python"
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
            importlib.import_module(name).main(["--help"])
        said[name] = out.getvalue()
    print(json.dumps(said))
"""


def test_every_command_tells_what_it_takes_where_only_the_least_is_installed():
    modules = [f"japananime.{MODULES.get(name, name).replace('-', '_')}" for name in COMMANDS]
    modules += [f"tools.{name}" for name in TOOLS]
    done = subprocess.run(
        [sys.executable, "-c", ASK_ALL, json.dumps(modules), json.dumps(EXTRAS)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert list(said) == modules and len(TOOLS) >= 6
    assert [name for name, text in said.items() if "usage:" not in text or "--version" not in text] == []
    assert [name for name in TOOLS if f"examples:\n  python tools/{name}.py" not in said[f"tools.{name}"]] == []


@pytest.mark.parametrize(
    ("name", "arguments", "lacking"),
    [
        ("build_dataset", ["--films", ".", "--out", "made"], ["cv2", "imagehash", "scenedetect"]),
        ("clean_dataset", ["photos", "--out", "made"], ["cv2", "imagehash"]),
        ("image_smoothing", ["photos", "--out", "made"], ["cv2"]),
        ("video2image", ["photos", "--out", "made", "--plot"], ["cv2", "imagehash", "scenedetect", "matplotlib"]),
    ],
)
def test_what_a_tool_needs_is_told_before_any_work(tmp_path, monkeypatch, capsys, name, arguments, lacking):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").touch()
    main = __import__(f"tools.{name}", fromlist=["main"]).main
    for package in lacking:
        with monkeypatch.context() as without:
            without.setitem(sys.modules, package, None)
            assert main(arguments) == 2
        called = "OpenCV" if package == "cv2" else package
        assert capsys.readouterr().err.startswith(
            f"error: this needs {called}, which is not installed; install with: pip"
        )
    assert not (tmp_path / "made").exists()
