"""The documents: every one is linked from somewhere, every link leads somewhere, no heading stands without a text."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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
