"""The faster layers against Keras' own: outputs, gradients, moving statistics, saved weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.models.networks.layers import BatchNormalization, Conv1D, Conv2D, Conv2DTranspose, Dense


def outputs_and_gradients(layer, x, **options):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, **options)
        loss = tf.reduce_sum(tf.sin(tf.cast(y, tf.float32)))
    return [y, *tape.gradient(loss, [x, *(variable.value for variable in layer.trainable_variables)])]


def compare(ours, keras_layer, shape, tolerance=1e-5, **options):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    for layer in (ours, keras_layer):
        layer.build(shape)
    rng = np.random.default_rng(1)
    weights = [rng.uniform(0.5, 1.5, w.shape) for w in keras_layer.get_weights()]
    for layer in (ours, keras_layer):
        layer.set_weights(weights)
    for a, b in zip(*(outputs_and_gradients(layer, x, **options) for layer in (ours, keras_layer)), strict=True):
        assert a.dtype == b.dtype
        scale = np.abs(np.float32(b)).max()
        np.testing.assert_allclose(np.float32(a) / scale, np.float32(b) / scale, atol=tolerance)
    for a, b in zip(ours.get_weights(), keras_layer.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("size", [4, 5, 6, 11, 13, 15])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_is_keras(size, padding, bias):
    options = {"filters": 3, "kernel_size": 4, "strides": 2, "padding": padding, "use_bias": bias, "activation": "elu"}
    compare(Conv2D(**options), keras.layers.Conv2D(**options), (2, size, size, 5))


@pytest.mark.parametrize("size", [1, 3, 5, 7])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (4, 2), (3, 3), (1, 1), (2, 3)])
def test_a_transposed_convolution_is_keras(size, padding, kernel, stride):
    options = {"filters": 3, "kernel_size": kernel, "strides": stride, "padding": padding, "activation": "elu"}
    compare(Conv2DTranspose(**options), keras.layers.Conv2DTranspose(**options), (2, size, size, 5))


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_a_gradient_can_be_differentiated_again(kind):
    """As the penalty on the discriminator's slope does."""
    x = tf.random.stateless_normal((2, 5, 5, 3), (0, 0))
    slopes = []
    for layer in ({"Conv2D": Conv2D, "Conv2DTranspose": Conv2DTranspose}[kind], getattr(keras.layers, kind)):
        keras.utils.set_random_seed(0)
        convolution = layer(4, 3, 2)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.square(convolution(x)))
            penalty = tf.reduce_sum(tf.square(inner.gradient(y, x)))
        slopes.append(outer.gradient(penalty, convolution.trainable_variables[0].value))
    np.testing.assert_allclose(*slopes, rtol=1e-3, atol=1e-4 * np.abs(slopes[0]).max())


def test_a_convolution_over_the_whole_map_is_one_product():
    layer = Conv2D(3, 4, 2)
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((None, 5, 5, 2))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "MatMul" in kinds
    assert "Conv2D" not in kinds


@pytest.mark.parametrize("length", [30, 31, 39, 40, 97])
@pytest.mark.parametrize(("kernel", "stride"), [(20, 5), (25, 10), (7, 3), (4, 6), (3, 1)])
def test_a_strided_convolution_over_blocks_is_keras(length, kernel, stride):
    options = {"filters": 4, "kernel_size": kernel, "strides": stride, "activation": "relu"}
    compare(Conv1D(**options), keras.layers.Conv1D(**options), (2, length, 3))


def test_a_strided_convolution_takes_any_length():
    inputs = keras.Input((None, 2))
    layers = Conv1D(4, 7, 3), keras.layers.Conv1D(4, 7, 3)
    models = [keras.Model(inputs, layer(inputs)) for layer in layers]
    models[1].set_weights(models[0].get_weights())
    graphs = [tf.function(model, input_signature=[tf.TensorSpec((None, None, 2))]) for model in models]
    for length in (7, 20, 21, 22):
        x = tf.random.stateless_normal((3, length, 2), (0, length))
        ours, theirs = (graph(x) for graph in graphs)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_batch_normalisation_is_keras(training):
    compare(BatchNormalization(), keras.layers.BatchNormalization(), (4, 3, 3, 5), training=training)


def test_batch_normalisation_in_half_precision_is_near_keras():
    options = {"dtype": "mixed_bfloat16"}
    compare(
        BatchNormalization(**options), keras.layers.BatchNormalization(**options), (8, 5, 5, 3), 0.02, training=True
    )


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(4), (6272, 8)),
        (Dense(4), (128, 49, 8)),
        (Conv1D(4, 3), (8, 1000, 2)),
        (Conv1D(4, 8, 4), (8, 4000, 2)),
        (Conv1D(4, 4, 2, "same"), (8, 2000, 2)),
        (Conv2D(4, 3), (8, 28, 28, 2)),
        (Conv2D(4, 4, 2), (8, 58, 58, 2)),
        (Conv2DTranspose(4, 4, 2), (8, 14, 14, 2)),
        (Conv2DTranspose(4, 2, 2), (8, 14, 14, 2)),
    ],
)
def test_the_gradient_by_a_bias_is_a_sum_in_float32(layer, shape, dtype):
    """In bfloat16 TensorFlow's own adds up in that type: of 6,272 ones it finds 256."""
    layer = type(layer).from_config({**layer.get_config(), "dtype": dtype})
    layer.build(shape)
    with tf.GradientTape() as tape:
        y = layer(tf.zeros(shape))
        upstream = tf.random.stateless_uniform(y.shape, (0, 0), 0.5, 1.5, y.dtype)
        loss = tf.reduce_sum(tf.cast(upstream * y, tf.float32))
    exact = np.float64(upstream).sum(axis=tuple(range(len(shape) - 1)))
    np.testing.assert_allclose(tape.gradient(loss, layer.bias.value), exact, rtol=0.01)
