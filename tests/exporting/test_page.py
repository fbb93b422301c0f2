"""Styles as a web page: the folder, what it may ask for, and runtimes and styles that are refused."""

import base64
import hashlib
import io
import json
import re
import sys
import tarfile
from pathlib import Path

import pytest

from japananime import export
from japananime.base.errors import UserError
from japananime.exporting import page, page_runtime
from japananime.styles import folder as style_folder

SOURCES = Path(page.__file__).with_name("page_files")


def packed(path, files):
    """An npm package of {name: content}, as it is written by others."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A package with the names of the real one, other files and hostile ones, whose hash is the accepted one."""
    files = {f"package/dist/{name}": name.encode() for name in page_runtime.FILES}
    files |= {"package/dist/../../../escaped.js": b"x", "../escaped.js": b"x", "/tmp/escaped.js": b"x"}
    files |= {f"../{page_runtime.FILES[0]}": b"wrong", "package/dist/ort.js": b"not needed"}
    path = packed(tmp_path / "runtime.tgz", files)
    expect(monkeypatch, path)
    return path


def expect(monkeypatch, path):
    digest = hashlib.sha512(path.read_bytes()).digest()
    monkeypatch.setattr(page_runtime, "SHA512", base64.b64encode(digest).decode())


def test_the_folder_holds_the_page_the_styles_and_the_runtime(tmp_path, archive, capsys):
    out = tmp_path / "made" / "page"
    arguments = ["--to", "page", "--style", "cel", "watercolor", "--out", str(out), "--runtime-archive", str(archive)]
    assert export.main(arguments) == 0
    assert capsys.readouterr().out.endswith(f"2 styles; see it with: python -m http.server -d {out}\n")
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {
        *("index.html", "page.css", "page.js", "photos.js", "pictures.js", "drawing.js", "finishing.js", "worker.js"),
        *(f"styles/{name}" for name in ("styles.json", "cel.onnx", "cel.jpg", "watercolor.onnx", "watercolor.jpg")),
        *(f"runtime/{name}" for name in (*page_runtime.FILES, "ONNX-RUNTIME-LICENSE.txt")),
    }
    for name in page_runtime.FILES:
        assert (out / "runtime" / name).read_bytes() == name.encode()
    cel, watercolor = json.loads((out / "styles" / "styles.json").read_text(encoding="utf-8"))
    assert (cel["name"], cel["file"], cel["multiple"], cel["reach"], cel["whole"]) == ("cel", "cel.onnx", 4, 77, 0)
    assert (watercolor["multiple"], watercolor["reach"]) == (8, 159)
    assert [path.name for path in tmp_path.rglob("escaped.js")] == []
    assert [path.name for path in out.parent.iterdir()] == ["page"]


def test_a_page_takes_no_tensorflow(tmp_path, archive, monkeypatch):
    for name in ("tensorflow", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    page.write([style_folder.find("cel")], tmp_path / "page", archive)
    assert (tmp_path / "page" / "styles" / "cel.onnx").stat().st_size > 1_000_000


def test_the_page_may_ask_nobody_else():
    html = (SOURCES / "index.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    rules = {name: sources for name, *sources in (rule.split() for rule in policy.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert {source for sources in rules.values() for source in sources} == {
        *("'none'", "'self'", "'wasm-unsafe-eval'", "blob:", "data:"),
    }
    for path in SOURCES.iterdir():
        if path.suffix != ".txt":
            assert re.findall(r"https?:|[\"'(]//", path.read_text(encoding="utf-8")) == [], path.name
    # Nothing inline, which the policy would stop.
    assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]*src=)", html) == []


@pytest.mark.parametrize("cached", [False, True])
def test_a_runtime_of_another_hash_is_refused_and_leaves_nothing(tmp_path, monkeypatch, cached):
    monkeypatch.setattr(page_runtime, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(page_runtime, "_fetch", lambda: b"something else")
    wrong = packed(tmp_path / "wrong.tgz", {f"package/dist/{name}": b"" for name in page_runtime.FILES})
    with pytest.raises(UserError, match="SHA-512 differs"):
        page.write([style_folder.find("cel")], tmp_path / "page", None if cached else wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.tgz"]


def test_what_is_fetched_is_kept_and_fetched_once(tmp_path, archive, monkeypatch):
    fetched = []
    monkeypatch.setattr(page_runtime, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(page_runtime, "_fetch", lambda: fetched.append(1) or archive.read_bytes())
    first, second = page_runtime.read(), page_runtime.read()
    assert first == second == {name: name.encode() for name in page_runtime.FILES}
    assert fetched == [1]
    # What has been damaged since is fetched anew.
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"damaged")
    assert page_runtime.read() == first
    assert fetched == [1, 1]


def test_a_runtime_that_lacks_files_is_refused(tmp_path, monkeypatch):
    path = packed(tmp_path / "runtime.tgz", {f"package/dist/{name}": b"" for name in page_runtime.FILES[1:]})
    expect(monkeypatch, path)
    with pytest.raises(UserError, match=f"lacks {page_runtime.FILES[0]}"):
        page_runtime.read(path)


def test_links_in_a_runtime_are_no_files(tmp_path, monkeypatch):
    path = tmp_path / "runtime.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name in page_runtime.FILES:
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    expect(monkeypatch, path)
    with pytest.raises(UserError, match="lacks"):
        page_runtime.read(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--style", "nowhere"], "--style is 'nowhere', neither a bundled style"),
        (["--style", "portraits"], "it makes characters from scratch"),
        (["--style", "cel", "cel"], "--style names two styles called cel"),
        (["--precision", "float16"], "--precision and --tolerance are not for --to page"),
        (["--runtime-archive", "nowhere.tgz"], "--runtime-archive is 'nowhere.tgz', which cannot be read"),
    ],
)
def test_what_makes_no_page_is_told(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert export.main(["--to", "page", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_left_alone(tmp_path, archive):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="already exists"):
        page.write([style_folder.find("cel")], tmp_path / "page", archive)
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["letter.txt"]


def test_several_styles_and_a_runtime_are_for_pages_alone():
    with pytest.raises(UserError, match="--style names 2 styles; accepted with --to onnx: one"):
        export.parse(["--to", "onnx", "--style", "cel", "daylight"])
    with pytest.raises(UserError, match="--runtime-archive is given with --to onnx"):
        export.parse(["--to", "onnx", "--runtime-archive", "runtime.tgz"])


def test_without_onnx_it_is_told_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export.importlib.util, "find_spec", lambda name: None)
    assert export.main(["--to", "page"]) == 2
    assert "--to page needs onnx, which is not installed; install with: " in capsys.readouterr().err
