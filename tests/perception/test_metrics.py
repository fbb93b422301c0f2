import numpy as np
import pytest
from scipy import linalg

from japananime.perception import metrics


def cloud(seed, samples, dimensions):
    random = np.random.default_rng(seed)
    return random.normal(size=(samples, dimensions)) @ random.normal(size=(dimensions, dimensions)) + random.normal()


class TestFrechetDistance:
    def test_two_gaussians_in_one_dimension(self):
        # (1 - 4)² + (2 - 5)²: squared distance of means and of standard deviations.
        assert metrics.gaussian_frechet_distance(
            np.array([1.0]), np.array([[4.0]]), np.array([4.0]), np.array([[25.0]])
        ) == pytest.approx(18.0)

    def test_axes_that_do_not_mix(self):
        # diag(1, 4) and diag(9, 16): (1 - 3)² + (2 - 4)² = 8; the means (0, 0) and (3, 4) add 25.
        found = metrics.gaussian_frechet_distance(
            np.zeros(2), np.diag([1.0, 4.0]), np.array([3.0, 4.0]), np.diag([9.0, 16.0])
        )
        assert found == pytest.approx(33.0)

    def test_covariances_that_do_not_commute(self):
        # det(AB)^(1/2) = 2, tr(AB) = 8, and the root of a 2 by 2 matrix has the trace (tr + 2 det^(1/2))^(1/2).
        first, second = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 4.0 / 3.0]])
        trace = np.trace(first @ second) + 2.0 * np.sqrt(np.linalg.det(first @ second))
        wanted = 4.0 + 7.0 / 3.0 - 2.0 * np.sqrt(trace)
        assert metrics.gaussian_frechet_distance(np.zeros(2), first, np.zeros(2), second) == pytest.approx(wanted)

    def test_points_by_hand(self):
        # Means 1 and 4, variances (n - 1) 2 and 8: 9 + 2 + 8 - 2 √16.
        assert metrics.frechet_distance([[0.0], [2.0]], [[2.0], [6.0]]) == pytest.approx(11.0)

    def test_equals_scipys_matrix_root(self):
        first, second = cloud(1, 200, 12), cloud(2, 150, 12)
        a, b = np.cov(first.T), np.cov(second.T)
        apart = first.mean(0) - second.mean(0)
        wanted = apart @ apart + np.trace(a + b - 2.0 * linalg.sqrtm(a @ b).real)
        assert metrics.frechet_distance(first, second) == pytest.approx(wanted, rel=1e-9)

    def test_fewer_samples_than_dimensions(self):
        # The trace of the root is the nuclear norm of the product of the centred clouds, which needs no covariance.
        first, second = cloud(3, 8, 40), cloud(4, 11, 40)
        x, y = (points - points.mean(0) for points in (first, second))
        shared = np.linalg.svd(x @ y.T, compute_uv=False).sum() / np.sqrt(7 * 10)
        apart = first.mean(0) - second.mean(0)
        wanted = apart @ apart + (x**2).sum() / 7 + (y**2).sum() / 10 - 2.0 * shared
        assert metrics.frechet_distance(first, second) == pytest.approx(wanted, rel=1e-6)

    def test_nothing_to_itself_and_alike_both_ways(self):
        first, second = cloud(5, 30, 6), cloud(6, 40, 6)
        assert metrics.frechet_distance(first, first) == pytest.approx(0.0, abs=1e-9)
        assert metrics.frechet_distance(first, second) == pytest.approx(metrics.frechet_distance(second, first))

    def test_one_sample_has_no_spread(self):
        with pytest.raises(ValueError, match="2 or more samples"):
            metrics.frechet_distance([[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]])


def discrepancy_one_by_one(first, second):
    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1.0) ** 3

    def among(points):
        values = [kernel(a, b) for i, a in enumerate(points) for j, b in enumerate(points) if i != j]
        return sum(values) / len(values)

    across = [kernel(a, b) for a in first for b in second]
    return among(first) + among(second) - 2.0 * sum(across) / len(across)


