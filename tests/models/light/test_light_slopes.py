"""Slopes of networks in NumPy against those of TensorFlow, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from crossmodal.errors import ModelError
from crossmodal.models.light.network import Network, describe
from crossmodal.models.light.slopes import Slopes


def by_tensorflow(network, x, by_outputs):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = network(x)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        total = sum(tf.reduce_sum(y * dy) for y, dy in zip(outputs, by_outputs, strict=True))
    return tape.gradient(total, x).numpy()


def light(network):
    return Network(describe(network, network.weights), network.get_weights())


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [((28, 28), 4, 2), ((9, 8), 3, 2), ((7, 10), 5, 1), ((9, 9), 2, 3)]
)
def test_the_slope_of_a_convolution_is_that_of_tensorflow(size, kernel, stride, padding):
    rng = np.random.default_rng(0)
    x = inputs = keras.Input((*size, 2))
    x = layers.Conv2D(3, kernel, stride, padding)(x)
    network = keras.Model(inputs, x)
    images = rng.standard_normal((3, *size, 2), np.float32)
    dy = rng.standard_normal((3, *x.shape[1:]), np.float32)
    expected = by_tensorflow(network, images, [dy])
    np.testing.assert_allclose(Slopes(light(network))(images, [dy]), expected, rtol=1e-4, atol=1e-5)


def test_slopes_of_several_outputs_add_up():
    """As a descriptor has them: a score and the features that it is made of."""
    rng = np.random.default_rng(1)
    x = inputs = keras.Input((8, 8, 1))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(4, 4, 2, "same")(x))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(5, 4)(x))
    network = keras.Model(inputs, [layers.Flatten()(layers.Conv2D(1, 1)(x)), layers.Flatten()(x)])
    images, by_outputs = rng.standard_normal((4, 8, 8, 1), np.float32), [np.ones((4, 1), np.float32)]
    by_outputs.append(rng.standard_normal((4, 5), np.float32))
    expected = by_tensorflow(network, images, by_outputs)
    np.testing.assert_allclose(Slopes(light(network))(images, by_outputs), expected, rtol=1e-4, atol=1e-5)


def test_other_layers_are_refused():
    inputs = keras.Input((8, 8, 1))
    pooled = keras.Model(inputs, layers.MaxPooling2D()(inputs))
    with pytest.raises(ModelError, match="The slope of a layer of the kind MaxPooling2D is not computed"):
        Slopes(light(pooled))
    bent = keras.Model(inputs, layers.Conv2D(1, 3, activation="relu")(inputs))
    with pytest.raises(ModelError, match="its activation is 'relu'"):
        Slopes(light(bent))
