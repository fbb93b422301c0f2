"""Styles of whole squares, on engines of arithmetic: which pictures go which way, in pictures and in films."""

import numpy as np
import pytest

from japananime.inference.fixed_size import WholeSquares, is_square


class Adder:
    """Adds a number, or the mean that it has measured; notes the sizes it sees."""

    def __init__(self, number):
        self.number, self.sizes = number, []

    def __call__(self, rgb):
        self.sizes.append(rgb.shape[:2])
        return rgb + np.uint8(self.number)

    def measure(self, pictures):
        self.sizes += [picture.shape[:2] for picture in pictures]
        return {"mean": np.mean(pictures)}

    def apply(self, rgb, statistics):
        return (self(rgb) + statistics["mean"]).astype(np.uint8)


def flat(height, width, level=50):
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize(("shape", "square"), [((100, 110), True), ((110, 100), True), ((100, 111), False)])
def test_rough_squares(shape, square):
    assert is_square(*shape) == square


@pytest.mark.parametrize("shape", [(90, 96), (10, 10), (32, 32)])
def test_squares_are_shown_at_the_size_of_the_training(shape):
    squares, others = Adder(10), Adder(20)
    made = WholeSquares(squares, others, 32)(flat(*shape))
    assert made.shape == (*shape, 3)
    assert (made == 60).all()
    assert (squares.sizes, others.sizes) == ([(32, 32)], [])


def test_other_shapes_are_shown_as_they_are():
    squares, others = Adder(10), Adder(20)
    assert (WholeSquares(squares, others, 32)(flat(90, 160)) == 70).all()
    assert (squares.sizes, others.sizes) == ([], [(90, 160)])


def test_films_go_the_same_way_as_pictures():
    for shape, number, seen in (((90, 90), 10, (32, 32)), ((90, 160), 20, (90, 160))):
        squares, others = Adder(10), Adder(20)
        engine = WholeSquares(squares, others, 32)
        statistics = engine.measure([flat(*shape, 20), flat(*shape, 40)])
        assert statistics == {"mean": 30}
        assert (engine.apply(flat(*shape), statistics) == 50 + number + 30).all()
        assert squares.sizes + others.sizes == [seen] * 3