class TestKernelDistance:
    def test_by_hand(self):
        # k(0, 2) = 1, k(1, 3) = 4³; across: k(0, 1) = k(0, 3) = 1, k(2, 1) = 3³, k(2, 3) = 7³.
        found = metrics.squared_discrepancy(np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]]))
        assert found == pytest.approx(1.0 + 64.0 - 2.0 * (1.0 + 1.0 + 27.0 + 343.0) / 4.0)

    def test_equals_a_double_loop(self):
        first, second = cloud(7, 9, 5), cloud(8, 7, 5)
        wanted = discrepancy_one_by_one(first.tolist(), second.tolist())
        assert metrics.squared_discrepancy(first, second) == pytest.approx(wanted)
        assert metrics.kernel_distance(first, second) == (pytest.approx(wanted), 0.0)

    def test_has_no_bias(self):
        draws = [
            metrics.squared_discrepancy(*np.random.default_rng(seed).normal(size=(2, 10, 3))) for seed in range(400)
        ]
        assert min(draws) < 0.0
        assert abs(np.mean(draws)) < 3.0 * np.std(draws) / np.sqrt(len(draws))

    def test_subsets_surround_the_whole(self):
        first, second = cloud(9, 120, 4), cloud(10, 150, 4)
        mean, deviation = metrics.kernel_distance(first, second, subsets=50, size=60)
        assert deviation > 0.0
        assert abs(mean - metrics.squared_discrepancy(first, second)) < 3.0 * deviation / np.sqrt(50)
        assert (mean, deviation) == metrics.kernel_distance(first, second, subsets=50, size=60)

    def test_one_sample_is_too_few(self):
        with pytest.raises(ValueError, match="two or more"):
            metrics.squared_discrepancy(np.zeros((1, 2)), np.zeros((3, 2)))


def test_gram_is_the_channels_covariance_over_places():
    # Channel one is 0, 2, 4, 6 and channel two its half: variances 5 and 1.25, covariance 2.5.
    features = np.array([0.0, 0.0, 2.0, 1.0, 4.0, 2.0, 6.0, 3.0]).reshape(2, 2, 1, 2)
    np.testing.assert_allclose(metrics.gram(features), [[5.0, 2.5], [2.5, 1.25]])


def test_gram_distance():
    wanted = [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[2.0]])]
    made = [np.array([[2.0, 1.0], [1.0, 0.0]]), np.array([[1.0]])]
    assert metrics.gram_distance(made, wanted) == pytest.approx((2.0 / 4.0 + 1.0 / 2.0) / 2.0)
    assert metrics.gram_distance(wanted, wanted) == 0.0
    flat = np.zeros((2, 2))
    assert metrics.gram_distance([flat], [flat]) == 0.0


def test_content_distance():
    assert metrics.content_distance(np.array([1.0, 2.0, 5.0]), np.array([1.0, -1.0, 6.0])) == pytest.approx(4.0 / 8.0)
    assert metrics.content_distance(np.zeros(3), np.zeros(3)) == 0.0


def test_color_drift():
    photo = np.full((2, 2, 3), 100, np.uint8)
    # Gray has no chroma, but for the fifth digit.
    assert metrics.color_drift(photo + np.uint8(50), photo) == pytest.approx(0.0, abs=1e-3)
    redder = photo + np.array([20, 0, 0], np.uint8)
    assert metrics.color_drift(redder, photo) == pytest.approx(20.0 * (0.14713 + 0.615) / 2.0)


def test_edge_clarity_of_a_step():
    # One step of 100 levels between columns 19 and 20 of 40: 50 levels a pixel on two of 38 columns inside, which are
    # the steepest 5.26 %; a twentieth of the picture lies within them.
    picture = np.zeros((12, 40, 3))
    picture[:, 20:] = 100.0
    assert metrics.edge_clarity(picture) == pytest.approx(50.0)
    assert metrics.edge_clarity(picture / 2.0) == pytest.approx(25.0)
    assert metrics.edge_clarity(np.full((12, 40, 3), 7.0)) == pytest.approx(0.0)


def test_lines_in_smooth_parts_of_a_line():
    photo = np.full((40, 60, 3), 100.0)
    made = photo.copy()
    made[:, 30] = 127.0
    # On the line and beside it, three columns of 44, the means are 109 of three columns and 103 of nine.
    assert metrics.lines_in_smooth_parts(made, photo) == pytest.approx(6.0)
    assert metrics.lines_in_smooth_parts(photo, photo) == 0.0
    assert metrics.lines_in_smooth_parts(photo, made) == 0.0  # the line is the photo's: around it nothing is smooth
    busy = np.tile([[0.0], [255.0]], (20, 60))[..., None].repeat(3, axis=2)
    assert np.isnan(metrics.lines_in_smooth_parts(made, busy))


def test_edge_clarity_of_a_slope():
    x, y = np.meshgrid(np.arange(20.0), np.arange(20.0))
    assert metrics.edge_clarity(np.stack([3.0 * x + 4.0 * y] * 3, axis=-1)) == pytest.approx(5.0)


def test_flat_share():
    # Windows of 5 over 25 columns: 21, of which 16 lie in the calm 20 and those that reach the stripes do not count.
    picture = np.zeros((9, 25, 3))
    picture[:, 20::2] = 100.0
    assert metrics.flat_share(picture) == pytest.approx(16.0 / 21.0)
    assert metrics.flat_share(np.full((9, 25, 3), 200.0)) == 1.0


