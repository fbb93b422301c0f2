"""Styles as packages: made, fetched from a server on this machine, and refused where anything is wrong."""

import errno
import hashlib
import http.server
import io
import json
import re
import stat
import threading
import urllib.request
import zipfile

import pytest

from japananime import shared_styles, stylize
from japananime.base.errors import UserError
from japananime.styles import cards, description, fetching, installed, packages
from japananime.styles import folder as style_folder

CEL = style_folder.find("cel").path


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """What is kept and added lies in a folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(installed, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(installed, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setenv("no_proxy", "*")


def kept_files(tmp_path):
    """Files that are kept or added, and what was left of opening them."""
    return sorted(path.name for name in ("cache", "data") for path in (tmp_path / name).rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A bundled style as a package, without its picture."""
    path = tmp_path_factory.mktemp("package") / "style.zip"
    packages.pack(CEL, path)
    return path


@pytest.fixture(scope="module")
def contents(package):
    """{name: bytes} of that."""
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


class Server:
    """Answers with what `answers` has for a path: bytes, or (status, headers, bytes). Notes what it was asked for."""

    def __init__(self):
        self.answers, self.asked = {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                answer = outer.answers.get(self.path, (404, {}, b""))
                status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def test_a_package_holds_the_style_and_is_the_same_each_time(package, contents, tmp_path):
    assert set(contents) == set(packages.MEMBERS)
    for name in set(contents) - {packages.SUMS_FILE}:
        assert contents[name] == (CEL / name).read_bytes()
    said = packages.pack(CEL, tmp_path / "again.zip")
    assert said == hashlib.sha256(package.read_bytes()).hexdigest()
    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.zip"]


def test_a_package_is_a_style(package):
    style = style_folder.find(package)
    assert (style.title, style.description, style.words) == ("cel", style_folder.find("cel").description, style.words)
    assert style.weights.read_bytes() == (CEL / style_folder.WEIGHTS_FILE).read_bytes()


def test_a_style_is_fetched_once(server, package, capsys):
    server.answers["/a/style.zip"] = package.read_bytes()
    address = f"{server.address}/a/style.zip"
    first = style_folder.find(address)
    assert capsys.readouterr().err == f"fetching the style {address} (kept for the next time)\n"
    assert style_folder.find(address) == first
    assert capsys.readouterr().err == ""
    known = hashlib.sha256(package.read_bytes()).hexdigest()
    assert style_folder.find(f"{address}#sha256={known}") == first
    assert server.asked == ["/a/style.zip"]
    with pytest.raises(UserError, match=f"was fetched before and has the SHA-256 {known}; wanted was 0000"):
        style_folder.find(f"{address}#sha256={'0' * 64}")
    assert first.weights.read_bytes() == (CEL / style_folder.WEIGHTS_FILE).read_bytes()


def test_a_style_of_a_hub(server, package, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", server.address + "/")
    server.answers["/me/my-style/resolve/main/style.zip"] = (302, {"Location": "/elsewhere/1"}, b"")
    server.answers["/me/my-style/resolve/v1.0/style.zip"] = package.read_bytes()
    server.answers["/elsewhere/1"] = package.read_bytes()
    assert style_folder.find("hf://me/my-style").title == "cel"
    assert style_folder.find("hf://me/my-style@v1.0").title == "cel"
    assert server.asked == [
        "/me/my-style/resolve/main/style.zip", "/elsewhere/1", "/me/my-style/resolve/v1.0/style.zip",
    ]  # fmt: skip


def test_the_hub_without_anything_said(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert fetching.address("hf://me/it") == ("https://huggingface.co/me/it/resolve/main/style.zip", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://example.org/style.zip", "accepted: https://HOST/PATH"),
        ("https:///style.zip", "accepted: https://HOST/PATH"),
        ("https://[::1/style.zip", "accepted: https://HOST/PATH"),
        ("https://example.org/a b.zip", "accepted: https://HOST/PATH"),
        ("https://example.org/style.zip#sha256=12", "accepted after #: sha256= and 64 hexadecimal digits"),
        ("https://example.org/style.zip#", "accepted after #: sha256= and 64 hexadecimal digits"),
        ("hf://name", "accepted: hf://USER/NAME"),
        ("hf://user/name/../../other", "accepted: hf://USER/NAME"),
    ],
)
def test_addresses_that_are_none(text, message, tmp_path):
    with pytest.raises(UserError, match=message):
        style_folder.find(text)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, {}, b""), "cannot be fetched .*404"),
        ((302, {"Location": "http://example.org/style.zip"}, b""), "accepted: https://HOST/PATH"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "cannot be fetched .*not allowed"),
        ((200, {"Content-Length": "99999999999"}, b"PK"), "99999999999 bytes; accepted: up to"),
        ((200, {"Content-Length": "100"}, b"PK"), "cannot be fetched"),
        (b"<html>not found</html>", "not a style's package"),
        (b"", "not a style's package"),
    ],
)
def test_answers_that_are_no_style(server, answer, message, tmp_path, monkeypatch):
    server.answers["/style.zip"] = answer
    with pytest.raises(UserError, match=message) as error:
        style_folder.find(f"{server.address}/style.zip")
    assert "\n" not in str(error.value)
    assert kept_files(tmp_path) == []


