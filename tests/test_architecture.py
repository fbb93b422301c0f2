"""Who may import whom, and how long things may be: the rules of docs/architecture.md, read off the source."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "japananime"
DOORS = {
    "train",
    "stylize",
    "generate",
    "neural_style",
    "evaluate",
    "vote",
    "experiment",
    "export",
    "shared_styles",
    "demo",
    "devices",
    "live",
}
# A row imports only rows below it, never its neighbours.
ROWS = (
    DOORS | {"tools", "__init__", "__main__"},
    {"training", "evaluation", "painting", "web"},
    {"stylizing", "faces", "datasets", "exporting"},
    {"inference", "video"},
    {"styles", "perception"},
    {"image", "networks"},
    {"base"},
)
# Room -> what it takes of a row below, where that is less than all.
ONLY = {"training": {"stylizing": (), "faces": ("places",), "exporting": (), "datasets": ("index",)}}
WITHOUT_KERAS = {"base", "image", "video", "stylizing", "datasets", "web"}
# Arithmetic that must run on any Keras backend, and rooms that need none.
WITHOUT_TENSORFLOW = WITHOUT_KERAS | {"networks", "perception", "styles", "faces", "training/families"}
# The one place that loads TensorFlow on behalf of commands, and keeps its chatter down.
LOADS_TENSORFLOW = "base/cli.py"
# Who imports Gradio: the room of the page, and the one place that keeps packages from reporting to anybody.
GRADIO = ("web/", "base/private_imports.py")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_DOOR, LONGEST_FILE, LONGEST_FUNCTION = 149, 350, 60
LONG_FILES = {
    "benchmarks/stylize.py": "one claim: one style against the same networks in PyTorch, all measured in one run",
}
LONG_FUNCTIONS = {
    "benchmarks/train_face_detector.py:main": "one training from its flags to its file",
}


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def place(path):
    """A file's path below the repository, with slashes."""
    return path.relative_to(ROOT).as_posix()


