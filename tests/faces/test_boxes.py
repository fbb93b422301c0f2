import numpy as np
import pytest

from japananime.faces import boxes as faces_boxes


def as_bytes(values, scores):
    """A map as the network would give it: uint8 (height, width, 4)."""
    answers = np.concatenate([np.tanh(np.asarray(scores) / faces_boxes.SHARPNESS)[..., None], values], axis=-1)
    return np.rint((answers + 1) * 127.5).astype(np.uint8)


def test_what_is_encoded_is_decoded():
    boxes = [(20, 30, 36), (70, 8, 48)]
    values, kinds = faces_boxes.encode(boxes, 96, 128)
    assert values.shape == (12, 16, 3) and kinds.shape == (12, 16)
    # The first face's centre is at x 38, y 48; cells' centres within 0.2 · 36 of that are at 36 and 44, 44 and 52.
    assert [tuple(place) for place in np.argwhere(kinds[:, :8] == 1)] == [(5, 4), (5, 5), (6, 4), (6, 5)]
    found = faces_boxes.suppress(faces_boxes.decode(as_bytes(values, np.where(kinds == 1, 4.0, -4.0)), 0.5))
    assert sorted(map(tuple, np.rint(found[:, :3]))) == sorted(boxes)
    assert found[:, 3] == pytest.approx(1 / (1 + np.exp(-4.0)), abs=0.01)


def test_faces_of_other_sizes_are_none_and_those_between_are_left_open():
    for size, kind in ((36, 1), (36 * 2**0.7, -1), (36 * 2**1.2, 0), (36 * 2**-0.7, -1)):
        _, kinds = faces_boxes.encode([(44 - size / 2, 44 - size / 2, size)], 88, 88)
        assert kinds[5, 5] == kind
    _, kinds = faces_boxes.encode([(26, 26, 36)], 88, 88)
    # Cells 8 pixels off the centre are open (8 / 36 = 0.22), those 16 off are none.
    assert kinds[5].tolist() == [0, 0, 0, 0, -1, 1, -1, 0, 0, 0, 0]


def test_overlap_by_hand():
    others = np.array([[5.0, 5, 10, 0], [0, 0, 10, 0], [20, 0, 10, 0], [2, 2, 4, 0]])
    assert faces_boxes.overlap((0, 0, 10), others) == pytest.approx([25 / 175, 1, 0, 16 / 100])


def slow_suppression(boxes, most, inside):
    kept = []
    for box in sorted(boxes.tolist(), key=lambda box: -box[3]):
        for other in kept:
            wide = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
            high = min(box[1] + box[2], other[1] + other[2]) - max(box[1], other[1])
            shared = max(wide, 0) * max(high, 0)
            if shared / (box[2] ** 2 + other[2] ** 2 - shared) > most or shared / box[2] ** 2 > inside:
                break
        else:
            kept.append(box)
    return np.array(kept)


def test_suppression_against_a_slow_one(random):
    for count in (1, 2, 60):
        boxes = random.uniform((0, 0, 10, 0), (100, 100, 50, 1), (count, 4))
        assert np.array_equal(faces_boxes.suppress(boxes), slow_suppression(boxes, 0.3, 0.7))
    assert faces_boxes.suppress(np.zeros((0, 4))).shape == (0, 4)


def test_a_part_of_a_face_is_no_face_but_one_behind_may_be():
    face, eye, behind = [0.0, 0, 100, 0.9], [30.0, 30, 20, 0.8], [60.0, 60, 90, 0.7]
    assert faces_boxes.suppress(np.array([eye, behind, face])).tolist() == [face, behind]
    # A surer small one says nothing about what it lies in.
    surer = [*eye[:3], 0.95]
    assert faces_boxes.suppress(np.array([surer, face])).tolist() == [surer, face]


def white_squares(tile):
    """A network that takes white squares for faces: it looks where they are and answers as the trained one should."""
    white = tile[0, ..., 0] > 127
    boxes = []
    if white.any():
        rows, columns = np.nonzero(white.any(axis=1))[0], np.nonzero(white.any(axis=0))[0]
        boxes = [(columns[0], rows[0], (rows[-1] - rows[0] + columns[-1] - columns[0]) / 2 + 1)]
    values, kinds = faces_boxes.encode(boxes, faces_boxes.TILE, faces_boxes.TILE)
    return as_bytes(values, np.where(kinds == 1, 4.0, -8.0))[None]


@pytest.mark.parametrize("box", [(430, 270, 60), (2, 3, 24), (590, 380, 100), (150, 10, 470), (300, 200, 37)])
def test_a_face_is_found_once_wherever_and_however_large_it_is(box):
    x, y, size = box
    picture = np.zeros((500, 700, 3), np.uint8)
    picture[y : y + size, x : x + size] = 255
    found = faces_boxes.find(picture, white_squares)
    assert len(found) == 1
    assert found[0, :3] == pytest.approx(box, abs=max(2.5, 0.08 * size))


def test_nothing_is_found_where_nothing_is():
    assert faces_boxes.find(np.zeros((50, 30, 3), np.uint8), white_squares).shape == (0, 4)


def test_crops_are_square_and_go_on_beyond_the_border(random):
    picture = random.integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert np.array_equal(faces_boxes.crop(picture, (5, 6, 8, 1), margin=0), picture[6:14, 5:13])
    wide = faces_boxes.crop(picture, (-2, 14, 8, 1), margin=0.5)
    expected = [
        [picture[min(max(y, 0), 19), min(max(x, 0), 29)] for x in range(-6, 10)] for y in range(10, 26)
    ]  # 16 pixels: 8 and half as many on either side
    assert np.array_equal(wide, expected)
    assert faces_boxes.crop(picture, (5, 6, 8, 1), margin=0.25, size=32).shape == (32, 32, 3)