def test_an_answer_without_an_end(server, tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "MOST_BYTES", 100_000)
    server.answers["/style.zip"] = (200, {"Content-Length": "unknown"}, bytes(300_000))
    with pytest.raises(UserError, match="is over 100000 bytes, the most that is accepted"):
        style_folder.find(f"{server.address}/style.zip")
    assert kept_files(tmp_path) == []


def test_a_package_with_another_sum_than_the_address_says(server, package, tmp_path):
    server.answers["/style.zip"] = package.read_bytes()
    with pytest.raises(UserError, match=f"has the SHA-256 [0-9a-f]{{64}}; wanted was {'0' * 64}"):
        style_folder.find(f"{server.address}/style.zip#sha256={'0' * 64}")
    assert kept_files(tmp_path) == []


def with_sums(files):
    """The same files with a right list of their sums."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return {**files, packages.SUMS_FILE: "".join(lines).encode()}


def zipped(files, how=zipfile.ZIP_STORED):
    """The bytes of a zip file of (name or ZipInfo, content)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


def member(name, kind=stat.S_IFREG):
    found = zipfile.ZipInfo(name)
    found.external_attr = (kind | 0o644) << 16
    return found


def plus(name, content=b"x"):
    """A package with a further member."""
    return lambda good: zipped([*good.items(), (name, content)])


def without(name):
    return lambda good: zipped(
        with_sums({k: v for k, v in good.items() if k not in (name, packages.SUMS_FILE)}).items()
    )


def instead(name, content):
    """A package with another content of a member, and the right sums."""

    def make(good):
        files = {k: v for k, v in good.items() if k != packages.SUMS_FILE}
        return zipped(with_sums({**files, name: content}).items())

    return make


def lying(good):
    """A package whose list says less of the weights than their packed bytes become."""
    made = zipped(good.items(), zipfile.ZIP_DEFLATED)
    size = len(good["generator.weights.h5"]).to_bytes(4, "little")
    return made.replace(size, (1000).to_bytes(4, "little"))


def flagged(good):
    made = bytearray(zipped(good.items()))
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def damaged(good):
    made = bytearray(zipped(good.items(), zipfile.ZIP_STORED))
    made[made.index(good["card.md"][:40]) + 20] ^= 1
    return bytes(made)


def doubled(good):
    with pytest.warns(UserWarning, match="Duplicate name"):
        return plus("card.md")(good)


def pickled(good):
    return instead("style.json", b"cos\nsystem\n(S'touch /tmp/x'\ntR.")(good)


def wrong_sum(good):
    return zipped({**good, "card.md": b"other"}.items())


def linked(good):
    return zipped(
        [*((k, v) for k, v in good.items() if k != "card.md"), (member("card.md", stat.S_IFLNK), b"/etc/passwd")]
    )


def a_device(good):
    return zipped([*((k, v) for k, v in good.items() if k != "card.md"), (member("card.md", stat.S_IFCHR), b"")])


def of_another_network(good):
    return instead("graph.json", (style_folder.find("watercolor").path / "graph.json").read_bytes())(good)


def unusual(good):
    return zipped(good.items(), zipfile.ZIP_LZMA)


