"""Sizes, tiles and statistics, on a network of arithmetic that can be followed by hand and on real ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import wild

from japananime.image import files as image_files
from japananime.inference import loading, tiling
from japananime.inference.openvino_backend import OpenVinoNetwork
from japananime.inference.tensorflow_backend import TensorFlowNetwork
from japananime.networks import light_generator, residual_generator
from japananime.styles import folder as style_folder
from japananime.styles import keras_to_graph

ROOT = Path(__file__).resolve().parents[2]


class Inverter:
    """A network that works pixel by pixel and notes what it is given."""

    multiple, reach, pixel_bytes, normalised = 4, 6, 10, False

    def __init__(self):
        self.shapes = []

    def whole(self, pictures):
        self.shapes.append(pictures.shape)
        return 255 - pictures

    def apply(self, pictures, statistics):
        return self.whole(pictures)


def photo_like(random, height=700, width=900):
    """Large shapes, small shapes and noise: statistics that differ from place to place."""
    layers = [
        np.asarray(Image.fromarray(random.integers(0, 256, size).astype(np.uint8)).resize((width, height)), float)
        for size in ((4, 5, 3), (40, 50, 3), (200, 250, 3))
    ]
    mixed = 0.6 * layers[0] + 0.3 * layers[1] + 0.1 * layers[2]
    return np.clip(mixed + random.normal(0, 3, mixed.shape), 0, 255).astype(np.uint8)


def likeness(a, b):
    """Peak signal to noise ratio in decibels."""
    error = np.mean((a.astype(float) - b) ** 2)
    return np.inf if not error else 10 * np.log10(255**2 / error)


@pytest.fixture
def residual(tmp_path):
    generator = wild(residual_generator.build(width=4, residual_blocks=2, upsampling="resize"))
    generator.save_weights(tmp_path / "of.weights.h5")
    return OpenVinoNetwork(keras_to_graph.describe(generator), tmp_path / "of.weights.h5", "float32")


@pytest.mark.parametrize("size", [(1, 1), (3, 100), (100, 3), (64, 64), (65, 131), (721, 1283)])
@pytest.mark.parametrize("memory", [10**9, 10 * 100**2])
def test_size_and_place_are_kept_exactly(random, size, memory):
    photo = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    network = Inverter()
    assert np.array_equal(tiling.TilingEngine(network, memory)(photo), 255 - photo)
    for _, height, width, _ in network.shapes:
        assert height % 4 == width % 4 == 0


def test_memory_decides_between_whole_and_tiles(random):
    photo = random.integers(0, 256, (700, 900, 3)).astype(np.uint8)
    whole, tiled = Inverter(), Inverter()
    tiling.TilingEngine(whole, 764 * 992 * 10)(photo)
    assert whole.shapes == [(1, 764, 992, 3)]
    tiling.TilingEngine(tiled, 300 * 300 * 10)(photo)
    # At most 288 a side, less a halo of 8 on each: 764 takes 3 rows, 992 takes 4 columns; 268 by 288 are enough.
    assert tiled.shapes == [(1, 268, 288, 3)] * 12


def test_large_pictures_go_in_tiles_where_nothing_is_normalised(random):
    photo = random.integers(0, 256, (1200, 2100, 3)).astype(np.uint8)
    local, looking_at_all = Inverter(), Inverter()
    looking_at_all.normalised = True
    assert np.array_equal(tiling.TilingEngine(local, 10**12)(photo), 255 - photo)
    # 1024 + 16 at most: 1264 rows take two of 640, 2176 columns three of 736.
    assert local.shapes == [(1, 640, 736, 3)] * 6
    tiling.TilingEngine(looking_at_all, 10**12)(photo)
    assert looking_at_all.shapes == [(1, 1264, 2176, 3)]


@pytest.mark.parametrize(
    ("width", "padded"), [(64, 128), (65, 160), (896, 960), (1024, 1088), (1025, 1152), (1920, 1984), (1921, 2048)]
)
def test_widths_go_in_steps_that_convolutions_are_quick_at(width, padded):
    """The coarsest map's width is a multiple of 8, and above 256 one of 16, with a margin of at least 32 pixels."""
    network = Inverter()
    tiling.TilingEngine(network)(np.zeros((70, width, 3), np.uint8))
    assert network.shapes == [(1, 136, padded, 3)]


