"""The algorithms on signals of any shape: a picture is learned as the same numbers in a row are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.cooperative import Cooperative
from crossmodal.sampling.langevin import Walk
from crossmodal.training.algorithms import ALGORITHMS, beginnings, crops, learn_descriptor
from crossmodal.training.cooperative import train_texture
from crossmodal.training.texture_state import Settings, make_state


class Scale(keras.Model):
    """g(z) = a z, a of one signal's shape."""

    def __init__(self, shape):
        super().__init__()
        self.a = self.add_weight(shape=shape, initializer="ones", name="a")
        self.built = True

    def latent_shape(self, shape):
        return self.a.shape

    def call(self, z):
        return self.a * z


class Moments(keras.Model):
    """f(x) = sum of b x - c x^4, b of one signal's shape."""

    def __init__(self, shape):
        super().__init__()
        self.b = self.add_weight(shape=shape, initializer="zeros", name="b")
        self.c = self.add_weight(shape=(), initializer="zeros", name="c")
        self.built = True

    def call(self, x):
        return tf.reduce_sum(self.b * x - self.c * x**4, axis=list(range(1, len(x.shape))))


def state_of(signal, shape, **changes):
    model = Cooperative(Scale(shape), Moments(shape), steps=3)
    return make_state(model, signal, Settings(samples=shape, **{"chains": 3, **changes}))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_picture_is_learned_as_its_numbers_in_a_row(algorithm):
    picture = np.random.default_rng(0).normal(size=(4, 5, 2))
    learned = []
    for shape, samples in (((40,), 40), ((4, 5, 2), (4, 5, 2))):
        model = Cooperative(Scale(shape), Moments(shape), steps=3)
        settings = Settings(algorithm, samples=samples, chains=2, iterations=4, latent_steps=2, block=2)
        history = train_texture(model, picture.reshape(shape), settings)
        weights = [np.ravel(variable.value) for variable in model.trainable_variables]
        learned.append([*weights, np.array([list(line.values()) for line in history])])
    for row, picture in zip(*learned, strict=True):
        np.testing.assert_allclose(picture, row, rtol=1e-4, atol=1e-6)
    assert not np.allclose(learned[0][0], 1) or not np.allclose(learned[0][1], 0)


def test_crops_of_a_recording_are_those_of_earlier_versions():
    recording, seed = np.arange(100.0), tf.constant([1, 2])
    places = tf.random.stateless_uniform((3,), seed, 0, 81, dtype=tf.int32)
    expected = np.asarray(places)[:, None] + np.arange(20)
    np.testing.assert_array_equal(crops(state_of(recording, (20,)), seed), expected)


def test_crops_of_a_picture_come_from_everywhere_in_it():
    picture = np.arange(7 * 9 * 2.0).reshape(7, 9, 2)
    state = state_of(picture, (4, 5, 2), chains=200)
    found = set()
    for crop in crops(state, tf.constant([1, 2])).numpy():
        row, column = divmod(int(crop[0, 0, 0]) // 2, 9)
        np.testing.assert_array_equal(crop, picture[row : row + 4, column : column + 5])
        found.add((row, column))
    assert found == {(row, column) for row in range(4) for column in range(5)}


def test_examples_are_taken_whole_and_each_at_random():
    examples = np.arange(6 * 4.0).reshape(6, 2, 2, 1)
    state = state_of(examples, (2, 2, 1), chains=100)
    drawn = crops(state, tf.constant([1, 2])).numpy()
    numbers = drawn[:, 0, 0, 0] // 4
    np.testing.assert_array_equal(drawn, examples[numbers.astype(int)])
    assert set(numbers) == set(range(6))


def test_the_generator_infers_a_beginning_for_each_chain_or_an_example_of_its_own():
    recording, examples = np.arange(30.0), np.arange(24.0).reshape(6, 2, 2, 1)
    np.testing.assert_array_equal(beginnings(state_of(recording, (20,))), [np.arange(20)] * 3)
    np.testing.assert_array_equal(beginnings(state_of(examples, (2, 2, 1))), examples[:3])


def test_what_is_too_small_for_the_signals_is_refused():
    model = Cooperative(Scale((4, 4, 1)), Moments((4, 4, 1)))
    for signal in (np.zeros((4, 3, 1)), np.zeros((2, 2, 4, 4, 1)), np.zeros((4, 1))):
        with pytest.raises(ModelError, match=r"training draws \(4, 4, 1\) at a time"):
            train_texture(model, signal, Settings(samples=(4, 4, 1), iterations=1))
    with pytest.raises(ModelError, match="2 examples are fewer than 3 chains"):
        train_texture(model, np.zeros((2, 4, 4, 1)), Settings("generator", samples=(4, 4, 1), chains=3))
    with pytest.raises(ModelError, match=r"samples is \(4, 0, 1\): give 1 or more"):
        Settings(samples=(4, 0, 1))


def test_the_weight_of_squares_pulls_f_to_zero():
    """One step of gradient descent on b of f(x) = b.x, by hand: the loss is E f(chains) - E f(data) + e (E f(data)^2 +
    E f(chains)^2) / size."""
    shape, energy, rate = (2, 2, 1), 3.0, 0.1
    state = state_of(np.zeros(shape), shape, optimizer="sgd", descriptor_rate=rate, energy=energy, chains=2)
    b = np.arange(4.0).reshape(shape)
    state.model.descriptor.b.assign(b)
    data, chains = np.random.default_rng(0).normal(size=(2, 2, *shape)).astype(np.float32)
    state.model.revise = lambda start, seed: Walk(tf.constant(start), tf.zeros(1), tf.zeros(1))
    learn_descriptor(state, tf.constant(data), tf.constant(chains), (0, 0))
    both = np.concatenate([data, chains])
    f = np.sum(b * both, axis=(1, 2, 3))
    squares = energy * 4 * np.mean(f[:, None, None, None] * both, axis=0) / 4
    step = rate * (data.mean(0) - chains.mean(0) - squares)
    np.testing.assert_allclose(state.model.descriptor.b, b + step, rtol=1e-5)