def test_flat_share_equals_window_by_window():
    random = np.random.default_rng(12)
    picture = np.repeat(np.cumsum(random.normal(0, 0.7, (14, 17, 1)), axis=1), 3, axis=2) + 100.0
    gray = picture @ metrics.LUMA
    spreads = [gray[y : y + 5, x : x + 5].std() for y in range(10) for x in range(13)]
    share = np.mean(np.array(spreads) < 2.0)
    assert 0.2 < share < 0.8
    assert metrics.flat_share(picture) == pytest.approx(share)


def test_diversity():
    # Distances 5, 5 and 0 between pairs of (0, 0), (3, 4), (3, 4).
    assert metrics.diversity([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]) == pytest.approx(10.0 / 3.0)
    assert metrics.diversity(np.full((5, 3), 1e3)) == 0.0
    points = cloud(11, 12, 3)
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(points) for b in points[:i]]
    assert metrics.diversity(points) == pytest.approx(np.mean(pairs))


def test_kernel_interval_against_a_loop_over_pairs(random):
    first, second = random.normal(size=(6, 3)), random.normal(1.0, 1.0, (4, 3))
    chance, found = np.random.default_rng(5), []
    for _ in range(40):
        drawn = [np.repeat(chance.integers(0, count, count), 2) * 2 + [0, 1] * count for count in (3, 2)]
        if any(len(set(places)) == 2 for places in drawn):
            continue
        value = 0.0
        for points, places in zip((first, second), drawn, strict=True):
            pairs = [
                (a @ b / 3 + 1) ** 3 for i in places for j in places if i != j for a, b in [(points[i], points[j])]
            ]
            value += np.mean(pairs)
        value -= 2 * np.mean([(first[i] @ second[j] / 3 + 1) ** 3 for i in drawn[0] for j in drawn[1]])
        found.append(value)
    expected = np.quantile(found, (0.025, 0.975))
    assert metrics.kernel_interval(first, second, together=2, times=40, seed=5) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("apart", [0.0, 0.8])
def test_kernel_interval_holds_the_truth_about_as_often_as_it_says(random, apart):
    large = random.normal(size=(2, 3000, 4))
    truth = 0.0 if not apart else metrics.squared_discrepancy(large[0], large[1] + apart)
    held = 0
    for seed in range(50):
        first, second = random.normal(size=(2, 40, 4))
        low, high = metrics.kernel_interval(first, second + apart, times=200, seed=seed)
        held += low <= truth <= high
    assert 40 <= held <= 50


def test_diversity_interval_against_a_loop_over_pairs(random):
    points = random.normal(size=(6, 3))
    chance, found = np.random.default_rng(5), []
    for _ in range(40):
        places = np.repeat(chance.integers(0, 3, 3), 2) * 2 + [0, 1] * 3
        found.append(np.mean([np.linalg.norm(points[i] - points[j]) for i in places for j in places if i != j]))
    expected = np.quantile(found, (0.025, 0.975))
    assert metrics.diversity_interval(points, together=2, times=40, seed=5) == pytest.approx(tuple(expected))


def test_gaussian_kernel_and_discrepancy_by_hand():
    # Of points 6 and 8 apart under a width of 10: exp(-36 / 200), exp(-64 / 200), and exp(-100 / 200) across.
    first, second = np.array([[0.0, 0.0], [6.0, 0.0]]), np.array([[0.0, 8.0], [6.0, 8.0]])
    side, rise, across = np.exp([-0.18, -0.32, -0.5])
    np.testing.assert_allclose(metrics.gaussian(first, second), [[rise, across], [across, rise]])
    found = metrics.squared_discrepancy(first, second, kernel=metrics.gaussian)
    assert found == pytest.approx(side + side - (rise + rise + across + across) / 2)


def test_other_kernels_are_taken_in_subsets_too(random):
    first, second = random.normal(size=(60, 3)), random.normal(8.0, 1.0, (50, 3))
    whole = metrics.squared_discrepancy(first, second, metrics.gaussian)
    assert metrics.kernel_distance(first, second, kernel=metrics.gaussian) == (whole, 0.0)
    mean, deviation = metrics.kernel_distance(first, second, kernel=metrics.gaussian, size=20)
    assert mean == pytest.approx(whole, rel=0.05)
    assert 0.0 < deviation < 0.1 * whole


def test_unit_length():
    found = metrics.unit_length([[3.0, 4.0], [0.0, -2.0], [0.0, 0.0]])
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]])


def test_mean_interval():
    values = np.arange(100.0)
    low, high = metrics.mean_interval(values)
    # A mean of 100 of these has a deviation of 28.87 / 10.
    assert low == pytest.approx(49.5 - 1.96 * 2.887, abs=0.6)
    assert high == pytest.approx(49.5 + 1.96 * 2.887, abs=0.6)
    assert metrics.mean_interval([3.0, 3.0]) == (3.0, 3.0)
    assert metrics.mean_interval(values) == (low, high)
