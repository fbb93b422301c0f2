"""The documents: what they link to is there, what they say to type is understood, what they name in the code exists."""

import ast
import contextlib
import functools
import importlib
import io
import re
import runpy
from pathlib import Path

import pytest
from walk import typed as typed_pages

from japananime.__main__ import COMMANDS, module_of
from japananime.training.families import FAMILIES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# How a command is written: as a module, as it is installed, or as a script of the checkout.
TYPED = re.compile(r"python -m japananime\.(\w+)|japananime[- ]([a-z-]+)|python ((?:tools|benchmarks|docs)/\w+\.py)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
FOREIGN = {"--nthreads", "--protocol", "--no-dashboard", "--rm"}  # of dask and docker


def links(document):
    """Paths that a document links to, without pages elsewhere."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    return [(document.parent / link).resolve() for link in found if "://" not in link]


def test_every_document_is_linked():
    linked = {link for document in DOCUMENTS for link in links(document)}
    assert {path for path in (ROOT / "docs").glob("*.*") if path.suffix in (".md", ".ipynb")} - linked == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    assert [str(link) for link in links(document) if not link.exists()] == []


def anchors(document):
    """The anchors of a document's headings, as GitHub and the site's generator name them."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_anchors_of_links_are_headings(document):
    found = re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", document.read_text(encoding="utf-8"))
    own = [(document.parent / path if path else document, anchor) for path, anchor in found if "://" not in path]
    assert [anchor for path, anchor in own if anchor not in anchors(path)] == []


def test_the_site_has_every_page_in_its_navigation():
    """And every page links to files of docs/ alone: what lies outside is not on the site."""
    shown = re.findall(r'= "(\w+\.md)"', (ROOT / "zensical.toml").read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    pages = [path for path in DOCUMENTS if path.parent.name == "docs"]
    assert [link for page in pages for link in links(page) if ROOT / "docs" not in link.parents] == []


@pytest.fixture(scope="module")
def flags():
    """{command or script: the flags that it knows}; `train` has those of every family, `experiment` hands them on."""
    known = {}
    for name in COMMANDS:
        module = importlib.import_module(f"japananime.{module_of(name)}")
        calls = [["--family", family, "--help"] for family in FAMILIES] if name == "train" else [["--help"]]
        known[name] = set().union(*(flags_of(module.main, call) for call in calls))
    known["experiment"] |= known["train"]
    for path in sorted((ROOT / "tools").glob("*.py")):
        known[f"tools/{path.name}"] = flags_of(runpy.run_path(str(path))["main"], ["--help"])
    for path in [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "docs").glob("*.py")]:
        known[path.relative_to(ROOT).as_posix()] = set(re.findall(r'"(--[a-z-]+)"', path.read_text(encoding="utf-8")))
    return known


def flags_of(main, arguments):
    """The flags that a command's help lists."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit):
        main(arguments)
    found = set(FLAG.findall(said.getvalue()))
    assert "--help" in found
    return found


def typed(text):
    """(command or script, the flags that follow it) of every command in a text's blocks and code spans."""
    code = re.findall(r"^```.*?\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in code for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for line in [*lines, *re.findall(r"`([^`]+)`", rest)]:
        before, *_ = re.split(r"\s#\s|\s{4,}", line)
        found = TYPED.match(before.strip())
        if found:
            name = found[3] or (found[1] or found[2]).replace("_", "-")
            # `japananime photo.jpg` takes what is no command for a path.
            yield (
                "stylize" if re.match(r"japananime ([\w-]+\.\w+|--help)( |$)", before.strip()) else name,
                FLAG.findall(before),
            )


def misspelt(text, known):
    """What a text says to type, and no command understands."""
    for name, given in typed(text):
        if name not in known:
            yield name
        else:
            yield from (f"{name} {flag}" for flag in given if flag not in known[name])
    yield from set(FLAG.findall(text)) - set().union(*known.values()) - FOREIGN


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_said_to_be_typed_is_understood(document, flags):
    assert list(misspelt(document.read_text(encoding="utf-8"), flags)) == []


def test_what_is_not_understood_is_seen(flags):
    text = (
        "```\npython -m japananime.stylize photo.jpg --stile pastel   # a word\n"
        "python -m japananime.train --photos a \\\n    --drawn-at 3\n"
        "python tools/image_cutting.py --width 3\npython tools/cutting.py\n```\n"
        "`japananime-evaluate --photos DIR --faces` and `--boldnes`, `--boldness`"
    )
    expected = ["stylize --stile", "train --drawn-at", "tools/image_cutting.py --width", "tools/cutting.py"]
    found = list(misspelt(text, flags))
    assert found[:5] == [*expected, "evaluate --faces"]
    assert set(found[5:]) == {"--stile", "--boldnes"}
    assert len(list(typed((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")))) > 15


@functools.cache
def names_in(path):
    """What a module defines or imports at its top, and the fields and methods of its classes."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def nowhere(text):
    """Paths and dotted names of the package in a text's code spans that are not in the checkout."""
    rooms = {path.name for path in (ROOT / "japananime").iterdir() if path.is_dir()}
    for span in re.findall(r"`([^`\s]+)`", text):
        if "NAME" in span or "*" in span or re.search(r"\.(csv|json|html|md)$", span):
            continue
        if re.match(r"(japananime|tests|tools|benchmarks|docs|checkpoints|\.ci)/", span):
            if not (ROOT / span).exists():
                yield span
        elif span.removeprefix("japananime.").split(".")[0] in rooms and re.fullmatch(r"\w+(\.\w+)+", span):
            place, left = ROOT / "japananime", span.removeprefix("japananime.").split(".")
            while left and (place / left[0]).is_dir():
                place /= left.pop(0)
            if left and (place / f"{left[0]}.py").exists():
                place /= f"{left.pop(0)}.py"
            else:
                place /= "__init__.py"
            if set(left) - names_in(place):
                yield span


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_names_of_the_code_exist(document):
    assert list(nowhere(document.read_text(encoding="utf-8"))) == []


def test_a_name_that_is_gone_is_seen():
    text = "`japananime/engine.py`, `training.runner.Runner`, `training.runner.Walker`, `faces.csv`,"
    text += " `inference.tiling.TilingEngine.measure`, `networks.GENERATORS`, `networks.BUILDERS`, "
    text += "`tests/test_documents.py`"
    assert list(nowhere(text)) == ["japananime/engine.py", "training.runner.Walker", "networks.BUILDERS"]


def test_every_command_is_run_by_docs_check_or_has_something_to_stand_for_it():
    lines = [line for page in typed_pages.PAGES for line in typed_pages.commands(page.read_text(encoding="utf-8"))]
    assert sum(typed_pages.words(line) is not None for line in lines) > 110  # raises what it cannot make sense of
    unused = [one for one in typed_pages.NOT_HERE if not any(re.search(one, line) for line in lines)]
    assert unused == []


def test_commands_are_taken_as_they_are_typed():
    text = (
        "```\n$ no\n```\n```sh\npython -m japananime.train --family dcgan \\\n    --anime a   # of faces\n# a comment\n"
        "japananime photo.jpg    a photo\nmake demo\n```\n```python\nprint()\n```\n"
    )
    lines = list(typed_pages.commands(text))
    assert lines == ["$ no", "python -m japananime.train --family dcgan --anime a", "japananime photo.jpg", "make demo"]
    assert [typed_pages.words(line) for line in lines[1:]] == [
        ["train", "--family", "dcgan", "--anime", "a"],
        ["photo.jpg"],
        None,
    ]
    with pytest.raises(ValueError, match="'\\$ no' is neither a command that is known"):
        typed_pages.words(lines[0])
    assert typed_pages.quick(["train", "--family", "dcgan", "--anime", "a"])[5:] == [
        *typed_pages.SHORT.split(),
        *["--width", "4", "--discriminator-width", "4", "--grid", "2", "--fid-pictures", "4"],
    ]
    assert typed_pages.quick(["train", "--from", "cel", "--minutes", "20"])[5:] == [
        *typed_pages.SHORT.split(),
        *("--minutes", "1"),
    ]
    own = typed_pages.quick(["experiment", "dcgan", "--flags", "--latent 50"])[-1]
    assert own == f"--latent 50 {typed_pages.SHORT} --width 4 --discriminator-width 4"
    assert typed_pages.quick(["tools/build_dataset.py", "--review", "--open"]) == [
        "tools/build_dataset.py",
        *typed_pages.MORE["build_dataset.py"].split(),
    ]


def test_the_picture_of_the_rooms_is_up_to_date(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    draw_rooms = importlib.import_module("draw_rooms")
    picture = draw_rooms.PICTURE.read_text(encoding="utf-8")
    assert picture == draw_rooms.picture(), "imports or what rooms say of themselves have changed: make docs"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_headings_have_texts_and_commands_are_fenced(document):
    text = re.sub(r"^```.*?^```$", "(a block)", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in text.splitlines() if line.strip()]
    assert [line for line in lines if line.startswith(("python ", "pip install "))] == []
    empty = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if re.match("##+ ", line) and re.match("##? ", following)
    ]
    assert empty == []
