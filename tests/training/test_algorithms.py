"""The generator that learns by energy: against closed forms, and on the default's networks."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.textures import rain
from crossmodal.models.coopnets import CoopNets
from crossmodal.training.algorithms import descend_energy
from crossmodal.training.cooperative import prepare_texture, train_texture
from crossmodal.training.texture_state import ENERGY_LAST_RATE, Settings, make_state

POWER, SAMPLES = 4.0, 20
TOY = Settings(iterations=40, generator_steps=10, chains=64, samples=SAMPLES, generator_rate=0.05)


class Louder(keras.Model):
    """g(z) = a z, a = 1 at first."""

    def __init__(self):
        super().__init__()
        self.a = self.add_weight(shape=(), initializer="ones", name="a")
        self.built = True

    def latent_shape(self, samples):
        return (samples,)

    def call(self, z):
        return self.a * z


class Power(keras.Model):
    """f(x) = -(mean of x^2 - POWER)^2."""

    def __init__(self):
        super().__init__()
        self.built = True

    def call(self, x):
        return -tf.square(tf.reduce_mean(tf.square(x), axis=-1) - POWER)


def toy(**changes):
    return make_state(CoopNets(Louder(), Power()), np.zeros(SAMPLES), replace(TOY, **changes))


def test_the_generator_comes_to_the_least_energy_of_its_draws():
    """With m = mean z^2, E m = 1 and E m^2 = 1 + 2/n: E (a^2 m - c)^2 is least at a^2 = c / (1 + 2/n), here 3.64."""
    state = toy()
    step = tf.function(lambda seed: descend_energy(state, seed), autograph=False)
    for i in range(TOY.iterations):
        step(tf.constant([0, i]))
    assert float(state.model.generator.a) ** 2 == pytest.approx(POWER / (1 + 2 / SAMPLES), rel=0.02)


def test_each_step_has_latents_of_its_own():
    """At a rate of 0 what is returned is f of the last step's draws, per sample."""
    state = toy(generator_rate=0.0, generator_steps=3)
    seed = tf.constant([1, 2])
    z = state.model.latents(TOY.chains, SAMPLES, tf.random.experimental.stateless_fold_in(seed, 2))
    expected = np.mean(-np.square(np.mean(np.square(z), axis=-1) - POWER)) / SAMPLES
    assert float(descend_energy(state, seed)) == pytest.approx(expected, rel=1e-5)


def test_the_rate_falls_by_a_cosine_to_a_twentieth():
    state = toy(iterations=4, generator_steps=5)
    rates = []
    for i in range(4):
        descend_energy(state, tf.constant([0, i]))
        rates.append(float(state.generator_optimizer.learning_rate))
    share = ENERGY_LAST_RATE + (1 - ENERGY_LAST_RATE) * (1 + np.cos(np.pi * np.array([4, 9, 14, 19]) / 20)) / 2
    np.testing.assert_allclose(rates, 0.05 * share, rtol=1e-4)


def test_the_default_generator_learns_by_energy_what_regression_does_not_teach():
    """After 60 steps its draws are less than half as far from the rain as those that regression taught in six."""
    f = {}
    for loss in ("energy", "waveform"):
        model, signal, settings = prepare_texture(rain(4.0), iterations=6, steps=1, samples=20_000, generator_loss=loss)
        train_texture(model, signal, settings)
        f[loss] = float(model.descriptor(model.generator(model.latents(1, 20_000, (5, 5))))[0])
    assert f["energy"] > 0.5 * f["waveform"]


def test_who_learns_by_energy():
    assert (Settings().by_energy, Settings().first_generator_rate) == (True, 0.003)
    for changes in ({"algorithm": "coopnets-z"}, {"algorithm": "generator"}, {"generator_loss": "waveform"}):
        settings = Settings(**changes)
        assert (settings.by_energy, settings.first_generator_rate) == (False, 0.001)
    assert prepare_texture(rain(3.0), preset="thesis")[2].generator_loss == "waveform"
    assert Settings(generator_rate=0.5).first_generator_rate == 0.5
