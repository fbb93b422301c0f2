"""Readers, held against whatever hypothesis thinks of: an answer or one line, never anything else."""

import io
import json

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from japananime.base import terminal
from japananime.base.errors import UserError
from japananime.base.files import LONGEST_NAME, fitting
from japananime.image import decoding
from japananime.image import files as image_files
from japananime.styles import description, graph
from japananime.video.reading import source

# Few and the same each time, for `make test`; `make fuzz` has the time.
quick = settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
node = some.fixed_dictionaries(
    {"name": some.text() | values, "kind": some.sampled_from(["InputLayer", "Conv2D", "Add", ""]) | values},
    optional={
        "inputs": some.lists(some.text()) | values,
        "settings": some.dictionaries(some.sampled_from([*graph.SETTINGS]), values),
    },
)


def answer(read, *arguments):
    """What a reader gives, or None where it refuses in one line."""
    try:
        return read(*arguments)
    except UserError as error:
        assert len(terminal.line(error)) < 900
        return None


@quick
@given(text=some.text() | values.map(json.dumps) | some.binary().map(lambda content: content.decode("latin-1")))
def test_any_text_as_a_description(tmp_path, text):
    (tmp_path / "style.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    answer(description.describe, tmp_path)


@quick
@given(
    fields=some.fixed_dictionaries(
        {"name": some.text() | values, "network": some.text() | values, "arguments": values},
        optional=dict.fromkeys(("description", "takes", "trained", "training", "license"), values),
    )
)
def test_any_values_as_a_description(tmp_path, fields):
    (tmp_path / "style.json").write_text(json.dumps(fields))
    found = answer(description.describe, tmp_path)
    assert found is None or description.NAME.fullmatch(found.name)


@quick
@given(nodes=some.lists(node, max_size=5) | values)
def test_any_nodes_as_a_network(tmp_path, nodes):
    (tmp_path / "graph.json").write_text(json.dumps({"nodes": nodes}))
    found = answer(graph.read, tmp_path)
    assert found is None or len({each.name for each in found.nodes}) == len(found.nodes)


@quick
@given(exif=some.binary(max_size=200) | some.binary(max_size=200).map(lambda rest: b"Exif\0\0II*\0\x08\0\0\0" + rest))
def test_any_exif(tmp_path, exif):
    content = io.BytesIO()
    Image.new("RGB", (9, 5), (1, 2, 3)).save(content, "JPEG", exif=exif)
    (tmp_path / "photo.jpg").write_bytes(content.getvalue())
    assert sorted(image_files.read(tmp_path / "photo.jpg").rgb.shape) == [3, 5, 9]


@quick
@given(orientation=some.integers(0, 65_535), width=some.integers(1, 9), height=some.integers(1, 300))
def test_any_orientation_keeps_every_pixel(orientation, width, height):
    pixels = np.arange(width * height * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    image = Image.fromarray(pixels)
    image.getexif()[decoding.ORIENTATION] = orientation
    turned, alpha = decoding.arrays(image)
    assert alpha is None
    assert np.array_equal(np.sort(turned.reshape(-1, 3), axis=0), np.sort(pixels.reshape(-1, 3), axis=0))


@quick
@given(
    width=some.integers(-1, 70), height=some.integers(-1, 70), rate=some.text(max_size=8) | some.just("25:1"),
    kind=some.sampled_from(["C420jpeg", "C444", "Cmono", "C999", ""]), count=some.integers(0, 3),
    rest=some.binary(max_size=40),
)  # fmt: skip
def test_any_plain_film(tmp_path, width, height, rate, kind, count, rest):
    """Y4M: a line of text, then frames as they are."""
    header = f"YUV4MPEG2 W{width} H{height} F{rate} Ip A1:1 {kind}\n".encode("utf-8", "ignore")
    size = max(0, width) * max(0, height)
    planes = bytes(size + 2 * (-(-width // 2) * -(-height // 2)))
    path = tmp_path / "film.mkv"
    path.write_bytes(header + (b"FRAME\n" + planes) * count + rest)
    opened = answer(source.open_film, path)
    if opened is not None:
        found = [frame.load().rgb.shape for frame in opened.frames()]
        assert set(found) <= {(height, width, 3)}


@quick
@given(stem=some.text(min_size=1), ending=some.text(max_size=20))
def test_any_name_fits(stem, ending):
    stem, ending = (text.encode("utf-8", "ignore").decode() for text in (stem, ending))
    assert len(fitting(stem, ending).encode()) <= LONGEST_NAME


@quick
@given(text=some.text())
def test_any_text_is_shown_once_and_for_all(text):
    shown = terminal.line(text)
    assert terminal.line(shown) == shown
    assert "\x1b" not in shown and "\n" not in shown
