"""Losses against closed forms and brute force."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from crossmodal.models import losses


def test_kl_is_the_closed_form_and_what_sampling_says():
    mean, log_var = np.array([[0.7, -1.2]], np.float32), np.array([[-0.5, 0.3]], np.float32)
    kl = float(losses.kl_divergence(mean, log_var)[0])
    assert kl == pytest.approx(0.5 * np.sum(np.exp(log_var) + mean**2 - 1 - log_var), rel=1e-6)
    z = mean + np.exp(log_var / 2) * np.random.default_rng(0).standard_normal((400_000, 2))
    log_q = -0.5 * np.sum((z - mean) ** 2 / np.exp(log_var) + log_var, axis=1)
    assert kl == pytest.approx(np.mean(log_q + 0.5 * np.sum(z**2, axis=1)), abs=0.01)
    assert float(losses.kl_divergence(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32))[0]) == 0


def test_reconstruction_is_binary_cross_entropy_summed_over_pixels():
    rng = np.random.default_rng(0)
    images, logits = rng.random((2, 3, 28, 28, 1), np.float32), rng.normal(0, 4, (2, 3, 28, 28, 1)).astype(np.float32)
    expected = 784 * ops.mean(keras.losses.binary_crossentropy(images, logits, from_logits=True), axis=(2, 3))
    np.testing.assert_allclose(losses.reconstruction(images, logits), expected, rtol=1e-5)


def test_the_energy_score_is_its_definition():
    rng = np.random.default_rng(0)
    targets, draws = rng.random((2, 3, 5), np.float32), rng.random((2, 4, 5), np.float32)
    for got, y, g in zip(np.asarray(losses.energy_score(targets, draws)), targets, draws, strict=True):
        between = np.mean([np.linalg.norm(a - b) for a in y for b in g])
        within = np.mean([np.linalg.norm(a - b) for i, a in enumerate(g) for j, b in enumerate(g) if i != j])
        assert got == pytest.approx(between - within / 2, abs=2e-3)


def test_the_energy_score_prefers_the_distribution_where_reconstruction_prefers_its_mean():
    rng = np.random.default_rng(0)
    targets, same, mean = rng.normal(size=(2, 1, 300, 2)).astype(np.float32)[[0, 1, 1]] * [[[[1]]], [[[1]]], [[[0]]]]
    targets, same, mean = (np.float32(x) for x in (targets, same, mean))
    assert losses.energy_score(targets, same) < losses.energy_score(targets, mean) - 0.1
    assert np.mean((targets - same) ** 2) > np.mean((targets - mean) ** 2)


def test_the_energy_scores_gradient_is_finite_where_draws_coincide():
    draws = tf.zeros((1, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(draws)
        score = losses.energy_score(tf.zeros((1, 2, 3)), draws)
    assert np.isfinite(tape.gradient(score, draws)).all()


def test_the_energy_score_needs_two_draws():
    with pytest.raises(ValueError, match="at least two"):
        losses.energy_score(np.zeros((1, 2, 3), np.float32), np.zeros((1, 1, 3), np.float32))


def test_adversarial_losses_are_cross_entropies_of_logits():
    real, fake = np.array([2.0, -0.3], np.float32), np.array([-1.0, 0.5], np.float32)
    d = 1 / (1 + np.exp(-np.stack([real, fake]).astype(np.float64)))
    np.testing.assert_allclose(losses.discriminator_loss(real, fake), -np.log(d[0]) - np.log(1 - d[1]), rtol=1e-5)
    np.testing.assert_allclose(losses.generator_loss(fake), -np.log(d[1]), rtol=1e-5)
    np.testing.assert_allclose(losses.discriminator_loss(np.zeros(1), np.zeros(1)), 2 * np.log(2), rtol=1e-6)
