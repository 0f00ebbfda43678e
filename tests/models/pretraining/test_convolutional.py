"""The convolutional machine against sums over the configurations of its blocks."""

import itertools

import keras
import numpy as np
import pytest
from enumeration import all_states, shares_of, with_random_weights
from scipy.special import softmax

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.convolutional import ConvolutionalBoltzmannMachine
from crossmodal.training.greedy import train_greedily


def machine(shape=(3, 3, 1), groups=2, size=2, pool=2, **options):
    return with_random_weights(ConvolutionalBoltzmannMachine(shape, groups, size, pool, dtype="float64", **options))


def blocks_of_one(units: int) -> np.ndarray:
    """The units + 1 states of a block: (units + 1, units)."""
    return np.concatenate([np.zeros((1, units)), np.eye(units)])


def test_a_block_has_as_many_configurations_as_units_and_one():
    """3x3 visible units, two features of 2x2: a block of 2x2 hidden units each, 5^2 hidden states in all."""
    model, v = machine(), all_states(9).reshape(-1, 3, 3, 1)
    h = np.array([np.stack(pair, -1) for pair in itertools.product(blocks_of_one(4), repeat=2)]).reshape(25, 2, 2, 2)
    energies = np.array([model.energy(v, np.tile(one[None], (len(v), 1, 1, 1))) for one in h]).T
    p = softmax(-energies)
    np.testing.assert_allclose(softmax(-np.array(model.free_energy(v))), p.sum(1), atol=1e-12)
    of_hidden = np.tensordot(p / p.sum(1, keepdims=True), h, 1)
    np.testing.assert_allclose(model.hidden_mean(v), of_hidden, atol=1e-10)
    np.testing.assert_allclose(model.pooled_mean(v)[:, 0, 0], of_hidden.sum((1, 2)), atol=1e-10)
    of_visible = np.tensordot(p.T / p.sum(0)[:, None], v, 1)
    np.testing.assert_allclose(model.visible_units.mean(model.visible_input(h)), of_visible, atol=1e-10)
    np.testing.assert_array_equal(model.configurations(v).shape, (512, 1, 1, 2, 5))


def test_hidden_units_are_drawn_with_their_probabilities_and_never_two_of_a_block():
    model, v = machine((5, 5, 1), size=2), np.random.default_rng(0).random((1, 5, 5, 1))
    h = np.array(model.draw_hidden(np.repeat(v, 20_000, 0), (1, 2)))
    np.testing.assert_allclose(h.mean(0), np.array(model.hidden_mean(v))[0], atol=0.015)
    pooled = h.reshape(-1, 2, 2, 2, 2, 2).sum(axis=(2, 4))
    assert pooled.max() == 1
    np.testing.assert_allclose(pooled.mean(0), np.array(model.pooled_mean(v))[0], atol=0.015)


def test_blocks_and_places_are_inverses():
    model = machine((7, 5, 1), size=2)
    h = np.random.default_rng(0).random((3, *model.hidden_shape))
    blocks = np.array(model.blocks(h))
    np.testing.assert_array_equal(blocks[0, 1, 0, 1], h[0, 2:4, 0:2, 1].ravel())
    np.testing.assert_array_equal(model.places(blocks), h)


def test_gibbs_sampling_reaches_the_distribution():
    model, states = machine(groups=1), all_states(9)
    p = softmax(-np.array(model.free_energy(states.reshape(-1, 3, 3, 1))))
    samples = np.array(model.sample(np.zeros((5000, 3, 3, 1)), 100, (0, 1))).reshape(-1, 9)
    np.testing.assert_allclose(samples.mean(0), p @ states, atol=0.03)
    np.testing.assert_allclose(shares_of(samples), p, atol=0.02)


def test_gaussian_visible_units_have_the_mean_of_their_input():
    model, v = machine(visible_kind="gaussian"), np.random.default_rng(0).standard_normal((1, 3, 3, 1))
    swept = np.array(model.sample(np.repeat(v, 20_000, 0), 1, (0, 1)))
    np.testing.assert_allclose(swept.mean(0), np.array(model.reconstruct(v))[0], atol=0.04)


def test_two_machines_learn_edges_and_are_stacked():
    keras.utils.set_random_seed(0)
    images = np.zeros((500, 12, 12, 1), np.float32)
    for image, at in zip(images, np.random.default_rng(0).integers(0, 12, 500), strict=True):
        image[at] = 1.0
    first = ConvolutionalBoltzmannMachine((12, 12, 1), 6, 3, sparsity=0.1, target=0.2)
    second = ConvolutionalBoltzmannMachine(first.pooled_shape, 4, 2)
    adam = lambda: keras.optimizers.Adam(0.05)  # noqa: E731
    found = train_greedily([first, second], images, epochs=8, batch_size=50, make_optimizer=adam)
    assert found.shape == (500, 2, 2, 4)
    assert float(first.error(images)) < 0.5 * images.var()
    features = np.moveaxis(np.array(second.kernel), -1, 0)  # (4, 2, 2, 6), patterns of pooling units of the first
    assert first.project(features).shape == (4, 6, 6, 1)


def test_a_machine_is_saved(tmp_path):
    model, v = machine(visible_kind="gaussian"), np.ones((1, 3, 3, 1))
    model.save(tmp_path / "machine.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "machine.keras")(v), model(v))


def test_blocks_that_do_not_cover_are_refused():
    with pytest.raises(ModelError, match="3 x 3 hidden units"):
        ConvolutionalBoltzmannMachine((5, 5, 1), 2, 3, 2)
