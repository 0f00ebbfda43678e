"""Optimizers against their formulas."""

import keras
import numpy as np
import tensorflow as tf

from crossmodal.training.optimizers import CappedSGD


def test_capped_gradient_descent_is_its_formula():
    """Two steps of a kernel, a bias, a scale and a shift; the first gradient of the kernel is above the cap."""
    rng = np.random.default_rng(0)
    variables = [
        keras.Variable(rng.normal(size=shape).astype(np.float32), name=name)
        for name, shape in {"kernel": (3, 2), "bias": (2,), "gamma": (2,), "beta": (2,)}.items()
    ]
    optimizer = CappedSGD(0.1, cap=0.5)
    optimizer.build(variables)
    expected = [np.array(variable, np.float64) for variable in variables]
    momenta = [np.zeros_like(value) for value in expected]
    for scale in (4.0, 0.1):
        gradients = [scale * rng.uniform(-1, 1, value.shape) for value in expected]
        optimizer.apply([tf.constant(g, tf.float32) for g in gradients], variables)
        for i, (g, factor) in enumerate(zip(gradients, (1, 2, 2, 1), strict=True)):
            g = g * min(1, 0.5 / np.abs(g).max()) + (1e-4 * expected[i] if i == 0 else 0)
            momenta[i] = 0.5 * momenta[i] + g
            expected[i] = expected[i] - 0.1 * factor * momenta[i]
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5)
    assert CappedSGD.from_config(optimizer.get_config()).cap == 0.5
