"""log Z against sums over all states, and the estimate of annealed importance sampling against log Z."""

import numpy as np
import pytest
from enumeration import all_states, with_random_weights
from scipy.special import logsumexp

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from evaluation.likelihood import annealed_log_partition, exact_log_partition, log_likelihood


def machine(visible=10, hidden=12, kind="bernoulli", scale=0.8):
    rbm = RestrictedBoltzmannMachine(visible, hidden, visible_kind=kind, dtype="float64")
    return with_random_weights(rbm, scale)


def test_the_exact_sum_over_hidden_states_is_that_over_visible_ones():
    rbm = machine()
    over_visible = logsumexp(-np.array(rbm.free_energy(all_states(10))))
    assert exact_log_partition(rbm) == pytest.approx(over_visible, abs=1e-9)
    p = np.exp(log_likelihood(rbm, all_states(10), over_visible))
    assert p.sum() == pytest.approx(1, abs=1e-9)


def test_the_density_of_gaussian_units_integrates_to_one():
    rbm, grid = machine(2, 3, "gaussian", 0.5), np.linspace(-9, 9, 361)
    points = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    assert np.exp(log_likelihood(rbm, points, exact_log_partition(rbm))).sum() * 0.05**2 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("with_data", [False, True])
def test_annealing_finds_log_z_within_half_a_nat(kind, with_data):
    rbm = machine(30, 12, kind, 0.8 if kind == "bernoulli" else 0.3)
    data = np.random.default_rng(0).random((50, 30)) < 0.3 if with_data else None
    exact, found = exact_log_partition(rbm), annealed_log_partition(rbm, data, runs=200, steps=1000, seed=1)
    assert found.log_z == pytest.approx(exact, abs=0.5)
    assert found.low < exact < found.high
    assert found.effective > 20


def test_too_many_units_or_other_ones_are_refused():
    with pytest.raises(ModelError, match="annealed_log_partition"):
        exact_log_partition(RestrictedBoltzmannMachine(2, 21))
    with pytest.raises(ModelError, match="Gaussian"):
        exact_log_partition(RestrictedBoltzmannMachine(2, 2, hidden_kind="gaussian"))
