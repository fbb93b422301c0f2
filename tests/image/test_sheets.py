"""Pictures on one sheet."""

import numpy as np

from japananime.image import sheets


def flat(*levels, side=2):
    return np.repeat(np.uint8(levels), side * side * 3).reshape(len(levels), side, side, 3)


def test_a_grid_has_rows_and_is_white_where_there_is_no_picture():
    page = sheets.grid(flat(0, 1, 2), across=2)
    assert page.shape == (4, 4, 3)
    np.testing.assert_array_equal(page[::2, ::2, 0], [[0, 1], [2, 255]])


def test_titles_stand_above_or_in_the_middle_below():
    above = sheets.grid(flat(9, 9, side=60), 2, ["one", "two"], line=20)
    below = sheets.grid(flat(9, 9, side=60), 2, ["one", "two"], line=20, below=True)
    assert above.shape == below.shape == (80, 120, 3)
    assert (above[20:] == 9).all() and (below[:60] == 9).all()
    for line in (above[:20], below[60:]):
        assert (line[:, :60] < 128).any() and (line[:, 60:] < 128).any()
    dark = [np.flatnonzero((line[:, :60] < 128).any(axis=(0, 2))) for line in (above[:20], below[60:])]
    assert dark[0][0] < 10 and abs(dark[1].mean() - 30) < 5


def test_one_column_is_a_square_of_enlarged_pictures_below_its_titles():
    side, head = sheets.LEAST_SHOWN, sheets.HEAD
    page = sheets.in_columns({"made": flat(0, 1, 2, 3, 4)})
    assert page.shape == (head + 2 * side, 4 * side, 3)
    page = sheets.in_columns({"made": flat(*range(20))})  # five across, four down
    assert page.shape == (head + 4 * side, 5 * side, 3)
    np.testing.assert_array_equal(page[head::side, ::side, 0], np.arange(20).reshape(4, 5))


def test_what_belongs_together_stands_side_by_side():
    side, head = sheets.LEAST_SHOWN, sheets.HEAD
    page = sheets.in_columns({"photo": flat(1, 2, 3), "made": flat(11, 12, 13)})
    np.testing.assert_array_equal(page[head::side, ::side, 0], [[1, 11, 2, 12], [3, 13, 255, 255]])
