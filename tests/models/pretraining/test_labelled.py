"""The machine and the belief network with label units against sums over all states of their units."""

import keras
import numpy as np
import pytest
from enumeration import all_states, shares_of, with_random_weights
from scipy.special import softmax

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.labelled import LabelledBeliefNetwork, LabelledMachine
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.training.greedy import train_greedily

LABELS = np.eye(3)
BARS = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]], np.float32)


def states_of(machine):
    """All (x, y), y with one 1, (2^visible * classes, visible + classes), and p of each, h summed out by hand."""
    x, h = all_states(machine.below), all_states(machine.hidden)
    both = np.concatenate([np.repeat(x, 3, axis=0), np.tile(LABELS, (len(x), 1))], axis=-1)
    w, b, c = (np.array(of, np.float64) for of in (machine.kernel, machine.visible_bias, machine.hidden_bias))
    exponents = (both @ b)[:, None] + h @ c + both @ w @ h.T
    return both, np.exp(exponents).sum(axis=1) / np.exp(exponents).sum()


@pytest.fixture
def machine():
    return with_random_weights(LabelledMachine(3, 2, 3, dtype="float64"))


def test_free_energies_and_probabilities_are_sums_over_all_states(machine):
    both, p = states_of(machine)
    np.testing.assert_allclose(softmax(-np.array(machine.free_energy(both))), p, atol=1e-9)
    of_label = p.reshape(-1, 3) / p.reshape(-1, 3).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(machine.probabilities(all_states(3).astype(float)), of_label, atol=1e-9)


def test_samples_have_one_label_and_the_distribution_of_the_machine(machine):
    both, p = states_of(machine)
    drawn = np.array(machine.sample(np.zeros((20_000, 6)), 60, (0, 1)))
    assert (drawn[:, 3:].sum(axis=1) == 1).all()
    number = drawn[:, :3].astype(int) @ [4, 2, 1] * 3 + drawn[:, 3:].argmax(axis=1)
    order = both[:, :3].astype(int) @ [4, 2, 1] * 3 + both[:, 3:].argmax(axis=1)
    shares = np.bincount(number, minlength=24)[order] / len(drawn)
    np.testing.assert_allclose(shares, p, atol=0.015)


def test_a_label_that_is_held_gives_the_distribution_of_its_class(machine):
    _, p = states_of(machine)
    for label in range(3):
        y = np.tile(LABELS[label], (20_000, 1))
        drawn = np.array(machine.sample_below(np.zeros((20_000, 3)), y, 60, (0, label)))
        of_class = p.reshape(-1, 3)[:, label]
        np.testing.assert_allclose(shares_of(drawn), of_class / of_class.sum(), atol=0.015)


def trained_network(data, y):
    machines = [RestrictedBoltzmannMachine(4, 4, decay=0.0), LabelledMachine(4, 8, 3, decay=0.0)]
    options = {"epochs": 6, "batch_size": 30, "make_optimizer": lambda: keras.optimizers.Adam(0.03)}
    means = train_greedily(machines[:1], data, **options)
    train_greedily(machines[1:], np.concatenate([means, y], axis=-1), **options)
    return LabelledBeliefNetwork.of_machines(machines, classes=3, steps=3)


def test_a_network_learns_to_draw_and_to_read_classes(tmp_path):
    keras.utils.set_random_seed(0)
    data, y = np.tile(BARS, (400, 1)), np.tile(LABELS, (400, 1)).astype(np.float32)
    network = trained_network(data, y)
    before = np.array(network.recognition[0].kernel)
    network.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    network.fit(data, y, epochs=8, batch_size=30, verbose=0)
    assert np.abs(np.array(network.recognition[0].kernel) - before).max() > 0.01
    assert np.diag(np.array(network(BARS))).min() > 0.8
    for label in range(3):
        drawn = np.array(network.sample_class(label, 200, 50, (0, label)))
        assert np.abs(drawn.mean(axis=0) - BARS[label]).max() < 0.35
    assert network.sample(6, 10, (0, 1)).shape == network.sample(6, 10, (0, 1), start=data[:6]).shape == (6, 4)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(BARS), network(BARS))
    np.testing.assert_array_equal(loaded.sample_class(1, 3, 5, (1, 2)), network.sample_class(1, 3, 5, (1, 2)))


def test_labels_are_needed_and_layers_fit():
    network = LabelledBeliefNetwork((4, 3, 2), classes=3)
    network.compile(keras.optimizers.Adam(0.01), run_eagerly=True)
    with pytest.raises(ModelError, match="pass both"):
        network.fit(BARS, verbose=0)
    with pytest.raises(ModelError, match="3 hidden units are no 4 visible ones"):
        LabelledBeliefNetwork.of_machines([RestrictedBoltzmannMachine(4, 3), LabelledMachine(4, 2, 3)], classes=3)