def test_padding_is_reflection():
    padded, inside = tiling.TilingEngine(Inverter())._pad(np.arange(40 * 50, dtype=np.uint8).reshape(40, 50, 1))
    assert padded.shape == (104, 128, 1)
    top, left = inside[0].start, inside[1].start
    assert np.array_equal(padded[top - 1, left : left + 50], padded[top + 1, left : left + 50])
    assert np.array_equal(padded[:, left - 3], padded[:, left + 3])


def test_spans_cover_a_side_once_a_halo_from_their_ends():
    for length, window, halo, step in ((100, 100, 8, 1), (101, 100, 8, 4), (1000, 100, 8, 4), (412, 64, 16, 32)):
        found = tiling.spans(length, window, halo, step)
        assert len({size for _, size, _ in found}) == 1
        assert found[0][1] <= window
        covered = np.zeros(length, int)
        for start, size, keep in found:
            covered[keep] += 1
            assert start >= 0
            assert start + size <= length
            assert keep.start == 0 or keep.start - start >= halo
            assert keep.stop == length or start + size - keep.stop >= halo
        assert (covered == 1).all()


def test_tiles_equal_the_whole_given_its_statistics(random, residual):
    photo = photo_like(random)
    whole = tiling.TilingEngine(residual, 10**10)
    tiles = tiling.TilingEngine(residual, residual.pixel_bytes * 360**2)
    statistics = whole.measure([photo])
    expected = whole(photo)
    made = tiles.apply(photo, statistics)
    assert likeness(made, expected) > 60
    assert len(tiling.spans(732, tiles._window(), tiles._halo())) > 1


def test_estimated_statistics_are_near_and_leave_no_seam(tmp_path):
    generator = wild(residual_generator.build(width=4, residual_blocks=2, upsampling="resize", output="change"))
    generator.save_weights(tmp_path / "of.weights.h5")
    network = OpenVinoNetwork(keras_to_graph.describe(generator), tmp_path / "of.weights.h5", "float32")
    photo = image_files.read(ROOT / "Pretrain" / "origin" / "raccoon.jpg").rgb
    tiles = tiling.TilingEngine(network, network.pixel_bytes * 8 * 256**2)
    expected, made = tiling.TilingEngine(network, 10**10)(photo), tiles(photo)
    assert 38 < likeness(made, expected) < 80
    # The borders of the tiles, which are not those of the picture, are no steeper than what is around them.
    steps = np.abs(np.diff(made.astype(float), axis=1)).mean(axis=(0, 2))
    whole = np.abs(np.diff(expected.astype(float), axis=1)).mean(axis=(0, 2))
    padded, (_, inside) = tiles._pad(photo)
    spans = tiling.spans(padded.shape[1], tiles._window(), tiles._halo(), tiling.STEP * network.multiple)
    cuts = [keep.stop - inside.start for _, _, keep in spans][:-1]
    assert cuts
    np.testing.assert_allclose(steps[np.array(cuts) - 1], whole[np.array(cuts) - 1], rtol=0.1)


@pytest.mark.parametrize("style", style_folder.bundled_for_photos())
@pytest.mark.parametrize(
    "widths", [(*range(500, 661, 14), 512, 600), (*range(507, 661, 14), 639, 640)], ids=["even", "odd"]
)
def test_nothing_is_drawn_along_the_borders(style, widths):
    """Near the borders, columns differ from their neighbours no more than inside, beyond what the photo's do.

    The margins that a picture gets depend on its width: these widths have nearly all that there are.
    """
    engine = loading.load(style_folder.find(style), "openvino", "float32", drawn_at=0)
    with Image.open(ROOT / "Pretrain" / "origin" / "flower.jpg") as photo:
        flower = photo.convert("RGB")
    for width in widths:
        photo = np.asarray(flower.resize((width, 300)))[100:164]
        steps = [np.abs(np.diff(each.astype(float), axis=1)).mean(axis=(0, 2)) for each in (photo, engine(photo))]
        added = steps[1] - steps[0]
        assert max(added[:40].max(), added[-40:].max()) < added[40:-40].max() + 2, width


