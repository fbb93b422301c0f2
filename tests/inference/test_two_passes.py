"""Pictures drawn small first: sizes, the order of the passes, and statistics for each, on an engine of arithmetic."""

import numpy as np
import pytest

from japananime.base import cli
from japananime.base.errors import UserError
from japananime.image import tone_transfer
from japananime.image.resize import resize
from japananime.inference import loading, two_passes
from japananime.inference.two_passes import DRAWN_AT, TwoPasses, drawn_at
from japananime.styles import folder as style_folder


class Adder:
    """Adds 10, or the mean that it has measured; notes the sizes it sees."""

    def __init__(self, normalised=False):
        self.normalised, self.sizes = normalised, []

    def __call__(self, rgb):
        self.sizes.append(rgb.shape[:2])
        return rgb + np.uint8(10)

    def measure(self, pictures):
        return {"layer": (np.mean(pictures), np.var(pictures))} if self.normalised else {}

    def apply(self, rgb, statistics):
        self.sizes.append(rgb.shape[:2])
        return (rgb + statistics["layer"][0]).astype(np.uint8) if statistics else self(rgb)


def flat(height, width, level=50):
    return np.full((height, width, 3), level, np.uint8)


def test_what_is_no_larger_is_drawn_as_it_is_and_again_enlarged():
    engine = Adder()
    made = TwoPasses(engine, 400)(flat(400, 900))
    assert engine.sizes == [(400, 900), (800, 1800)]
    # 60 and then 70 are drawn; light is kept half of the first pass, half of the photo: 55.
    assert made.shape == (400, 900, 3) and (made == 55).all()


@pytest.mark.parametrize(("side", "sizes", "level"), [(364, [(500, 364)], 60), (365, [(500, 365), (1000, 730)], 55)])
def test_the_smallest_are_drawn_once(side, sizes, level):
    engine = Adder()
    assert (TwoPasses(engine, 500)(flat(500, side)) == level).all()  # 0.73 of 500 is 365
    assert engine.sizes == sizes


def test_what_is_larger_is_drawn_small_and_then_in_full():
    engine = Adder()
    made = TwoPasses(engine, 300)(flat(601, 1000))
    assert engine.sizes == [(300, 499), (601, 1000)]
    assert made.shape == (601, 1000, 3) and (made == 55).all()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((390, 500), (780, 1000)), ((401, 600), (401, 600)), ((600, 400), (1200, 800)), ((900, 1000), (800, 888))],
)
def test_edges_are_made_crisp_at_twice_what_is_drawn_first_or_below(monkeypatch, shape, expected):
    seen = []
    monkeypatch.setattr(two_passes, "crispen", lambda rgb: seen.append(rgb.shape[:2]) or rgb)
    TwoPasses(Adder(), 400)(flat(*shape))
    assert seen == [expected]


def test_each_pass_has_statistics_of_its_own():
    engine = TwoPasses(Adder(normalised=True), 300)
    statistics = engine.measure([flat(600, 600, 20), flat(600, 600, 40)])
    # The first pass sees 20 and 40, mean 30, and makes 50 and 70 of them, mean 60.
    assert {name: value[0] for name, value in statistics.items()} == {"first/layer": 30, "second/layer": 60}
    # 50 and then 110 are drawn of 20; light is kept: (50 + 20) / 2.
    assert (engine.apply(flat(600, 600, 20), statistics) == 35).all()
    assert engine.engine.sizes[-2:] == [(300, 300), (600, 600)]
    small = engine.measure([flat(200, 200, 20)])
    assert {name: value[0] for name, value in small.items()} == {"layer": 20}
    assert (engine.apply(flat(200, 200, 20), small) == 40).all()


def test_frames_of_films_are_drawn_as_quickly_as_can_be(random):
    photo, small = (random.integers(0, 200, (*shape, 3)).astype(np.uint8) for shape in ((400, 380), (250, 380)))
    engine = TwoPasses(Adder(), 256)
    assert engine.measure([photo]) == {}
    first = resize(photo, (269, 256)) + np.uint8(10)
    expected = tone_transfer.keep(resize(first, photo.shape) + np.uint8(10), (first, resize(photo, (269, 256))))
    np.testing.assert_array_equal(engine.apply(photo, {}), expected)
    np.testing.assert_array_equal(engine.apply(small, {}), small + np.uint8(10))


def test_enlarging_keeps_a_ramp():
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 10, axis=0).repeat(3, axis=2)
    doubled = resize(ramp, (20, 200)).astype(float)
    expected = (np.arange(200) + 0.5) / 2 * 2 - 1  # pixel centres stay where they are
    assert np.abs(doubled[5, 10:-10, 0] - expected[10:-10]).max() <= 1


@pytest.mark.parametrize("side", [-1, 1, 255])
def test_a_side_too_small_to_draw_at_is_refused(side):
    with pytest.raises(UserError, match=f"--drawn-at is {side}; it must be 0, or at least 256"):
        loading.load(style_folder.find("daylight"), drawn_at=side)


def test_boldness_by_hand():
    # 1080 · (256/1080)^x: the ends, and the middle, which is the root of their product.
    assert drawn_at(0.0) == 1080
    assert drawn_at(1.0) == 256
    assert drawn_at(0.5) == round((1080 * 256) ** 0.5) == 526


def sizes(*arguments):
    parser = cli.Parser()
    loading.add_flags(parser)
    return loading.options(parser.parse_args(arguments)).drawn_at


def test_one_knob_and_the_size_behind_it():
    assert sizes() == DRAWN_AT
    assert sizes("--boldness", "0.5") == 526
    assert sizes("--drawn-at", "300") == 300
    assert sizes("--drawn-at", "0") == 0
    for wrong in ("1.5", "-0.1", "nan"):
        with pytest.raises(UserError, match=f"--boldness is {wrong}; it must be 0 to 1"):
            sizes("--boldness", wrong)
    with pytest.raises((UserError, SystemExit)):
        sizes("--boldness", "0.5", "--drawn-at", "300")
