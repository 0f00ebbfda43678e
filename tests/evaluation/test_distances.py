"""The metrics of spread and realism against closed forms and double loops; an archetype scores near 0 in them."""

import tracemalloc

import numpy as np
import pytest

from crossmodal.errors import DataError
from evaluation.distances import (
    class_wise_prdc,
    diversity_ratios,
    expected_coverage,
    extrapolated_frechet_distance,
    frechet_distance,
    gaussian_frechet,
    kernel_distance,
    kl_to_uniform,
    mean_distances,
    nearest_distances,
    prdc,
    squared_distances,
)


def normal(n, d=8, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).standard_normal((n, d))


def naive_prdc(real, generated, k):
    def distance(a, b):
        return sum((a[i] - b[i]) ** 2 for i in range(len(a))) ** 0.5

    def radii(points):
        return [sorted(distance(a, b) for b in points)[k] for a in points]

    real_radii, generated_radii = radii(real), radii(generated)
    inside = [[distance(x, y) <= r for y in generated] for x, r in zip(real, real_radii, strict=True)]
    return {
        "precision": np.mean([any(row[j] for row in inside) for j in range(len(generated))]),
        "recall": np.mean(
            [any(distance(x, y) <= r for y, r in zip(generated, generated_radii, strict=True)) for x in real]
        ),
        "density": sum(map(sum, inside)) / (k * len(generated)),
        "coverage": np.mean([any(row) for row in inside]),
    }


def naive_kernel_distance(x, y):
    def kernel(a, b):
        return (a @ b / len(a) + 1) ** 3

    n, m = len(x), len(y)
    within_x = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_y = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_x + within_y - 2 * sum(kernel(a, b) for a in x for b in y) / (n * m)


@pytest.mark.parametrize("chunk", [1, 50, 10**6])
def test_distances_are_the_same_in_any_chunks(chunk):
    x, y = normal(23), normal(17, seed=1)
    blocks = list(squared_distances(x, y, chunk))
    assert [rows.start for rows, _ in blocks[1:]] == [rows.stop for rows, _ in blocks[:-1]]
    assert all(block.size <= max(chunk, len(y)) for _, block in blocks)
    expected = ((x[:, None] - y) ** 2).sum(axis=-1)
    np.testing.assert_allclose(np.concatenate([block for _, block in blocks]), expected, rtol=1e-12)
    assert prdc(x, y, 3, chunk) == prdc(x, y, 3)
    assert kernel_distance(x, y, chunk) == pytest.approx(kernel_distance(x, y), rel=1e-10)
    assert mean_distances(x, chunk=chunk) == pytest.approx(mean_distances(x), rel=1e-12)
    np.testing.assert_array_equal(nearest_distances(x, y, chunk=chunk), nearest_distances(x, y))


