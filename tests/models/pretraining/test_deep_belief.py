"""The deep belief network against sums over all states of its units."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from enumeration import all_states, shares_of, with_random_weights
from scipy.special import expit, softmax

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.deep_belief import DeepBeliefNetwork
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.training.greedy import train_greedily

BARS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]], np.float32)


def given(states, inputs):
    """p(state | input) of Bernoulli units: (inputs, states)."""
    p = expit(np.asarray(inputs))[:, None]
    return np.prod(np.where(states == 1, p, 1 - p), axis=-1)


def distribution(network):
    """p(v) over `all_states`, by summing over all layers."""
    h = all_states(network.units[-2]).astype(network.variable_dtype)
    p = softmax(-np.array(network.top.free_energy(h), np.float64))
    for down, below in reversed(list(zip(network.generation, network.units, strict=False))):
        states = all_states(below).astype(network.variable_dtype)
        p, h = p @ given(states, down(h)), states
    return p


def test_a_machine_on_its_own_mirror_image_changes_nothing():
    """With W2 = W1', b2 = c1, c2 = b1 the layers above are the prior of h1 that the first machine has (section 2)."""
    first = with_random_weights(RestrictedBoltzmannMachine(4, 3, dtype="float64"))
    second = RestrictedBoltzmannMachine(3, 4, dtype="float64")
    second.kernel.assign(np.transpose(first.kernel))
    second.visible_bias.assign(first.hidden_bias)
    second.hidden_bias.assign(first.visible_bias)
    network = DeepBeliefNetwork.of_machines([first, second])
    of_first = softmax(-np.array(first.free_energy(all_states(4))))
    np.testing.assert_allclose(distribution(network), of_first, atol=1e-12)


def test_samples_have_the_distribution_of_the_network():
    network = with_random_weights(DeepBeliefNetwork((4, 3, 3, 3), dtype="float64"))
    means = np.array(network.sample(20_000, 100, (0, 1)))
    drawn = np.random.default_rng(0).random(means.shape) < means
    np.testing.assert_allclose(shares_of(drawn), distribution(network), atol=0.015)
    again = network.sample(5, 3, (0, 1), start=all_states(4)[:5])
    assert again.shape == (5, 4)


def test_the_losses_of_wake_and_sleep_are_log_likelihoods_of_each_layer():
    network = with_random_weights(DeepBeliefNetwork((4, 3, 2, 2), dtype="float64"))
    states, dreams = ([all_states(n)[[1, 2]] for n in (4, 3, 2)], [all_states(n)[[0, 3]] for n in (4, 3, 2)])
    generation, recognition = network.wake_sleep(states, dreams)
    up, down = network.recognition, network.generation
    of = lambda state, inputs: np.mean([-np.log(given(s[None], a[None])) for s, a in zip(state, inputs, strict=True)])  # noqa: E731
    expected = of(states[0], np.array(down[0](states[1]))) + of(states[1], np.array(down[1](states[2])))
    assert float(generation) == pytest.approx(expected, abs=1e-9)
    expected = of(dreams[1], np.array(up[0](dreams[0]))) + of(dreams[2], np.array(up[1](dreams[1])))
    assert float(recognition) == pytest.approx(expected, abs=1e-9)


def test_no_gradient_flows_through_the_states():
    network = with_random_weights(DeepBeliefNetwork((4, 3, 2)))
    v = BARS[:2]
    with tf.GradientTape() as tape:
        states = network.up(v, (0, 1))
        generation, _ = network.wake_sleep(states, states)
    assert tape.gradient(generation, network.recognition[0].kernel) is None


def test_greedy_training_and_wake_sleep_raise_the_likelihood():
    keras.utils.set_random_seed(0)
    data = np.tile(BARS, (400, 1))
    bars = data[:3].astype(int) @ [8, 4, 2, 1]
    machines = [RestrictedBoltzmannMachine(4, 4, decay=0.0), RestrictedBoltzmannMachine(4, 4, decay=0.0)]
    trained = []
    make_optimizer = lambda: keras.optimizers.Adam(0.03)  # noqa: E731
    options = {"epochs": 5, "batch_size": 30, "make_optimizer": make_optimizer}
    train_greedily(machines, data, on_layer=lambda i, logs: trained.append(i), **options)
    assert trained == [0, 1]
    network = DeepBeliefNetwork.of_machines(machines, steps=3)
    before = np.log(distribution(network)[bars]).mean()
    assert before > np.log(1 / 16) + 0.3
    network.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    network.fit(data, epochs=8, batch_size=30, verbose=0)
    assert np.log(distribution(network)[bars]).mean() > before + 0.2


def test_a_network_is_saved(tmp_path):
    network = with_random_weights(DeepBeliefNetwork((4, 3, 2), visible_kind="gaussian"))
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    v = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    np.testing.assert_array_equal(loaded(v), network(v))
    np.testing.assert_array_equal(loaded.sample(3, 5, (1, 2)), network.sample(3, 5, (1, 2)))


def test_what_cannot_be_stacked_is_refused():
    with pytest.raises(ModelError, match="three layers"):
        DeepBeliefNetwork((4, 3))
    with pytest.raises(ModelError, match="3 hidden units are no 4 visible ones"):
        DeepBeliefNetwork.of_machines([RestrictedBoltzmannMachine(4, 3), RestrictedBoltzmannMachine(4, 2)])
