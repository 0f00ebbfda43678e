"""Unrolled autoencoders against the stack that they begin as."""

import keras
import numpy as np
import pytest
from enumeration import all_states, with_random_weights

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.deep_autoencoder import DeepAutoencoder, unrolled
from crossmodal.models.pretraining.deep_belief import DeepBeliefNetwork
from crossmodal.models.pretraining.labelled import LabelledBeliefNetwork
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.models.pretraining.sparse_autoencoder import SparseAutoencoder
from crossmodal.training.greedy import train_greedily


@pytest.mark.parametrize("kind", [RestrictedBoltzmannMachine, SparseAutoencoder])
def test_an_unrolled_stack_does_what_its_layers_did(kind):
    first = with_random_weights(kind(5, 4, visible_kind="gaussian", dtype="float64"))
    second = with_random_weights(kind(4, 2, hidden_kind="gaussian", dtype="float64"), seed=1)
    model, x = DeepAutoencoder.unrolled([first, second]), np.random.default_rng(0).standard_normal((3, 5))
    np.testing.assert_allclose(model.encoder(x), second(first(x)), atol=1e-12)
    expected = first.visible_mean(second.visible_mean(second(first(x))))
    np.testing.assert_allclose(model(x), expected, atol=1e-12)


def test_the_stack_restores_and_fine_tuning_restores_better():
    keras.utils.set_random_seed(0)
    x = np.tile(np.random.default_rng(0).integers(0, 2, (8, 30)).astype(np.float32), (200, 1))
    stack = [RestrictedBoltzmannMachine(30, 16), RestrictedBoltzmannMachine(16, 6)]
    train_greedily(stack, x, epochs=4, batch_size=40, make_optimizer=lambda: keras.optimizers.Adam(0.05))
    model, random = DeepAutoencoder.unrolled(stack), DeepAutoencoder((30, 16, 6))
    for each in (model, random):
        each.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", jit_compile=False)
    unrolled = model.evaluate(x, x, verbose=0)
    assert unrolled < 0.5 * random.evaluate(x, x, verbose=0)
    model.fit(x, x, epochs=3, batch_size=40, verbose=0)
    assert model.evaluate(x, x, verbose=0) < 0.7 * unrolled


def test_an_autoencoder_is_saved(tmp_path):
    model, x = DeepAutoencoder((4, 3, 2), ("bernoulli", "bernoulli", "gaussian")), all_states(4).astype(np.float32)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(x), model(x))


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ModelError, match="visible ones of the next"):
        DeepAutoencoder.unrolled([RestrictedBoltzmannMachine(4, 3), RestrictedBoltzmannMachine(4, 2)])
    with pytest.raises(ModelError, match="two layers"):
        DeepAutoencoder((4,))


def test_what_learned_without_labels_is_unrolled():
    x = np.random.default_rng(0).standard_normal((3, 5))
    machine = with_random_weights(SparseAutoencoder(5, 4, visible_kind="gaussian", dtype="float64"))
    np.testing.assert_allclose(unrolled(machine)(x), machine.reconstruct(x), atol=1e-12)
    network = with_random_weights(DeepBeliefNetwork((5, 4, 3, 2), "gaussian", dtype="float64"))
    np.testing.assert_allclose(unrolled(network).encoder(x), network(x), atol=1e-12)
    up = unrolled(network).decoder.layers[0](network(x))
    np.testing.assert_allclose(up, network.top.visible_mean(network(x)), atol=1e-12)
    labelled = with_random_weights(LabelledBeliefNetwork((5, 4, 2), 3, dtype="float64"))
    assert [layer.units for layer in unrolled(labelled).encoder.layers] == [4, 2]
    assert unrolled(model := DeepAutoencoder((4, 2))) is model