@pytest.mark.parametrize("style", style_folder.bundled_for_photos())
def test_bundled_styles_lose_nothing_that_shows_in_bfloat16(style):
    """Where a processor has no bfloat16, OpenVINO takes float32 for it, and both pictures are the same."""
    photo = image_files.read(ROOT / "Pretrain" / "origin" / "astronaut.jpg").rgb[:256, 128:384]
    exact, fast = (loading.load(style_folder.find(style), "openvino", kind)(photo) for kind in ("float32", "bfloat16"))
    assert likeness(fast, exact) >= 40
    assert likeness(exact, photo) < 35


def test_a_network_without_normalisation_is_the_same_in_tiles(random, tmp_path):
    generator = wild(light_generator.build(width=4, residual_blocks=1))
    generator.save_weights(tmp_path / "of.weights.h5")
    network = OpenVinoNetwork(keras_to_graph.describe(generator), tmp_path / "of.weights.h5", "float32")
    photo = photo_like(random, 300, 500)
    tiled = tiling.TilingEngine(network, network.pixel_bytes * 200**2)
    assert likeness(tiled(photo), tiling.TilingEngine(network, 10**10)(photo)) > 60
    assert tiled.measure([photo]) == {}


def test_statistics_of_several_pictures_are_those_of_all_their_pixels(random, residual):
    pictures = [photo_like(random, 96, 128) for _ in range(2)]
    run = tiling.TilingEngine(residual, 10**10)
    one, other, both = (run.measure(chosen) for chosen in (pictures[:1], pictures[1:], pictures))
    first = residual.normalised and next(iter(both))
    (mean, variance), (other_mean, other_variance) = one[first], other[first]
    joint = (mean + other_mean) / 2
    np.testing.assert_allclose(both[first][0], joint, rtol=1e-3, atol=1e-4)
    spread = (variance + mean**2 + other_variance + other_mean**2) / 2 - joint**2
    np.testing.assert_allclose(both[first][1], spread, rtol=1e-3)


@pytest.mark.parametrize("normalisation", ["instance", "layer"])
def test_both_networks_agree(normalisation, random, tmp_path):
    generator = wild(residual_generator.build(width=4, residual_blocks=1, normalisation=normalisation))
    generator.save_weights(tmp_path / "of.weights.h5")
    networks = (
        OpenVinoNetwork(keras_to_graph.describe(generator), tmp_path / "of.weights.h5", "float32"),
        TensorFlowNetwork(generator),
    )
    photo = photo_like(random, 100, 130)
    one, other = (tiling.TilingEngine(network, 10**10) for network in networks)
    assert np.abs(one(photo).astype(int) - other(photo)).max() <= 1
    measured, again = one.measure([photo]), other.measure([photo])
    assert measured.keys() == again.keys()
    for name, pair in measured.items():
        np.testing.assert_allclose(pair, again[name], rtol=2e-3, atol=2e-4)
    assert np.abs(one.apply(photo, measured).astype(int) - other.apply(photo, measured)).max() <= 1
    assert np.abs(one.apply(photo, measured).astype(int) - one(photo)).max() <= 1


def test_without_a_margin_the_network_sees_the_picture_alone(random):
    photo = random.integers(0, 256, (128, 96, 3)).astype(np.uint8)
    network = Inverter()
    assert np.array_equal(tiling.TilingEngine(network, 10**9, margin=0)(photo), 255 - photo)
    assert network.shapes == [(1, 128, 96, 3)]