def test_memory_stays_bounded():
    x = normal(4500, 4)  # all distances at once would be 162 MB
    tracemalloc.start()
    prdc(x, x + 1)
    kernel_distance(x, x + 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 90e6


def test_mean_distances_split_the_pairs():
    x = normal(24)
    clips = np.arange(24) // 3
    speakers = np.array(["a", "b"])[clips // 4]
    distances = np.linalg.norm(x[:, None] - x, axis=-1)
    pairs = [(i, j) for i in range(24) for j in range(i)]
    overall = np.mean([distances[pair] for pair in pairs])
    same_clip = [distances[i, j] for i, j in pairs if clips[i] == clips[j]]
    same_speaker = [distances[i, j] for i, j in pairs if clips[i] != clips[j] and speakers[i] == speakers[j]]
    other_speaker = [distances[i, j] for i, j in pairs if speakers[i] != speakers[j]]
    np.testing.assert_allclose(mean_distances(x), [overall])
    np.testing.assert_allclose(
        mean_distances(x, clips, speakers), [np.mean(same_clip), np.mean(same_speaker), np.mean(other_speaker)]
    )
    np.testing.assert_allclose(
        mean_distances(x, clips), [np.mean(same_clip), np.mean([*same_speaker, *other_speaker])], rtol=1e-12
    )
    assert np.isnan(mean_distances(x, np.zeros(24))[1])


def test_diversity_is_relative_to_real_images_of_the_class():
    labels = np.arange(300) % 3
    real = normal(300) * (1 + labels[:, None])
    generated = normal(300, seed=1) * (1 + labels[:, None]) / 2
    np.testing.assert_allclose(diversity_ratios(generated, labels, real, labels)[:, 0], 0.5, atol=0.05)
    clips = np.arange(300) // 30
    generated += 3 * normal(10, seed=2)[clips]  # clips differ more than the drawings of one clip do
    within, between = diversity_ratios(generated, labels, real, labels, clips).T
    np.testing.assert_allclose(within, 0.5, atol=0.1)
    assert (between > 2 * within).all()
    assert np.isnan(diversity_ratios(real[:1], labels[:1], real, labels)).all()


@pytest.mark.parametrize("k", [1, 5])
def test_prdc_against_loops(k):
    real, generated = normal(40, 3), normal(30, 3, seed=1, scale=0.7) + 0.5
    figures = prdc(real, generated, k)
    assert figures == pytest.approx(naive_prdc(real, generated, k))
    assert 0 < figures["recall"] < 1
    by_class = class_wise_prdc(real, np.arange(40) % 2, generated, np.arange(30) % 2, k)
    assert by_class["coverage"][1] == pytest.approx(naive_prdc(real[1::2], generated[1::2], k)["coverage"])


def test_equal_distributions_have_the_coverage_that_is_expected_of_them():
    assert expected_coverage(10**6, 10**6) == pytest.approx(1 - 2**-5, abs=1e-5)
    coverage = np.mean([prdc(normal(500, seed=s), normal(500, seed=100 + s))["coverage"] for s in range(6)])
    assert coverage == pytest.approx(expected_coverage(500, 500), abs=0.01)
    fewer = np.mean([prdc(normal(500, seed=s), normal(100, seed=100 + s))["coverage"] for s in range(6)])
    assert fewer == pytest.approx(expected_coverage(500, 100), abs=0.03)
    density = np.mean([prdc(normal(500, 3, seed=s), normal(500, 3, seed=100 + s))["density"] for s in range(6)])
    assert density == pytest.approx(1, abs=0.05)


def test_an_archetype_is_precise_and_scores_near_0_in_all_else():
    labels = np.repeat(np.arange(4), 150)
    centres = 50 * np.eye(4, 8)
    real, other = (normal(600, seed=s) + centres[labels] for s in (0, 1))
    archetypes = np.stack([other[labels == c].mean(axis=0) for c in range(4)])[labels]
    read = ((archetypes[:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
    assert np.mean(read == labels) == 1
    figures = class_wise_prdc(real, labels, archetypes, labels)
    assert figures["precision"].min() == 1
    assert figures["recall"].max() < 0.01
    assert figures["coverage"].max() < 0.3  # the few real images whose ball reaches the middle
    assert diversity_ratios(archetypes, labels, real, labels).max() < 1e-6
    assert frechet_distance(archetypes, real) > 10 * frechet_distance(other, real)
    assert class_wise_prdc(real, labels, other, labels)["coverage"].min() > 0.9
    np.testing.assert_allclose(diversity_ratios(other, labels, real, labels), 1, atol=0.05)


def test_frechet_distance_in_closed_form():
    a, b = np.array([1.0, 4.0, 9.0]), np.array([4.0, 4.0, 0.0])
    assert gaussian_frechet(np.zeros(3), np.diag(a), np.array([1, 2, 2]), np.diag(b)) == pytest.approx(9 + 1 + 0 + 9)
    assert gaussian_frechet(a, np.diag(a), a, np.diag(a)) == pytest.approx(0, abs=1e-12)
    x, y = np.array([[2.0, 0.8], [0.8, 1.0]]), np.array([[1.0, -0.6], [-0.6, 3.0]])  # these do not commute
    root_trace = np.sqrt(np.trace(x @ y) + 2 * np.sqrt(np.linalg.det(x @ y)))  # of a 2x2 matrix
    expected = np.trace(x) + np.trace(y) - 2 * root_trace
    assert gaussian_frechet(np.zeros(2), x, np.zeros(2), y) == pytest.approx(expected)
    assert frechet_distance(normal(20000, 2), 2 * normal(20000, 2, seed=1) + 3) == pytest.approx(9 * 2 + 2, rel=0.03)


def test_the_extrapolated_frechet_distance_has_less_bias():
    sets = [(normal(600, 20, seed=s), normal(600, 20, seed=100 + s)) for s in range(8)]
    biased = np.mean([frechet_distance(x, y) for x, y in sets])
    extrapolated = np.mean([extrapolated_frechet_distance(x, y) for x, y in sets])
    assert biased > 0.2
    assert abs(extrapolated) < biased / 5
    shifted = np.mean([extrapolated_frechet_distance(x, y + 1) for x, y in sets])
    assert shifted == pytest.approx(20, rel=0.02)


def test_kernel_distance_against_loops_and_without_bias():
    x, y = normal(12, 5), normal(9, 5, seed=1) + 1
    assert kernel_distance(x, y) == pytest.approx(naive_kernel_distance(x, y))
    same = [kernel_distance(normal(40, seed=s), normal(30, seed=1000 + s)) for s in range(300)]
    assert abs(np.mean(same)) < 4 * np.std(same) / np.sqrt(len(same))
    assert np.min(same) < 0
    assert kernel_distance(normal(300), normal(300, seed=1) + 0.5) > 5 * np.std(same)


def test_nearest_distances_are_exact_and_0_for_copies():
    training = np.random.default_rng(0).random((200, 784))
    images = np.concatenate([training[:5], (training[5:10] + training[10:15]) / 2])
    expected = np.sort(np.linalg.norm(images[:, None].astype(np.float32) - training.astype(np.float32), axis=-1))
    found = nearest_distances(images, training, 3)
    assert (found[:5, 0] == 0).all()
    np.testing.assert_allclose(found[5:], expected[5:, :3], rtol=1e-5)
    assert (found[:5, 1] > 5).all()
    np.testing.assert_allclose(found[5:, 0] / found[5:, 1], 1, atol=1e-5)  # midway between two


def test_label_histograms():
    assert kl_to_uniform(np.arange(70) % 10, 10) == pytest.approx(0)
    assert kl_to_uniform(np.full(70, 3), 10) == pytest.approx(np.log(10))
    assert kl_to_uniform(np.arange(70) % 5, 10) == pytest.approx(np.log(2))


@pytest.mark.parametrize("metric", [prdc, frechet_distance, kernel_distance])
def test_what_cannot_be_measured_is_refused(metric):
    with pytest.raises(DataError, match="at least"):
        metric(normal(1), normal(10))
    with pytest.raises(DataError, match=r"\(images, d\)"):
        metric(normal(10), normal(10)[:, 0])
    with pytest.raises(DataError, match="not finite"):
        metric(normal(10), np.where(normal(10) > 2, np.nan, np.full((10, 8), np.nan)))


@pytest.mark.parametrize("metric", [prdc, frechet_distance, kernel_distance, nearest_distances])
def test_sets_of_other_features_are_refused(metric):
    with pytest.raises(DataError, match=r"take the same of both|must be \(n, d\)"):
        metric(normal(10), normal(10)[:, :5])


def test_pixels_that_cannot_be_compared_and_labels_that_are_none_are_refused():
    for images, training, match in (
        (normal(3), normal(1), "2 or more"),
        (normal(3)[:0], normal(9), "must be"),
        (np.full((3, 8), np.nan), normal(9), "not finite"),
        (normal(3), np.full((9, 8), np.inf), "not finite"),
    ):
        with pytest.raises(DataError, match=match):
            nearest_distances(images, training)
    for labels in (np.arange(0), np.arange(11), np.array([-1, 3])):
        with pytest.raises(DataError, match=r"whole numbers|needs labels"):
            kl_to_uniform(labels, 10)


def test_more_neighbours_than_images_are_refused():
    with pytest.raises(DataError, match="at least 6 images"):
        prdc(normal(5), normal(10), 5)
