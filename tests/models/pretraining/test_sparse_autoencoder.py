"""The loss of sparse and denoising autoencoders against closed forms, and what it does to the code."""

import keras
import numpy as np
import pytest
from enumeration import all_states, with_random_weights
from scipy.special import expit
from scipy.stats import entropy

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.sparse_autoencoder import SparseAutoencoder, coin_divergence
from crossmodal.training.greedy import train_greedily


def test_the_divergence_of_two_coins_is_that_of_scipy():
    for rho in (0.05, 0.3, 1.0):
        rho_i = np.array([0.01, rho if rho < 1 else 0.9, 0.7])
        expected = [entropy([rho, 1 - rho], [q, 1 - q]) for q in rho_i]
        np.testing.assert_allclose(coin_divergence(rho, rho_i), expected, atol=1e-12)
    assert float(coin_divergence(0.05, np.array(0.05))) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian"])
def test_the_loss_is_the_sum_of_its_terms(kind):
    model = SparseAutoencoder(4, 3, visible_kind=kind, beta=3.0, rho=0.2, decay=0.1, dtype="float64")
    x, terms = all_states(4), with_random_weights(model).losses_of(all_states(4), 0.5 * all_states(4))
    w, b, c = (np.array(weight) for weight in (model.kernel, model.visible_bias, model.hidden_bias))
    code = expit(c + 0.5 * x @ w)
    a = b + code @ w.T
    bernoulli = -x * np.log(expit(a)) - (1 - x) * np.log(1 - expit(a))
    gaussian = 0.5 * (x - a) ** 2 + 0.5 * np.log(2 * np.pi)
    loss = (bernoulli if kind == "bernoulli" else gaussian).sum(1).mean()
    sparsity = sum(entropy([0.2, 0.8], [q, 1 - q]) for q in code.mean(0))
    assert float(model.total(terms)) == pytest.approx(loss + 3 * sparsity + 0.05 * np.square(w).sum(), abs=1e-9)


def test_units_become_as_active_as_rho():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).integers(0, 2, (2000, 10)).astype(np.float32)
    model = SparseAutoencoder(10, 20, beta=10.0, rho=0.1)
    model.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    model.fit(x, epochs=5, batch_size=50, verbose=0)
    np.testing.assert_allclose(np.mean(model(x), 0), 0.1, atol=0.04)


@pytest.mark.parametrize(("noise", "amount"), [("mask", 0.3), ("normal", 0.5)])
def test_noise_is_what_it_says(noise, amount):
    model, x = SparseAutoencoder(50, 4, noise=noise, amount=amount), np.ones((2000, 50), np.float32)
    noisy = np.array(model.with_noise(keras.ops.convert_to_tensor(x)))
    if noise == "mask":
        assert set(np.unique(noisy)) == {0.0, 1.0}
        assert 1 - noisy.mean() == pytest.approx(amount, abs=0.01)
    else:
        assert noisy.mean() == pytest.approx(1, abs=0.01)
        assert noisy.std() == pytest.approx(amount, abs=0.01)


def test_a_denoising_autoencoder_restores_what_is_missing_better_than_a_plain_one():
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = np.repeat(rng.integers(0, 2, (1600, 4)), 5, axis=1).astype(np.float32)  # four groups of five equal units
    errors = []
    for amount in (0.4, 0.0):
        model = SparseAutoencoder(20, 20, amount=amount, decay=0.0)
        train_greedily([model], x, epochs=5, batch_size=40, make_optimizer=lambda: keras.optimizers.Adam(0.02))
        missing = x * (rng.random(x.shape) > 0.4)
        errors.append(np.mean(np.square(x - np.array(model.reconstruct(missing)))))
    assert errors[0] < 0.6 * errors[1]


def test_an_autoencoder_is_saved(tmp_path):
    model, x = SparseAutoencoder(4, 3, beta=1.0, noise="normal", amount=0.1), all_states(4).astype(np.float32)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    assert (loaded.beta, loaded.noise, loaded.amount) == (1.0, "normal", 0.1)


def test_what_cannot_be_is_refused():
    with pytest.raises(ModelError, match="mask, normal"):
        SparseAutoencoder(2, 2, noise="salt")
    with pytest.raises(ModelError, match="0 < rho < 1"):
        SparseAutoencoder(2, 2, beta=1.0, rho=1.0)
