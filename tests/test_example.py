"""The example notebook runs from top to bottom."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_notebook_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("JAPANANIME_VGG_WEIGHTS", "random")
    notebook = json.loads((ROOT / "docs" / "example.ipynb").read_text(encoding="utf-8"))
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), names)
    printed = capsys.readouterr().out
    assert "Step 8 of 8" in printed
    assert "VGG19, 1 square of 256 pixels a picture" in printed
    assert (names["work"] / "scores" / "index.html").is_file()


def test_the_citation_names_this_version():
    from japananime import __version__

    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
