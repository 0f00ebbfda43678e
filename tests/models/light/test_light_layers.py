"""Layers in NumPy against Keras' own, and against sums written out."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from crossmodal.errors import ModelError
from crossmodal.models.light.layers import LAYERS, convolution, rectify
from crossmodal.models.light.network import Network, describe

MAP, FRAMES, VECTOR = (9, 8, 3), (10, 4), (6,)
BY_KERAS = [
    (layers.Dense(5, "relu"), VECTOR),
    (layers.Dense(5, use_bias=False), FRAMES),
    (layers.Dense(4, "sigmoid"), VECTOR),
    *[
        (layers.Conv2D(5, size, stride, padding), MAP)
        for size, stride, padding in itertools.product((1, 3, 4, (2, 3)), (1, 2, 3), ("same", "valid"))
    ],
    (layers.Conv2D(5, 3, dilation_rate=2, padding="same"), MAP),
    *[
        (layers.Conv1D(5, 3, stride, padding, activation="silu"), FRAMES)
        for stride, padding in itertools.product((1, 2, 3), ("same", "valid"))
    ],
    (layers.Conv1D(5, 5, dilation_rate=4, padding="same", use_bias=False), FRAMES),
    *[
        (layers.Conv2DTranspose(5, size, stride, padding, activation="relu"), MAP)
        for size, stride, padding in itertools.product((1, 2, 3, 4, (3, 5)), (1, 2, (2, 3)), ("same", "valid"))
    ],
    (layers.BatchNormalization(), MAP),
    (layers.BatchNormalization(scale=False), FRAMES),
    (layers.BatchNormalization(center=False, epsilon=0.1), VECTOR),
    (layers.MaxPooling2D(), MAP),
    (layers.MaxPooling2D(3, 2, "same"), MAP),
    (layers.AveragePooling1D(4, padding="same"), FRAMES),
    (layers.AveragePooling1D(3), FRAMES),
    (layers.GlobalAveragePooling2D(), MAP),
    (layers.ReLU(), MAP),
    (layers.ReLU(max_value=0.5), MAP),
    (layers.ReLU(negative_slope=0.3), MAP),
    (layers.Rescaling(2.5, -1.0), MAP),
    (layers.Flatten(), MAP),
    (layers.Reshape((8, 27)), MAP),
    (layers.ZeroPadding2D(((1, 2), (0, 3))), MAP),
    (layers.UpSampling1D(3), FRAMES),
    (layers.Dropout(0.5), MAP),
    (layers.GRU(5), FRAMES),
    (layers.GRU(5, return_sequences=True, use_bias=False), FRAMES),
    (layers.Bidirectional(layers.GRU(5)), FRAMES),
    (layers.Bidirectional(layers.GRU(5, return_sequences=True)), FRAMES),
    (layers.GlobalAveragePooling1D(), FRAMES),
]


@pytest.mark.parametrize(("layer", "shape"), BY_KERAS)
def test_a_layer_gives_what_keras_gives(layer, shape):
    rng = np.random.default_rng(0)
    inputs = keras.Input(shape)
    network = keras.Model(inputs, layer(inputs))
    network.set_weights(
        [rng.uniform(0.2, 1, w.shape).astype(np.float32) - 0.5 * (w.ndim > 1) for w in network.get_weights()]
    )
    x = rng.normal(size=(3, *shape)).astype(np.float32)
    expected = np.asarray(network(x, training=False))
    found = Network(describe(network, network.weights), network.get_weights())(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_layers_of_several_inputs_and_operations():
    inputs = keras.Input(FRAMES)
    wide = layers.Dense(4)(inputs)
    network = keras.Model(inputs, keras.ops.pad(layers.Add()([inputs, wide]), ((0, 0), (1, 0), (0, 2))))
    x = np.random.default_rng(0).normal(size=(2, *FRAMES)).astype(np.float32)
    found = Network(describe(network, network.weights), network.get_weights())(x)
    np.testing.assert_allclose(found, np.asarray(network(x)), rtol=1e-4, atol=1e-5)


def test_a_convolution_is_a_sum_over_its_kernel():
    rng = np.random.default_rng(1)
    x, kernel, bias = (rng.normal(size=shape).astype(np.float32) for shape in ((1, 5, 6, 2), (3, 2, 2, 4), (4,)))
    config = {"strides": [2, 1], "padding": "valid", "dilation_rate": [1, 2], "activation": "linear"}
    found = convolution(config, kernel, bias)(x)
    assert found.shape == (1, 2, 4, 4)
    for i, j, k in itertools.product(range(2), range(4), range(4)):
        under = [(a, b, c) for a in range(3) for b in range(2) for c in range(2)]
        total = sum(float(x[0, 2 * i + a, j + 2 * b, c]) * float(kernel[a, b, c, k]) for a, b, c in under) + bias[k]
        assert found[0, i, j, k] == pytest.approx(total, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (layers.Conv2D(6, 3, groups=3), MAP, "Conv2D with groups 3"),
        (layers.BatchNormalization(axis=1), MAP, "BatchNormalization with axis 1"),
        (layers.Conv2DTranspose(2, 3, output_padding=0), MAP, "Conv2DTranspose with output_padding"),
        (layers.LayerNormalization(), MAP, "kind LayerNormalization"),
        (layers.GRU(2, reset_after=False), FRAMES, "GRU with reset_after False"),
        (layers.Bidirectional(layers.GRU(2), merge_mode="sum"), FRAMES, "Bidirectional with merge_mode sum"),
        (layers.Bidirectional(layers.LSTM(2)), FRAMES, "Bidirectional of the kind LSTM"),
    ],
)
def test_what_is_not_computed_here_is_refused(layer, shape, words):
    inputs = keras.Input(shape)
    network = keras.Model(inputs, layer(inputs))
    with pytest.raises(ModelError, match=words):
        describe(network, network.weights)


def test_settings_of_damaged_descriptions_are_refused():
    with pytest.raises(ModelError, match="threshold"):
        rectify({"negative_slope": 0.0, "max_value": None, "threshold": 1.0})
    with pytest.raises(ModelError, match="activation is 'relu'"):
        LAYERS["GRU"]({"units": 1, "activation": "relu"}, np.ones((1, 3)), np.ones((1, 3)))
    with pytest.raises(ModelError, match="activation is 'gelu'"):
        LAYERS["Dense"]({"activation": "gelu"}, np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    "options", [{"bidirectional": True, "read_out": "mean"}, {"read_out": "last"}, {"filters": ()}]
)
def test_frames_after_the_end_are_not_heard(options):
    """A recurrent encoder of recordings that end after 1, 7 and 20 frames, with silence within them."""
    from crossmodal.models.networks.recurrent import recurrent

    policy = keras.DTypePolicy("float32")
    encoder = recurrent("gru", (20, 16, 1), 4, 0.0, policy, **{"filters": (3, 2), "units": (5, 6), **options})
    rng = np.random.default_rng(0)
    encoder.set_weights([rng.uniform(-0.5, 0.5, w.shape) + (w.ndim == 1) for w in encoder.get_weights()])
    x = rng.uniform(0, 1, (3, 20, 16, 1)).astype(np.float32)
    for i, end in enumerate((1, 7, 20)):
        x[i, end:] = 0
    x[1:, 3:5] = 0
    found = Network(describe(encoder, encoder.weights), encoder.get_weights())(x)
    for one, other in zip(found, encoder(x, training=False), strict=True):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-4, atol=1e-5)
    shorter = Network(describe(encoder, encoder.weights), encoder.get_weights())(x[:1])
    np.testing.assert_allclose(shorter[0], found[0][:1], rtol=1e-5)
