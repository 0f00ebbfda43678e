"""The restricted Boltzmann machine against sums over all states of its units."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from enumeration import all_states, shares_of, with_random_weights
from scipy.special import logsumexp, softmax

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.sampling.langevin import langevin

V, H = 4, 3


def machine(**options):
    return with_random_weights(RestrictedBoltzmannMachine(V, H, dtype="float64", **options))


def joint(rbm):
    """p(v, h) over all states, (2^V, 2^H)."""
    v, h = all_states(V), all_states(H)
    energies = rbm.energy(np.repeat(v, len(h), 0), np.tile(h, (len(v), 1)))
    return softmax(-np.reshape(energies, (len(v), len(h))))


def test_conditionals_and_the_free_energy_are_sums_over_states():
    rbm, v, h = machine(), all_states(V), all_states(H)
    p = joint(rbm)
    of_hidden = p @ h / p.sum(1, keepdims=True)
    of_visible = p.T @ v / p.sum(0)[:, None]
    np.testing.assert_allclose(rbm.hidden_mean(v), of_hidden, atol=1e-12)
    np.testing.assert_allclose(rbm.visible_mean(h), of_visible, atol=1e-12)
    np.testing.assert_allclose(softmax(-np.array(rbm.free_energy(v))), p.sum(1), atol=1e-12)


def test_gaussian_visible_units_have_the_density_of_their_mixture():
    """p(v, h) summed over h is a mixture of normal densities with means b + W h."""
    rbm, h = machine(visible_kind="gaussian"), all_states(H)
    v = np.random.default_rng(1).standard_normal((5, V))
    energies = [rbm.energy(v, np.tile(one, (5, 1))) for one in h]
    np.testing.assert_allclose(rbm.free_energy(v), -logsumexp(-np.array(energies), axis=0), atol=1e-12)
    means = np.array(rbm.visible_bias) + h @ np.array(rbm.kernel).T
    log_weights = h @ np.array(rbm.hidden_bias) + 0.5 * np.square(means).sum(1)
    densities = log_weights - 0.5 * np.square(v[:, None] - means).sum(-1)
    np.testing.assert_allclose(-np.array(rbm.free_energy(v)), logsumexp(densities, axis=1), atol=1e-12)


def test_gaussian_hidden_units_are_integrated_out():
    rbm, v = machine(hidden_kind="gaussian"), all_states(V)
    grid = np.linspace(-12, 12, 2401)
    for row, inputs, found in zip(v, np.array(rbm.hidden_input(v)), np.array(rbm.free_energy(v)), strict=True):
        integrals = [np.log(np.sum(np.exp(a * grid - grid**2 / 2)) * 0.01) for a in inputs]
        assert found == pytest.approx(-row @ np.array(rbm.visible_bias) - sum(integrals), abs=1e-9)


def test_the_gradient_is_that_of_the_likelihood_where_the_samples_are_the_models():
    rbm, states = machine(), all_states(V)
    data = states[[1, 3, 3, 10]]
    p = softmax(-np.array(rbm.free_energy(states)))
    with tf.GradientTape() as exact:
        log_z = tf.reduce_logsumexp(-rbm.free_energy(states))
        loss = tf.reduce_mean(rbm.free_energy(data)) + log_z
    of_likelihood = exact.gradient(loss, rbm.trainable_variables)
    gradients = []
    for state in states:
        with tf.GradientTape() as tape:
            contrast = rbm.contrast(data, state[None])
        gradients.append(tape.gradient(contrast, rbm.trainable_variables))
    for i, of_one in enumerate(of_likelihood):
        np.testing.assert_allclose(sum(q * g[i] for q, g in zip(p, gradients, strict=True)), of_one, atol=1e-12)


def test_contrastive_divergence_is_the_difference_of_correlations():
    """<v h> at the data less <v h> after a sweep, which is summed over all states (Hinton 2002)."""
    rbm, v = machine(), all_states(V)
    data, p = v[[2, 5, 13]], joint(rbm)
    to_hidden, to_visible = p / p.sum(1, keepdims=True), (p / p.sum(0)).T
    swept = (to_hidden @ to_visible)[[2, 5, 13]]  # (data, states)
    of_data = data.T @ np.array(rbm.hidden_mean(data)) / 3
    of_chain = swept.mean(0)[:, None, None] * v[:, :, None] * np.array(rbm.hidden_mean(v))[:, None, :]
    found = 0
    for q, state in zip(swept.mean(0), v, strict=True):
        with tf.GradientTape() as tape:
            contrast = rbm.contrast(data, state[None])
        found += q * tape.gradient(contrast, rbm.kernel)
    np.testing.assert_allclose(found, of_chain.sum(0) - of_data, atol=1e-6)
    samples = rbm.sample(np.repeat(data, 20_000, 0), 1, (1, 2))
    np.testing.assert_allclose(shares_of(samples), swept.mean(0), atol=0.008)


@pytest.mark.parametrize("steps", [0, 200])
def test_gibbs_sampling_leaves_the_distribution_as_it_is(steps):
    rbm, states = machine(), all_states(V)
    p, rng = joint(rbm).sum(1), np.random.default_rng(0)
    start = states[rng.choice(len(states), 5000, p=p)] if not steps else np.zeros((5000, V))
    np.testing.assert_allclose(shares_of(rbm.sample(start, steps or 3, (0, 1))), p, atol=0.025)


def test_langevin_dynamics_walks_on_the_same_free_energy_as_gibbs_sampling():
    rbm = with_random_weights(RestrictedBoltzmannMachine(2, 2, visible_kind="gaussian"))
    start = np.zeros((4000, 2), np.float32)
    of_gibbs = np.array(rbm.sample(start, 100, (0, 1)))
    walk = tf.function(langevin, autograph=False)
    walked = walk(start, lambda v: -rbm.free_energy(v), steps=300, step_size=0.3, sigma=None, seed=(3, 4)).state
    np.testing.assert_allclose(np.mean(walked, 0), of_gibbs.mean(0), atol=0.1)
    np.testing.assert_allclose(np.cov(np.transpose(walked)), np.cov(of_gibbs.T), atol=0.25)


@pytest.mark.parametrize("chains", [0, 200])
def test_it_learns_a_distribution_of_few_units(chains):
    """Bars: 1100 and 0011 as often as each other; the log likelihood rises from -4 log 2 towards -log 2."""
    keras.utils.set_random_seed(0)
    data = np.tile([[1, 1, 0, 0], [0, 0, 1, 1]], (640, 1)).astype(np.float32)
    rbm = RestrictedBoltzmannMachine(V, 2, steps=2, chains=chains, decay=0.0)
    rbm.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 200)), jit_compile=False)
    rbm.fit(data, epochs=10, batch_size=64, verbose=0)
    free = np.array(rbm.free_energy(all_states(V).astype(np.float32)))
    log_p = -np.array(rbm.free_energy(data[:2])) - logsumexp(-free)
    assert log_p.mean() > -1.0
    assert rbm.evaluate(data, verbose=0, return_dict=True)["reconstruction"] < 0.05


def test_sparsity_moves_the_hidden_biases_towards_the_target():
    keras.utils.set_random_seed(0)
    data = np.random.default_rng(0).integers(0, 2, (2560, V)).astype(np.float32)
    rbm = RestrictedBoltzmannMachine(V, 6, sparsity=5.0, target=0.1)
    rbm.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    rbm.fit(data, epochs=6, batch_size=64, verbose=0)
    np.testing.assert_allclose(np.mean(rbm(data), 0), 0.1, atol=0.06)


def test_the_biases_start_at_the_data():
    rbm, data = RestrictedBoltzmannMachine(2, 2, dtype="float64"), np.array([[1, 0], [1, 1], [0, 0], [1, 0]])
    rbm.start_at(data)
    np.testing.assert_allclose(rbm.visible_mean(np.zeros((1, 2))), [[0.75, 0.25]])


def test_a_machine_is_saved_with_its_chains(tmp_path):
    rbm = machine(chains=3, visible_kind="gaussian")
    rbm.save(tmp_path / "rbm.keras")
    loaded = keras.saving.load_model(tmp_path / "rbm.keras")
    v = np.random.default_rng(0).standard_normal((2, V))
    np.testing.assert_array_equal(loaded.free_energy(v), rbm.free_energy(v))
    np.testing.assert_array_equal(loaded.particles, rbm.particles)


def test_what_cannot_be_is_refused():
    with pytest.raises(ModelError, match="bernoulli, gaussian"):
        RestrictedBoltzmannMachine(2, 2, visible_kind="binary")
    with pytest.raises(ModelError, match="sweep once or more"):
        RestrictedBoltzmannMachine(2, 2, steps=0)