def room(path):
    """The room "training" of japananime/training/run/folder.py; a door is a room by itself, and so are the tools."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if parts[0] == "tools" else parts[1].removesuffix(".py")


def row(name):
    found = [number for number, rooms in enumerate(ROWS) if name in rooms]
    assert len(found) == 1, f"{name} is in no row of ROWS"
    return found[0]


@functools.cache
def nodes(path):
    """Everything in a file's syntax tree; each file is read once for all tests."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path):
    """Every module that a file imports, wherever in it: full names, with a line for each name taken from a package."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(path):
    """What a file imports from rooms that are not below its own."""
    own = room(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "japananime" or len(parts) == 1 or parts[1] == "__version__" or parts[1] == own:
            continue
        allowed = ONLY.get(own, {}).get(parts[1])
        if row(parts[1]) <= row(own) or (allowed is not None and parts[2] not in allowed):
            yield name


def forbidden_libraries(path):
    """What a file of the package imports of TensorFlow, Keras and Gradio where it may not."""
    inside = path.relative_to(PACKAGE).as_posix()
    roots = {name.split(".")[0] for name in imports(path)}
    if any(inside.startswith(f"{name}/") for name in WITHOUT_TENSORFLOW) and inside != LOADS_TENSORFLOW:
        yield from roots & {"tensorflow"}
    if room(path) in WITHOUT_KERAS:
        yield from roots & {"keras"}
    if not inside.startswith(GRADIO):
        yield from roots & {"gradio"}


def wrong(files, rule):
    """{file: what a rule finds in it} of the files in which it finds something."""
    found = {place(path): list(rule(path)) for path in files}
    return {name: faults for name, faults in found.items() if faults}


def test_a_row_imports_only_rows_below_it():
    files = set(sources("japananime", "tools")) - {PACKAGE / "__init__.py"}  # that one hands on Stylizer
    assert len(files) > 100
    assert wrong(files, wrong_imports) == {}


def test_the_rule_sees_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    cases = {
        "base/jobs.py": "from japananime.image import files",
        "video/source.py": "from japananime.inference.tiling import Engine",
        "stylizing/films.py": "def late():\n    from japananime import stylize",
        "training/data.py": "import japananime.datasets.cutting",
        "training/loop.py": "from japananime.datasets import index",
        "training/run/folder.py": "from japananime.training import data\nfrom japananime import __version__",
    }
    found = {}
    for name, text in cases.items():
        path = tmp_path / "japananime" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        found[name] = list(wrong_imports(path))
    assert found == {
        "base/jobs.py": ["japananime.image.files"],
        "video/source.py": ["japananime.inference.tiling.Engine"],
        "stylizing/films.py": ["japananime.stylize"],
        "training/data.py": ["japananime.datasets.cutting"],
        "training/loop.py": [],
        "training/run/folder.py": [],
    }


def test_every_folder_is_a_room_and_every_file_at_the_root_a_door():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set().union(*ROWS[1:])
    assert {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"} == DOORS


def test_what_knows_no_tensorflow_keras_or_gradio():
    assert wrong(sources("japananime"), forbidden_libraries) == {}


def test_the_rule_on_libraries_sees_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path / "japananime")
    cases = {
        "image/files.py": ("import keras.ops", ["keras"]),
        "networks/layers.py": ("def late():\n    import tensorflow as tf", ["tensorflow"]),
        "networks/blocks.py": ("import keras", []),
        "training/families/cyclegan.py": ("from tensorflow import data", ["tensorflow"]),
        "training/data.py": ("import tensorflow", []),
        "base/cli.py": ("import tensorflow", []),
        "stylizing/films.py": ("import gradio", ["gradio"]),
        "web/layout.py": ("import gradio", []),
    }
    for name, (text, _) in cases.items():
        path = tmp_path / "japananime" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    expected = {f"japananime/{name}": found for name, (_, found) in cases.items() if found}
    assert wrong(sources("japananime"), forbidden_libraries) == expected


def started(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.splitlines()


def test_importing_a_door_starts_nothing():
    code = (
        "import importlib, os, sys\n"
        "before = dict(os.environ)\n"
        f"for door in {sorted(DOORS)!r}:\n"
        "    importlib.import_module(f'japananime.{door}')\n"
        "    print(door, dict(os.environ) == before, 'tensorflow' in sys.modules, 'keras' in sys.modules)\n"
    )
    assert started(code) == [f"{door} True False False" for door in sorted(DOORS)]


def test_rooms_without_keras_can_be_imported_where_there_is_none():
    names = [place(path).removesuffix(".py").replace("/", ".") for path in sources("japananime")]
    names = [name for name in names if name.split(".")[1] in WITHOUT_KERAS]
    code = (
        "import importlib, sys\n"
        "sys.modules.update(tensorflow=None, keras=None)\n"
        f"for name in {names!r}:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except ImportError as error:\n"
        "        print(error.name)\n"
    )
    assert len(names) > 30
    assert set(started(code)) <= {"gradio", "distributed", "dask"}


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_doors_are_short():
    lengths = {door: length(PACKAGE / f"{door}.py") for door in DOORS}
    assert {door: lines for door, lines in lengths.items() if lines > LONGEST_DOOR} == {}


def test_files_have_one_subject_and_so_an_end():
    files = sources("japananime", "tools", "benchmarks", "docs")
    assert {place(path) for path in files if length(path) > LONGEST_FILE} == set(LONG_FILES)


def test_functions_fit_on_a_screen():
    long = set()
    for path in sources("japananime", "tools", "benchmarks", "docs"):
        for node in nodes(path):
            if isinstance(node, FUNCTIONS) and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION:
                long.add(f"{place(path)}:{node.name}")
    assert long == set(LONG_FUNCTIONS)


def test_what_setup_reads_can_be_read_by_it():
    """setuptools takes no `-r` lines in the files that setup.cfg names."""
    files = set(re.findall(r"requirements-\w+\.txt", (ROOT / "setup.cfg").read_text(encoding="utf-8")))
    assert len(files) >= 5
    for file in files:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("-")] == [], file


def test_slow_tests_are_where_they_are_said_to_be():
    """What conftest leaves out of the quick tests by name is there under that name."""
    tree = ast.parse((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    slow = ast.literal_eval(assigned["SLOW"])
    assert [name for name in sorted(slow) if not (ROOT / "tests" / name).exists()] == []


def keys(file, name):
    """The keys of a table that a file writes out."""
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return [ast.literal_eval(key) for key in node.value.keys]
    raise AssertionError(f"{file} has no {name}")


def test_a_training_of_every_family_is_killed():
    families = keys("japananime/training/families/__init__.py", "FAMILIES")
    assert keys("tests/kill/subjects.py", "FAMILIES") == families