BAD = {
    "up": (plus("../evil.py"), "it holds '../evil.py'; accepted"),
    "up on Windows": (plus("..\\evil.py"), "it holds '..*evil.py'; accepted"),
    "absolute": (plus("/tmp/evil.py"), "it holds '/tmp/evil.py'; accepted"),
    "below": (plus("more/style.json"), "it holds 'more/style.json'; accepted"),
    "a folder": (plus("more/", b""), "it holds 'more/'; accepted"),
    "code": (plus("model.py"), "it holds 'model.py'; accepted"),
    "a Keras model": (plus("model.keras"), "it holds 'model.keras'; accepted"),
    "a terminal's code": (plus("\x1b[2Jx"), r"it holds '\\x1b\[2Jx'; accepted"),
    "a link": (linked, "'card.md' is a link or a device"),
    "a device": (a_device, "'card.md' is a link or a device"),
    "a bomb": (instead("card.md", bytes(5_000_000)), "'card.md' is 5000000 bytes; accepted: up to 1000000"),
    "a bomb that lies": (lying, "not a style's package"),
    "twice": (doubled, "it holds 'card.md' twice"),
    "encrypted": (flagged, "is encrypted"),
    "packed unusually": (unusual, "is packed in an unusual way"),
    "a flipped bit": (damaged, "Bad CRC-32"),
    "cut": (lambda good: zipped(good.items())[:-500], "not a style's package"),
    "a wrong sum": (wrong_sum, "'card.md' has another SHA-256 than SHA256SUMS says"),
    "no sums": (lambda good: zipped((k, v) for k, v in good.items() if k != packages.SUMS_FILE), "it lacks SHA256SUMS"),
    "a file without a sum": (
        lambda good: zipped({**good, packages.SUMS_FILE: good[packages.SUMS_FILE].split(b"\n")[0]}.items()),
        "SHA256SUMS is not of the files that are there",
    ),
    "no weights": (without("generator.weights.h5"), "it lacks generator.weights.h5"),
    "no weights but a text": (instead("generator.weights.h5", b"hello"), "not a style's weights"),
    "no description but a pickle": (pickled, "not a style's description"),
    "weights of another network": (of_another_network, "are missing or of another network"),
    "no picture": (instead("preview.jpg", b"%!PS\n(x) print"), "preview.jpg: not an image"),
    "a card of other letters": (instead("card.md", b"\xff\xfe\xff"), "can't decode byte"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_package_is_refused_and_leaves_nothing(name, contents, tmp_path, capsys):
    make, message = BAD[name]
    path = tmp_path / "bad.zip"
    path.write_bytes(make(contents))
    with pytest.raises(
        UserError, match=f"bad.zip: not a style's package .*{message}" if "not a" not in message else message
    ) as error:
        style_folder.find(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500
    assert ".writing" not in str(error.value)
    assert shared_styles.main(["add", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert kept_files(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "cache", "data"]


def test_the_package_that_the_bad_ones_are_made_of_is_good(contents, tmp_path):
    path = tmp_path / "good.zip"
    path.write_bytes(zipped(with_sums({k: v for k, v in contents.items() if k != packages.SUMS_FILE}).items()))
    assert style_folder.find(path).title == "cel"


def test_add_list_and_remove(package, tmp_path, capsys):
    assert shared_styles.main(["add", str(package), "--name", "mine"]) == 0
    assert capsys.readouterr().out == "added; use it with --style mine\n"
    assert style_folder.find("mine").path == tmp_path / "data" / "styles" / "mine"
    assert shared_styles.main(["add", str(package), "--name", "mine"]) == 2
    assert "there is a style 'mine' already" in capsys.readouterr().err
    style_folder.find(package)
    assert shared_styles.main(["list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[-2:] == [f"mine: added from {package}", f"{package}: fetched once"]
    assert [re.split("[:(]", line)[0].strip() for line in listed[:-2]] == style_folder.bundled()
    assert [line.split(":")[0] for line in listed if "no --style" in line] == ["cel (used where no --style is given)"]
    for name in ("mine", str(package)):
        assert shared_styles.main(["remove", name]) == 0
        assert capsys.readouterr().out == f"removed what came from {package}\n"
    assert kept_files(tmp_path) == []
    assert shared_styles.main(["remove", "mine"]) == 2


@pytest.mark.parametrize(("name", "message"), [("../up", "--name is '../up'"), ("", "a style 'cel' already")])
def test_names_that_cannot_be(package, name, message, tmp_path, capsys):
    assert shared_styles.main(["add", str(package), "--name", name]) == 2
    assert message in capsys.readouterr().err
    assert kept_files(tmp_path) == []


def test_pack_and_card_as_commands(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shared_styles.main(["pack", "forest"]) == 0
    known = hashlib.sha256((tmp_path / "forest.zip").read_bytes()).hexdigest()
    assert f"--style https://HOST/forest.zip#sha256={known}\n" in capsys.readouterr().out
    assert shared_styles.main(["card", "forest"]) == 0
    assert capsys.readouterr().out == (style_folder.find("forest").path / "card.md").read_text(encoding="utf-8")
    assert shared_styles.main(["pack", "forest", "--out", "forest.tar"]) == 2
    assert "accepted: a name that ends in .zip" in capsys.readouterr().err


def described(folder, **further):
    folder.mkdir()
    found = {"name": "mine", "network": "light", "arguments": {}, **further}
    (folder / description.DESCRIPTION_FILE).write_text(json.dumps(found))
    return folder


def test_a_style_without_a_licence_is_not_packed(tmp_path):
    with pytest.raises(UserError, match="says no licence"):
        packages.pack(described(tmp_path / "style"), tmp_path / "style.zip")
    with pytest.raises(UserError, match=r"lacks graph.json, generator.weights.h5"):
        packages.pack(described(tmp_path / "other"), tmp_path / "style.zip", "MIT")
    assert not (tmp_path / "style.zip").exists()


def test_a_card_of_what_a_style_says(tmp_path):
    folder = described(tmp_path / "style", description="Fine.", training={"steps": 3, "of": "a|b"}, license="My Own: 1")
    expected = (
        '---\nlicense: other\nlicense_name: "My Own: 1"\nlibrary_name: japananime\npipeline_tag: image-to-image\n'
        "tags:\n- japananime\n- anime\n- style-transfer\n---\n\n"
        "# mine\n\nFine.\n\n| | |\n|---|---|\n| network | light |\n| steps | 3 |\n| of | a\\|b |\n"
    )
    assert cards.card(folder) == expected
    (folder / cards.CARD_FILE).write_text(expected)
    assert cards.card(folder) == expected
    other = cards.card(folder, "CC-BY-4.0")
    assert other == expected.replace('other\nlicense_name: "My Own: 1"', "cc-by-4.0")


@pytest.mark.parametrize("name", style_folder.bundled())
def test_the_cards_of_the_bundled_styles_have_what_hubs_read(name):
    style = style_folder.find(name)
    text = (style.path / cards.CARD_FILE).read_text(encoding="utf-8")
    assert text.startswith(cards.front_matter(style.description) + f"\n# {name}\n")
    assert "\nlicense: apache-2.0\n" in text


def test_stylize_takes_a_package_that_is_not_there_for_a_mistake(tmp_path, capsys, monkeypatch):
    (tmp_path / "photo.jpg").write_bytes((CEL / "preview.jpg").read_bytes())
    assert stylize.main([str(tmp_path / "photo.jpg"), "--style", str(tmp_path / "no.zip")]) == 2
    assert "no.zip', which is no file" in capsys.readouterr().err


def test_no_address_from_outside_leads_to_this_computer():
    handler, closed = fetching._Redirects(), io.BytesIO()

    def led(first, then):
        return handler.redirect_request(urllib.request.Request(first), closed, 302, "Found", {}, then)

    with pytest.raises(UserError, match="leads to http://localhost:8000/x.zip; a style is fetched over https alone"):
        led("https://example.org/x.zip", "http://localhost:8000/x.zip")
    assert closed.closed
    assert led("https://example.org/x.zip", "https://example.com/y.zip").full_url == "https://example.com/y.zip"
    assert led("http://127.0.0.1:1/x.zip", "http://localhost:1/y.zip").full_url == "http://localhost:1/y.zip"


def test_a_full_disk_is_not_the_packages_fault(package, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packages, "_extract", full)
    (tmp_path / "new").mkdir()
    with pytest.raises(UserError, match=r"^/.*No space left on device; the package is not to blame$"):
        packages.unpack(package, tmp_path / "new")
