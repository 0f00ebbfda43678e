"""Networks in NumPy: any batch, several outputs, and what is refused."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from crossmodal.errors import ModelError
from crossmodal.models.light.network import ROWS, Network, describe


@pytest.fixture(scope="module")
def network():
    x = inputs = keras.Input((5,), name="x")
    x = layers.Dense(4, "relu", name="hidden")(x)
    return keras.Model(inputs, [layers.Dense(3, name="one")(x), layers.Dense(2, name="two")(x)])


@pytest.mark.parametrize("rows", [0, 1, ROWS, 2 * ROWS + 3])
def test_a_batch_of_any_size_has_all_outputs(network, rows):
    description = json.loads(json.dumps(describe(network, network.weights)))
    x = np.random.default_rng(rows).normal(size=(rows, 5)).astype(np.float32)
    found = Network(description, network.get_weights())(x)
    for one, other, width in zip(found, network(x), (3, 2), strict=True):
        assert one.shape == (rows, width)
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-5, atol=1e-6)


def test_weights_are_those_of_the_whole_model(network):
    outer = keras.Sequential([keras.Input((5,)), layers.Dense(5, name="before")])
    both = [*outer.weights, *network.weights]
    description = describe(network, both)
    assert [layer["weights"] for layer in description["layers"]] == [[], [2, 3], [4, 5], [6, 7]]
    x = np.ones((1, 5), np.float32)
    found = Network(description, [np.asarray(weight) for weight in both])(x)
    np.testing.assert_allclose(found[0], np.asarray(network(x)[0]), rtol=1e-5, atol=1e-6)


def test_outputs_may_be_others_than_the_networks_own(network):
    description = describe(network, network.weights, [network.get_layer("hidden").output])
    assert description["outputs"] == [1]
    assert Network(description, network.get_weights())(np.ones((2, 5))).shape == (2, 4)


def test_a_layer_that_is_called_twice_is_refused():
    inputs = keras.Input((4,))
    shared = layers.Dense(4)
    twice = keras.Model(inputs, shared(shared(inputs)))
    with pytest.raises(ModelError, match="more than once"):
        describe(twice, twice.weights)


def test_a_damaged_description_is_refused(network):
    description = describe(network, network.weights)
    for change in ({"kind": "Lambda"}, {"config": {}}, {"weights": [99]}, {"weights": []}):
        hidden = description["layers"][1] | change
        damaged = description | {"layers": [description["layers"][0], hidden, *description["layers"][2:]]}
        with pytest.raises(ModelError, match="Layer 1 of a network cannot be computed"):
            Network(damaged, network.get_weights())
