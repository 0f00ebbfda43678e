"""Langevin dynamics against laws that are known, and its form as one graph."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from crossmodal.sampling.langevin import langevin, standard_normal

CHAINS, DIMENSIONS = 16, 2000


def gaussian(mean, sd):
    """log N(mean, sd^2 I) up to a constant."""
    return lambda y: -tf.reduce_sum(tf.square(y - mean), axis=-1) / (2 * sd**2)


def walk(start=None, steps=200, seed=(1, 2), density=None, **settings):
    start = tf.zeros((CHAINS, DIMENSIONS)) if start is None else start

    @tf.function(autograph=False)
    def graph(start, steps):
        return langevin(start, density or gaussian(0.0, 1.0), steps=steps, seed=seed, **settings)

    return graph(tf.convert_to_tensor(start), tf.constant(steps))


def test_the_stationary_law_is_the_product_of_density_and_reference():
    """f = log N(2, 1) with the reference N(0, 1) has precision 2 and mean 1; eq. 3.13 with step s has the
    stationary variance 1 / (P (1 - s^2 P / 4)) exactly."""
    step, precision = 0.5, 2.0
    y = walk(density=gaussian(2.0, 1.0), step_size=step, sigma=1.0).state.numpy()
    assert y.mean() == pytest.approx(1.0, abs=0.02)
    assert y.var() == pytest.approx(1 / (precision * (1 - step**2 * precision / 4)), rel=0.03)
    assert np.mean(((y - y.mean()) / y.std()) ** 4) == pytest.approx(3.0, abs=0.1)


def test_momentum_keeps_the_law_and_reaches_it_sooner():
    settings = dict(step_size=0.1, sigma=None, density=gaussian(2.0, 1.0))
    assert walk(steps=400, momentum=0.9, **settings).state.numpy().var() == pytest.approx(1.0, rel=0.03)
    means = [walk(steps=100, momentum=m, **settings).state.numpy().mean() for m in (0.0, 0.9)]
    assert abs(means[1] - 2.0) < 0.2 * abs(means[0] - 2.0)


def test_noise_is_a_temperature_and_none_is_descent():
    settings = dict(step_size=0.5, sigma=None, density=gaussian(1.0, 1.0))
    assert walk(noise=0.5, **settings).state.numpy().std() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_allclose(walk(noise=0.0, **settings).state, 1.0, atol=1e-3)


def test_small_last_steps_settle_where_large_ones_cannot():
    """A step s multiplies y - mean by 1 - s^2 / (2 sd^2), here -2.1: too much for a density this narrow."""
    settings = dict(density=gaussian(2.5, 0.4), step_size=1.0, sigma=None, noise=0.0, most_drift=1.0, steps=60)
    hot, cooled = (np.abs(walk(cooling=cooling, **settings).state.numpy() - 2.5).max() for cooling in (1.0, 0.1))
    assert cooled < 0.01
    assert hot == pytest.approx(0.5, abs=0.01)  # from side to side


def test_steps_shrink_geometrically():
    """With a flat density a step is its noise: its RMS falls to the share of the first."""
    flat = {"density": lambda y: 0.0 * tf.reduce_sum(y, -1), "step_size": 0.5, "sigma": None, "cooling": 0.25}
    assert walk(steps=3, **flat).state.numpy().std() == pytest.approx(0.5 * np.sqrt(1 + 1 / 4 + 1 / 16), rel=0.02)
    assert walk(steps=1, **flat).state.numpy().std() == pytest.approx(0.5, rel=0.02)


def test_one_step_is_the_equation():
    y = tf.random.stateless_normal((3, 50), (0, 0))
    moved = walk(y, 1, step_size=0.3, sigma=0.7, noise=0.0, density=gaussian(1.0, 2.0)).state
    expected = y - 0.5 * 0.3**2 * (y / 0.7**2 - (1.0 - y) / 2.0**2)
    np.testing.assert_allclose(moved, expected, rtol=1e-5, atol=1e-6)


def test_latents_of_a_linear_generator_have_the_posterior():
    """y = 2 z + noise of sd 0.5, y = 1: z has precision 1 + 16 and mean 8 / 17 (eq. 3.9)."""

    def log_likelihood(z):
        return -tf.reduce_sum(tf.square(1.0 - 2.0 * z), axis=-1) / (2 * 0.5**2)

    z = walk(density=log_likelihood, step_size=0.1, sigma=1.0, steps=300).state.numpy()
    assert z.mean() == pytest.approx(8 / 17, abs=0.01)
    assert z.var() == pytest.approx(1 / (17 * (1 - 0.1**2 * 17 / 4)), rel=0.03)


def test_noise_is_standard_normal_and_independent():
    z = standard_normal((3, 333_333), (5, 6)).numpy()
    assert z.shape == (3, 333_333)
    assert scipy.stats.kstest(z.ravel(), "norm").pvalue > 0.01
    assert scipy.stats.kurtosis(z.ravel()) == pytest.approx(0.0, abs=0.02)
    flat = z.ravel()
    for lag in (1, 2, len(flat) // 2, len(flat) // 2 + 1):  # halves share their radius
        for power in (1, 2):
            assert abs(np.corrcoef(flat[lag:] ** power, flat[:-lag] ** power)[0, 1]) < 5 / np.sqrt(len(flat) - lag)


def test_rows_of_noise_are_the_same_whoever_draws_them():
    for shape in ((5, 7), (5, 3, 10), (5, 60_000)):
        whole = standard_normal(shape, (5, 6)).numpy()
        parts = [standard_normal((n, *shape[1:]), (5, 6), first) for first, n in ((0, 2), (2, 1), (3, 2))]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-6, atol=1e-6)
        assert not np.array_equal(whole[0], whole[1])


@pytest.mark.parametrize("groups", [2, 3, 100])
def test_chains_in_groups_walk_as_together(groups):
    start = tf.random.stateless_normal((5, 50), (0, 0))
    settings = dict(step_size=0.3, sigma=1.0, momentum=0.5, most_drift=1.0, density=gaussian(1.0, 0.5))
    together, apart = walk(start, 20, **settings), walk(start, 20, groups=groups, **settings)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_a_walk_is_a_function_of_its_seed():
    a, again, other = (walk(steps=5, seed=seed, step_size=0.1, sigma=1.0).state for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(a, again)
    assert abs(np.corrcoef(np.ravel(a), np.ravel(other))[0, 1]) < 0.05


def test_a_steep_drift_is_slowed_down_and_reported():
    steep = walk(tf.ones((2, 100)), 3, step_size=0.1, sigma=0.001, noise=0.0, most_drift=2.0)
    np.testing.assert_allclose(steep.drift_to_noise[0], 0.5 * 0.1 * 1e6, rtol=1e-3)
    assert np.abs(steep.state).max() <= 1.0 + 3 * 2.0 * 0.1


def test_the_log_has_a_value_for_each_step():
    steps = walk(steps=7, step_size=0.1, sigma=1.0)
    assert steps.drift_to_noise.shape == steps.rms.shape == (7,)
    assert np.all(np.diff(steps.rms) > 0)  # it starts at 0


def test_a_chain_is_one_loop_in_one_graph():
    @tf.function(autograph=False)
    def graph(y, steps):
        return langevin(y, gaussian(0.0, 1.0), steps=steps, step_size=0.1, sigma=1.0, seed=(0, 0)).state

    operations = graph.get_concrete_function(tf.zeros((2, 10)), tf.constant(1000)).graph.get_operations()
    assert sum("While" in operation.type for operation in operations) == 1
    assert len(operations) < 100


def test_groups_have_a_loop_each():
    @tf.function(autograph=False)
    def graph(y):
        return langevin(y, gaussian(0.0, 1.0), steps=10, step_size=0.1, sigma=1.0, seed=(0, 0), groups=2).state

    operations = graph.get_concrete_function(tf.zeros((4, 10))).graph.get_operations()
    assert sum("While" in operation.type for operation in operations) == 2
