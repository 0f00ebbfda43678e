"""The faster kernels in every form in which they are chosen: outputs and gradients against TensorFlow's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.models.networks import kernels
from crossmodal.models.networks.layers import Conv2D, Conv2DTranspose, Dense

FORMS = {
    "eigen, over blocks": (True, 0, 0, 0),
    "eigen, by thresholds": (True, kernels.LARGE_KERNEL, kernels.FEW_CHANNELS, kernels.SMALL_MAP),
    "onednn, over patches": (False, 0, 0, 10**9),
    "onednn, plain": (False, 0, 0, 0),
}


@pytest.fixture(params=FORMS)
def form(request, monkeypatch):
    """Each form of the kernels, whatever the machine is."""
    eigen, large, few, small = FORMS[request.param]
    monkeypatch.setattr(kernels, "eigen_computes", lambda: eigen)
    for name, value in {"LARGE_KERNEL": large, "FEW_CHANNELS": few, "SMALL_MAP": small}.items():
        monkeypatch.setattr(kernels, name, value)
    return request.param


def results(layer, x):
    """Outputs, and the gradients of a function of them by the input and the weights."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
        loss = tf.reduce_sum(tf.sin(tf.cast(y, tf.float32)))
    return [y, *tape.gradient(loss, [x, *(variable.value for variable in layer.trainable_variables)])]


def assert_same(ours, theirs, shape, tolerance=1e-5, exact=None):
    """The types of `theirs`, and the values of `exact`, which is `theirs` if None."""
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    exact = exact or theirs
    for layer in dict.fromkeys((ours, theirs, exact)):
        layer.build(shape)
    ours.set_weights([np.random.default_rng(1).normal(size=w.shape) / w.shape[0] for w in theirs.get_weights()])
    exact.set_weights(ours.get_weights())
    found = results(ours, x)
    assert [a.dtype for a in found] == [b.dtype for b in results(theirs, x)]
    for a, b in zip(found, results(exact, x), strict=True):
        scale = max(np.abs(np.float32(b)).max(), 1e-6)
        np.testing.assert_allclose(np.float32(a) / scale, np.float32(b) / scale, atol=tolerance)


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("sizes", [(4, 6), (7, 7), (10, 5), (11, 13)])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel", "stride"), [((4, 4), 2), ((3, 3), 2), ((2, 4), 2), ((3, 3), 3), ((3, 3), 1)])
def test_a_convolution(sizes, padding, kernel, stride):
    options = {"filters": 6, "kernel_size": kernel, "strides": stride, "padding": padding}
    assert_same(Conv2D(**options), keras.layers.Conv2D(**options), (3, *sizes, 5))


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("sizes", [(1, 2), (3, 3), (5, 4)])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (3, 2), (2, 3), (6, 3), (3, 1)])
def test_a_transposed_convolution(sizes, padding, kernel, stride):
    options = {"filters": 6, "kernel_size": kernel, "strides": stride, "padding": padding}
    assert_same(Conv2DTranspose(**options), keras.layers.Conv2DTranspose(**options), (3, *sizes, 5))


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "relu"}])
@pytest.mark.parametrize("shape", [(4, 7), (4, 3, 7)])
def test_a_dense_layer(options, shape):
    assert_same(Dense(6, **options), keras.layers.Dense(6, **options), shape)


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose", "Dense"])
def test_half_precision(kind, dtype):
    """Values as in float32, for in bfloat16 Keras' own gradient by a bias is wrong."""
    own = {"Conv2D": Conv2D, "Conv2DTranspose": Conv2DTranspose, "Dense": Dense}[kind]
    sizes, shape = ((6,), (8, 16)) if kind == "Dense" else ((6, 4, 2), (8, 6, 6, 16))
    theirs = getattr(keras.layers, kind)
    assert_same(own(*sizes, dtype=dtype), theirs(*sizes, dtype=dtype), shape, 0.05, exact=theirs(*sizes))


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose", "Dense"])
def test_a_slope_can_be_differentiated(kind):
    """As the penalty on the discriminator's slope does."""
    own = {"Conv2D": Conv2D, "Conv2DTranspose": Conv2DTranspose, "Dense": Dense}[kind]
    sizes, shape = ((6,), (8, 16)) if kind == "Dense" else ((6, 4, 2), (2, 6, 6, 5))
    x, slopes = tf.random.stateless_normal(shape, (0, 0)), []
    for layer in (own(*sizes), getattr(keras.layers, kind)(*sizes)):
        layer.build(shape)
        layer.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in layer.get_weights()])
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.square(layer(x)))
            penalty = tf.reduce_sum(tf.square(inner.gradient(y, x)))
        slopes.append(outer.gradient(penalty, layer.trainable_variables[0].value).numpy())
    np.testing.assert_allclose(*slopes, rtol=1e-3, atol=1e-4 * np.abs(slopes[1]).max())


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("shape", [(None, 9, 9, 12), (None, 8, 8, 1)])
def test_any_number_of_maps(shape):
    inputs = keras.Input(shape[1:])
    own = keras.Model(inputs, Conv2DTranspose(12, 4, 2, "same")(Conv2D(12, 4, 2)(inputs)))
    plain = keras.layers.Conv2DTranspose(12, 4, 2, "same")(keras.layers.Conv2D(12, 4, 2)(inputs))
    theirs = keras.Model(inputs, plain)
    theirs.set_weights(own.get_weights())
    for n in (1, 3):
        x = tf.random.stateless_normal((n, *shape[1:]), (0, n))
        np.testing.assert_allclose(own(x), theirs(x), atol=1e-5)
