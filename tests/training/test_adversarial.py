"""The generator against a critic: against closed forms, and on WaveGAN's networks."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.textures import rain
from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.training.adversarial import climb_critic, learn_critic, play, slopes_between
from crossmodal.training.cooperative import prepare_texture, train_texture
from crossmodal.training.texture_state import Settings, make_state

SAMPLES = 4
TOY = Settings(algorithm="adversarial", chains=8, samples=SAMPLES, descriptor_rate=0.02, generator_rate=0.1)
DATA = np.array([3.0, 0.0, -4.0, 0.0], np.float32)  # of length 5


class Moved(keras.Model):
    """g(z) = b, whatever z is; b = 0 at first."""

    def __init__(self):
        super().__init__()
        self.b = self.add_weight(shape=(SAMPLES,), initializer="zeros", name="b")
        self.built = True

    def latent_shape(self, samples):
        return (samples,)

    def call(self, z):
        return self.b + 0.0 * z


class Linear(keras.Model):
    """f(x) = w x."""

    def __init__(self):
        super().__init__()
        self.w = self.add_weight(shape=(SAMPLES,), initializer="ones", name="w")
        self.built = True

    def call(self, x):
        return tf.linalg.matvec(x, self.w)


def toy(**changes):
    return make_state(CoopNets(Moved(), Linear()), DATA, replace(TOY, **changes))


def test_slopes_in_closed_form():
    """Of |x|^2 / 2 the slope is |x|, between the two signals of a pair."""
    real, drawn = tf.constant([[3.0, 4.0], [0.0, 2.0]]), tf.constant([[0.0, 0.0], [0.0, -2.0]])
    slopes = slopes_between(lambda x: tf.reduce_sum(x**2, axis=-1) / 2, real, drawn, tf.constant([0.5, 0.25]))
    np.testing.assert_allclose(slopes, [2.5, 1.0], rtol=1e-6)


@pytest.mark.parametrize("penalty", [10.0, 1.0])
def test_a_linear_critic_comes_to_the_least_loss(penalty):
    """Of the constant c against 0: -w c + penalty (|w| - 1)^2 is least for w along c, |w| = 1 + |c| / (2 penalty)."""
    state = toy(penalty=penalty)
    step = tf.function(lambda seed: learn_critic(state, seed), autograph=False)
    for i in range(500):
        figures = step(tf.constant([0, i]))
    expected = DATA / 5 * (1 + 5 / (2 * penalty))
    np.testing.assert_allclose(state.model.descriptor.w, expected, atol=0.02 * np.abs(expected).max())
    assert float(figures["slope"]) == pytest.approx(1 + 5 / (2 * penalty), rel=0.02)
    assert float(figures["energy_gap"]) == pytest.approx(5 * (1 + 5 / (2 * penalty)) / SAMPLES, rel=0.02)


def test_the_generator_goes_up_f():
    """Adam's first step is the rate in each coordinate, up w; the RMS is that before it."""
    state = toy()
    state.model.descriptor.w.assign([1.0, -2.0, 3.0, -0.5])
    assert float(climb_critic(state, tf.constant([0, 0]))) == 0.0
    np.testing.assert_allclose(state.model.generator.b, [0.1, -0.1, 0.1, -0.1], rtol=1e-3)


def test_an_iteration_is_several_steps_of_the_critic_and_one_of_the_generator():
    state = toy(critic_steps=3)
    figures = play(state, [tf.constant([0, 1]), tf.constant([0, 2])], tf.constant(True))
    assert [int(o.iterations) for o in (state.descriptor_optimizer, state.generator_optimizer)] == [3, 1]
    assert float(figures["energy_gap"]) == pytest.approx(np.sum(DATA) / SAMPLES, abs=0.1)  # of w as it is at first
    assert float(figures["rms"]) == 0.0


def test_wavegan_is_prepared_and_trained_without_chains():
    model, signal, settings = prepare_texture(
        rain(1.0), preset="wavegan", iterations=2, chains=2, samples=4000, block=1
    )
    assert (settings.algorithm, settings.critic_steps, settings.penalty, model.draw_steps) == (
        "adversarial",
        5,
        10.0,
        0,
    )
    assert np.std(signal) == pytest.approx(1.0, abs=0.1)
    before = [np.asarray(v.value).copy() for v in model.trainable_variables]
    history = train_texture(model, signal, settings)
    assert set(history[0]) == {"iteration", "energy_gap", "slope", "rms", "rate"}
    assert all(not np.array_equal(a, v.value) for a, v in zip(before, model.trainable_variables, strict=True))
    assert np.isfinite(model.draw(1.0)).all()


def test_wavegan_knows_one_channel():
    with pytest.raises(ModelError, match="WaveGAN's networks know one channel"):
        prepare_texture(rain(1.0), preset="wavegan", channels=2)
    with pytest.raises(ModelError, match="critic_steps is 0: give 1 or more"):
        replace(TOY, critic_steps=0)
