"""Which pictures lie near which, by hand and against loops over every pair."""

import numpy as np
import pytest

from japananime.perception import neighbours


def on_a_line(*places):
    return np.array(places, float)[:, None]


def test_distances_by_hand():
    found = neighbours.distances([[0.0, 0.0], [3.0, 0.0]], [[0.0, 4.0], [3.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(found, [[4.0, 3.0, 0.0], [5.0, 0.0, 3.0]], atol=1e-12)


def test_a_point_is_at_no_distance_from_itself_whatever_rounding_says(random):
    points = random.normal(1e4, 1.0, (20, 300))
    found = neighbours.among(points)
    assert np.all(np.diag(found) == 0.0)
    for i, j in ((0, 1), (3, 17), (19, 4)):
        assert found[i, j] == pytest.approx(np.linalg.norm(points[i] - points[j]), rel=1e-4)


def test_reach_leaves_the_point_itself_out():
    points = on_a_line(0, 1, 3, 7)
    assert neighbours.reach(points, 1).tolist() == [1.0, 1.0, 2.0, 4.0]
    assert neighbours.reach(points, 2).tolist() == [3.0, 2.0, 3.0, 6.0]
    assert neighbours.reach(points, 9).tolist() == [7.0, 6.0, 4.0, 7.0]  # the farthest, where there are fewer


def test_one_point_has_no_neighbour():
    with pytest.raises(ValueError, match="1 samples; two or more"):
        neighbours.reach(on_a_line(1.0))


def test_precision_and_recall_by_hand():
    # The real ones at 0, 1, 3 reach 1, 1, 2 far: -1 to 1, 0 to 2, 1 to 5. The made ones at 5 and 5.5 reach 0.5, and
    # the one at 20 reaches 14.5: 4.5 to 5.5, 5 to 6, 5.5 to 34.5, where none of the real ones is.
    found = neighbours.coverage(on_a_line(5, 5.5, 20), on_a_line(0, 1, 3), nearest=1)
    assert found.precision.tolist() == [True, False, False]
    assert found.recall.tolist() == [False, False, False]


def test_a_set_covers_itself_and_collapse_is_all_precision():
    real = on_a_line(0, 1, 3, 7)
    both = neighbours.coverage(real, real, nearest=1)
    assert both.precision.all()
    assert both.recall.all()
    one = neighbours.coverage(on_a_line(1, 1, 1), real, nearest=1)  # the same picture again and again
    assert (one.precision.mean(), one.recall.mean()) == (1.0, 0.25)


def test_coverage_equals_a_loop_over_every_pair(random):
    made, real = random.normal(0.4, 0.8, (25, 3)), random.normal(size=(30, 3))

    def inside(point, points):
        reaches = (sorted(np.linalg.norm(points - center, axis=1))[3] for center in points)  # [0] is itself
        return any(np.linalg.norm(point - center) <= reach for center, reach in zip(points, reaches, strict=True))

    found = neighbours.coverage(made, real)
    assert found.precision.tolist() == [inside(point, real) for point in made]
    assert found.recall.tolist() == [inside(point, made) for point in real]
    assert 0.0 < found.precision.mean() < 1.0
    assert 0.0 < found.recall.mean() < 1.0
