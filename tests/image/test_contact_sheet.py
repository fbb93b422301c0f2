import numpy as np
import pytest

from japananime.image.contact_sheet import COLUMNS, GAP, contact_sheet


def plain(value, height=40, width=60):
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize(("count", "size"), [(1, (16 + 64, 92)), (3, (16 + 64, 16 + 228)), (5, (16 + 128, 16 + 228))])
def test_the_size_of_a_sheet(count, size):
    # Titles are of 12 pixels, on lines of 24; pictures have 16 between them and at the edge.
    assert contact_sheet([("x", plain(9))] * count).shape == (*size, 3)


def test_where_pictures_are():
    sheet = contact_sheet([(str(number), plain(10 * number)) for number in range(5)])
    for number in range(5):
        left, top = GAP + number % COLUMNS * 76, GAP + number // COLUMNS * 64
        assert (sheet[top : top + 40, left : left + 60] == 10 * number).all()
    assert (sheet[:GAP] == 255).all() and (sheet[:, :GAP] == 255).all()
    assert (sheet[80:, 16 + 2 * 76 :] == 255).all()  # a sixth would be there


def test_titles_are_below_their_pictures():
    titled, bare = (contact_sheet([("", plain(9)), (title, plain(9))]) for title in ("name", ""))
    rows, columns, _ = np.nonzero(titled != bare)
    assert len(rows) > 20
    assert rows.min() >= GAP + 40 and rows.max() < GAP + 64
    assert columns.min() >= GAP + 76 and columns.max() < GAP + 76 + 60
    assert columns.mean() == pytest.approx(GAP + 76 + 30, abs=3)
